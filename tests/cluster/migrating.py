# SPDX-License-Identifier: Apache-2.0
"""From Traefik's own Gateway API provider and from an Ingress, step by step as gatefile-migrate(7) and samples/migrate have
it; the page's own commands are the checks."""

import json
import os
import re
import subprocess
from pathlib import Path

import objects
from actors import HTTP, Load, Site
from cluster import ROOT, Failure, until
from coexist import NETWORKING, application, install
from leaving import run
from suite import equal, test

SAMPLES = ROOT / "samples" / "migrate"
HOST, PORT = "shop.example", 8000
OURS, THEIRS, INGRESS = "plugin-gatefile", "kubernetesgateway", "kubernetes"


def checks(section):
    """(command, what it prints) of each step of a section of the page that asks the cluster."""
    text = (ROOT / "man" / "gatefile-migrate.7").read_text().partition(f".Sh {section}\n")[2].partition("\n.Sh ")[0]
    return re.findall(r"\.It check\n\.Ql (kubectl .*)\n\.It expect\n\.Ql (.*)", text)


class Shop(Site):
    """What the samples are about: Traefik listens on the container's port, for its own providers and for ours."""

    def __init__(self, lab, coexist, native):
        super().__init__(lab.plane, "shop", "--coexist", coexist, "--port-map", f"{HTTP}={PORT}", beside=not native)
        self.controller = "gatefile.dev/gateway-controller"
        self.flags = ("--controller-name", self.controller, *self.flags[2:])
        self.agent = self.another()
        self.access, self.asked, self.router = self.traefik.work / "access.log", 0, ""
        self.gateway = objects.item(objects.GATEWAY, "Gateway", "gatefile", "traefik")
        self.configure(native)
        kubectl = os.environ.get("KUBECTL") or "set KUBECTL"
        self.keyboard = {**os.environ, "KUBECONFIG": str(self.plane.kubeconfig("shop-admin", "admin")),
                         "PATH": f"{Path(kubectl).parent}:{os.environ['PATH']}"}

    def configure(self, native):
        self.traefik.configure()
        text = self.traefik.static.read_text()
        more = self.traefik.own_gateway(["namespaces: [shop, traefik]"]) if native else ""
        for old, new in ((f'{self.traefik.address}:{HTTP}"', f'{self.traefik.address}:{PORT}"'), ("\nproviders:\n", f"\nproviders:\n{more}")):
            equal(f"{old} in the static configuration", text.count(old), 1)
            text = text.replace(old, new)
        self.traefik.static.write_text(f"{text}accessLog: {{format: json, filePath: {self.access}}}\n")

    def apply(self, file):
        self.api.apply_yaml((SAMPLES / file).read_text())

    def before(self, file):
        self.api.apply(objects.namespace("shop"), objects.namespace("traefik"))
        application(self, "shop", "cart")
        self.apply(file)

    def remove(self, *kinds_and_names):
        for kind, *name in kinds_and_names:
            self.api.delete(objects.item(objects.GATEWAY, kind, *name))

    def ask(self):
        """(status, the provider whose router Traefik has logged)"""
        self.asked += 1
        path = f"/asked-{self.asked}"
        status = self.traefik.get(HOST, path, PORT)
        line = until(lambda: [line for line in self.access.read_text().splitlines()[-500:] if f'"{path}"' in line], "Traefik logs it", 5)[0]
        self.router, _, provider = json.loads(line).get("RouterName", "").rpartition("@")
        return status, provider

    def answered(self, provider, within=15):
        until(lambda: self.ask() == (200, provider), lambda: f"{provider} answers, not {self.ask()}\n{self.agent.say()}", within, 0.1)

    def prints(self, command, told):
        """As somebody at a keyboard has it."""
        def printed():
            done = subprocess.run(command, shell=True, env=self.keyboard, capture_output=True, text=True, timeout=60, check=False)
            return (done.stdout or done.stderr).strip()

        until(lambda: printed() == told or printed().endswith(" " + told), lambda: f"`{command}` prints {printed()!r}, not {told!r}", 20, 0.2)


def gives_way(lab, coexist):
    [ready], [both, moved] = checks("PREPARE"), checks("FROM TRAEFIK'S GATEWAY API PROVIDER")
    with Shop(lab, coexist, native=True) as site:
        site.before("from-traefik-gateway/before.yaml")
        site.traefik.start()
        site.answered(THEIRS)
        with Load(site.traefik, HOST, port=PORT):
            site.agent.start(15)
            site.apply("class.yaml")
            site.prints(*ready)
            site.answered(THEIRS)
            meanwhile = OURS if coexist == "win" else THEIRS
            there = ("from-traefik-gateway/both.yaml", both, meanwhile), ("from-traefik-gateway/after.yaml", moved, OURS)
            alone = both[0], both[1].partition(" ")[0]
            back = there[0], ("from-traefik-gateway/before.yaml", alone, THEIRS)
            for file, check, provider in (*there, *back, *there):
                site.apply(file)
                site.prints(*check)
                site.answered(provider)
            site.remove(("Gateway", "traefik-gateway", "traefik"), ("GatewayClass", "traefik"))
            site.answered(OURS)
        code, plan, said = run("migrate", "--plan", "--output", "json", "--from", "cluster", "--kubeconfig",
                               site.keyboard["KUBECONFIG"], "--traefik-config", site.traefik.static)
        equal(f"the exit code of migrate ({said})", code, 0)
        equal("what is left to migrate", [words for words in ('"traefik"', "traefik-gateway") if words in plan], [])
        site.traefik.stop()
        site.configure(native=False)
        site.traefik.start()
        site.answered(OURS)
        if site.traefik.errors():
            raise Failure(f"Traefik's log: {site.traefik.errors()[:3]}")
        site.remove(("HTTPRoute", "shop", "shop"), ("Gateway", "gatefile", "traefik"), ("GatewayClass", "gatefile"))


@test
def traefiks_own_gateway_api_gives_way_yielding(lab):
    gives_way(lab, "yield")


@test
def traefiks_own_gateway_api_gives_way_winning(lab):
    gives_way(lab, "win")


@test
def an_ingress_gives_way_as_the_page_has_it(lab):
    install(lab)
    [ready], [accepted] = checks("PREPARE"), checks("FROM INGRESS")
    old = objects.item(NETWORKING, "Ingress", "shop", "shop")
    with Shop(lab, "yield", native=False) as site:
        site.before("from-ingress/before.yaml")
        site.traefik.start()
        site.answered(INGRESS)
        with Load(site.traefik, HOST, port=PORT):
            site.agent.start(15)
            site.apply("class.yaml")
            site.prints(*ready)
            site.apply("from-ingress/after.yaml")
            site.prints(*accepted)
            site.answered(INGRESS)
            lab.api.delete(old)
            site.answered(OURS)
            equal(f"whether {site.router} begins as the page has it", site.router.startswith("httproute_shop_shop"), True)
            site.apply("from-ingress/before.yaml")
            site.answered(INGRESS)
            lab.api.delete(old)
            site.answered(OURS)
        site.remove(("HTTPRoute", "shop", "shop"), ("Gateway", "gatefile", "traefik"), ("GatewayClass", "gatefile"))
