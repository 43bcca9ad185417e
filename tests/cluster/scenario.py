# SPDX-License-Identifier: Apache-2.0
"""The installation that gatefile was asked for, from the day it is added to the day it is removed: Traefik in a DMZ with
Ingresses and IngressRoutes, applications moved one at a time, and what goes wrong meanwhile. One Traefik process stands
for the DaemonSet's Pod, an empty directory for its volume, another for a path of the node."""

import contextlib
import os
import json
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import objects
from actors import FILE, HTTPS, PLUGIN, Site, certificate, der
from cluster import OTHER, RULES, Failure, grant, until
from coexist import Requests, answers, application, ask, ingress, ingress_route, install
from leaving import compare, run, snapshot
from solvers import Challenges, challenged, solver_ingress, solver_route
from suite import equal, test

# Where each application is answered from; the first three move.
MOVING = {"shop": "Ingress", "wiki": "Ingress", "api": "IngressRoute"}
STAYING = {"mail": "Ingress", "blog": "IngressRoute"}
SOLVER = "solver"  # what answers challenges, for the first of them
CHALLENGED = "shop"
VISIBLE = 5  # seconds from a fault until `gatefile status` tells of it
DOMAIN = "dmz.example"

# A program of an earlier release, which is upgraded (tests/tools/previous.sh makes it); else the one under test is.
PREVIOUS = os.environ.get("GATEFILE_PREVIOUS")  # an empty one is none

# `openssl req` makes none that has expired, `openssl ca` does.
AUTHORITY = """[ca]
default_ca = self
[self]
database = index
new_certs_dir = .
rand_serial = yes
policy = any
default_md = sha256
copy_extensions = copy
[any]
commonName = supplied
"""


def expired_certificate(work, name):
    """As certificate(), of January 2026."""
    folder = Path(tempfile.mkdtemp(prefix="expired-", dir=work))
    (folder / "index").touch()
    (folder / "ca.cnf").write_text(AUTHORITY)
    for words in (["req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "key.pem", "-out", "csr.pem",
                   "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}"],
                  ["ca", "-batch", "-config", "ca.cnf", "-selfsign", "-keyfile", "key.pem", "-in", "csr.pem", "-out", "cert.pem",
                   "-notext", "-startdate", "20260101000000Z", "-enddate", "20260201000000Z"]):
        subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)
    return (folder / "cert.pem").read_text(), (folder / "key.pem").read_text()


class Installation(Site):
    """A node of the DMZ."""

    def __init__(self, lab, form):
        listeners = [objects.tls_listener("pair", hostname=f"*.{DOMAIN}", allowedRoutes={
            "namespaces": {"from": "Selector", "selector": {"matchLabels": {"network": "dmz"}}}})]
        super().__init__(lab.plane, f"dmz-{form}", form=form, beside=True, listeners=listeners, user=OTHER)
        self.lab, self.domain = lab, DOMAIN
        self.lease = f"{self.name}/gatefile"
        self.node = self.traefik.work / "node"  # survives the Pod, as a hostPath does
        self.flags += ("--state-dir", self.node, "--gateway-class", self.name, "--lease", self.lease)
        self.agent = self.another()
        self.agent.words[0] = PREVIOUS or self.agent.words[0]
        self._configure()

    def _configure(self):
        """What the chart's values of such an installation amount to."""
        text = self.traefik.static.read_text()
        trust = "proxyProtocol: {trustedIPs: [10.0.0.0/8]}, forwardedHeaders: {trustedIPs: [10.0.0.0/8]}"
        for name, port, more in (("web", 80, "http: {redirections: {entryPoint: {to: websecure, scheme: https}}}"),
                                 ("websecure", HTTPS, "http: {tls: {}}")):
            old = f'{name}: {{address: "{self.traefik.address}:{port}"}}'
            equal(f"the entry point {name} in the static configuration", text.count(old), 1)
            text = text.replace(old, f'{old[:-1]}, {trust}, {more}}}')
        self.traefik.static.write_text(text + "serversTransport: {insecureSkipVerify: true}\n")

    def host(self, route):
        return f"{route}.{DOMAIN}"

    def old(self, app):
        kind = {**MOVING, **STAYING}[app]
        if kind == "IngressRoute":
            return ingress_route(app, self.name, self.host(app), service=app, entry_points=("websecure",), tls={})
        return ingress(app, self.name, self.host(app), service=app, entrypoints="websecure", tls="true")

    def new(self, app, **more):
        return objects.http_route(app, self.name, [objects.parent(self.gateway, sectionName="https")], self.host(app),
                                  service=app, kind="PathPrefix", **more)

    def endpoint(self, app):
        return f"10.0.0.{11 + [*MOVING, *STAYING, SOLVER].index(app)}"

    def before(self):
        """What is there when nobody has heard of gatefile."""
        apps = [*MOVING, *STAYING]
        self.api.apply(objects.namespace(self.name, network="dmz"))
        application(self, *apps, SOLVER)
        self.pair = certificate(self.lab.work, f"*.{DOMAIN}")
        self.api.apply(objects.secret("pair", self.name, *self.pair), *(self.old(app) for app in apps))

    def answered(self, app, within=20.0):
        answers(self, self.host(app), self.endpoint(app), secure=True, within=within)

    @contextlib.contextmanager
    def load(self, *apps):
        """All of these are asked all the time, and not one request fails."""
        with contextlib.ExitStack() as stack:
            for app in apps:
                stack.enter_context(Requests(self, self.host(app), secure=True, endpoint=self.endpoint(app)))
            yield

    @contextlib.contextmanager
    def challenges(self):
        """Certificates are renewed all the time: by an Ingress for one, by an HTTPRoute for another."""
        host, endpoint = self.host(CHALLENGED), self.endpoint(SOLVER)
        made = [solver_ingress(self.name, host, "one", SOLVER), solver_route(self, host, "two", SOLVER)]
        self.api.apply(*made)
        with contextlib.ExitStack() as stack:
            for token in ("one", "two"):
                until(lambda: challenged(self, host, token) == (200, endpoint),
                      lambda: f"the challenge {token} is answered {challenged(self, host, token)}\n{self.agent.say()}", 10)
                stack.enter_context(Challenges(self, host, token, endpoint))
            yield
        self.api.delete(*made)

    def shows(self, pair):
        """Clients are shown this certificate, for whatever application."""
        for app in (*MOVING, *STAYING):
            until(lambda: self.traefik.certificate(self.host(app)) == der(pair[0]), f"the certificate is served for {app}")

    def status(self):
        """(exit code, the problems by code)"""
        code, out, said = run("status", "--out", self.traefik.out, "--report", "json")
        if code == 3:
            facts = json.loads(out)
            return code, {"no-agent": {"what": facts["error"], "cure": facts.get("cure")}}
        equal(f"the exit code of status ({out}{said})", code in (0, 1), True)
        return code, {problem["code"]: problem for problem in json.loads(out)["problems"]}

    def tells(self, what, code, name):
        """A fault is seen in time, in words that name the cause, and how to cure it."""
        began = time.monotonic()
        until(lambda: code in self.status()[1],
              lambda: f"`gatefile status` tells of {what}: {self.status()}\n{self.agent.say()}", VISIBLE, 0.1)
        problem = self.status()[1][code]
        print(f"# {what}: told after {time.monotonic() - began:.1f} s: {problem['what'][:150]}")
        if name not in problem.get("subject", "") + problem["what"] or not problem.get("cure"):
            raise Failure(f"{what} is told of without {name!r} or a cure: {problem}")

    def well(self, *but):
        until(lambda: not self.status()[1].keys() - {*but}, lambda: f"all is well: {self.status()}\n{self.agent.say()}", 30, 0.1)

    def leases(self):
        """Those that agents here have made."""
        return sorted(item["metadata"]["name"] for item in self.api.list("coordination.k8s.io/v1", "Lease", self.name))

    def published(self):
        return {path.name: path.read_bytes() for path in self.traefik.out.iterdir() if path.is_file()}


def add(site):
    """gatefile comes, with a Gateway, and nothing that was served notices."""
    site.api.apply(objects.gateway_class(site.name, site.controller), site.gateway)
    site.agent.start(20)
    until(lambda: site.gateway_condition("Programmed")["status"] == "True", lambda: f"the Gateway is programmed\n{site.agent.say()}", 20)


def move(site, app):
    site.api.apply(site.new(app))
    until(lambda: site.route_condition(app, "Accepted")["status"] == "True", lambda: f"{app} is accepted\n{site.agent.say()}", 10)
    time.sleep(1)  # both are there, as long as somebody takes to look
    site.answered(app)
    site.api.delete(site.old(app))
    time.sleep(1)
    site.answered(app)
    equal(f"what port 80 answers for {app}", ask(site, site.host(app))[0], 301)


def move_back(site, app):
    site.api.apply(site.old(app))
    time.sleep(1)
    site.answered(app)
    site.api.delete(site.new(app))
    time.sleep(1)
    site.answered(app)


def bad_routes(site):
    """(the route, its code, what is told of it, its own path, what that is answered): all for the host of an application that has
    moved, for what it serves, too, and what no API server refuses."""
    nowhere = {"type": "ExtensionRef", "extensionRef": {"group": "traefik.io", "kind": "Middleware", "name": "nowhere"}}
    made = []
    for name, code, said, answer, change in (
            ("bad-match", "regex-invalid", "/(bad", 200, {"matches": [{"path": {"type": "RegularExpression", "value": "/(bad"}}]}),
            ("bad-filter", "extension-not-found", "nowhere", 500, {"filters": [nowhere]}),
            ("bad-backend", "backend-not-found", "nowhere", 500, {"backendRefs": [{"name": "nowhere", "port": 80}]})):
        route = site.new("shop")
        route["metadata"]["name"] = name
        paths = [{"path": {"type": "PathPrefix", "value": path}} for path in ("/", f"/{name}")]
        route["spec"]["rules"] = [{**route["spec"]["rules"][0], "matches": paths, **change}]
        made.append((route, code, said, f"/{name}", answer))
    return made


def merge_bad_routes(site):
    """The application whose host they are for goes on: site.load() asks for it meanwhile."""
    for route, code, said, path, answer in bad_routes(site):
        site.api.apply(route)
        site.tells(f"a {route['metadata']['name'].replace('-', ' ')}", code, said)
        until(lambda: ask(site, site.host("shop"), path, True)[0] == answer,
              lambda: f"{path} is answered {ask(site, site.host('shop'), path, True)}, not {answer}\n{site.agent.say()}")
        time.sleep(1)  # until somebody finds out
        site.answered("shop")
        site.api.delete(route)
        site.well()


def let_the_certificate_expire(site):
    site.shows(site.pair)
    expired = expired_certificate(site.lab.work, f"*.{DOMAIN}")
    site.api.apply(objects.secret("pair", site.name, *expired))
    site.tells("an expired certificate", "certificate-expired", f"{site.name}/pair")
    for app in MOVING:
        site.answered(app)
    site.shows(expired)
    site.api.apply(objects.secret("pair", site.name, *site.pair))
    site.well()
    site.shows(site.pair)


def lose_the_api_server(site):
    site.plane.kill_server()
    site.tells("an API server that is away", "api-server-unreachable", site.plane.SERVER)
    time.sleep(2)


def reboot(site):
    """With the API server away: what the Pods held in memory is gone, what is on the node is not."""
    for actor in (site.agent, site.traefik):
        actor.process.kill()
    shutil.rmtree(site.traefik.out)
    site.traefik.out.mkdir()
    began = time.monotonic()
    site.traefik.start()
    site.agent.start()
    for app in MOVING:
        site.answered(app, within=15)
    print(f"# served {time.monotonic() - began:.1f} s after the node came up, without the API server")
    site.tells("an API server that is away", "api-server-unreachable", site.plane.SERVER)


def lose_traefik(site):
    """While the API server is away, too; what is published is there when Traefik comes back."""
    site.traefik.process.kill()
    site.tells("a Traefik that is down", "traefik-unreachable", site.traefik.api_url)
    site.traefik.start()
    for app in MOVING:
        site.answered(app, within=15)
    site.well("api-server-unreachable")


def upgrade(site):
    """The next agent's first publication changes nothing, but for what another release writes otherwise."""
    before = site.published()
    site.agent.stop()
    site.tells("an agent that is not there", "no-agent", str(site.traefik.out))
    site.agent = site.another()
    site.agent.start(20)
    site.well()
    if PREVIOUS:
        print(f"# {subprocess.check_output([PREVIOUS, 'version'], text=True).splitlines()[0]} before; "
              f"what is published is {'the same' if site.published() == before else 'another'}")
    else:
        print("# NOTE: living_with_it upgrades to the same program: GATEFILE_PREVIOUS names none of an earlier release")
        equal("what the next agent has published", site.published() == before, True)


def remove(site):
    site.agent.stop()
    if len(site.leases()) < 2:
        raise Failure(f"the agents have left only the Leases {site.leases()}")
    words = ["cleanup", "--from", "cluster", "--kubeconfig", site.plane.kubeconfig(f"{site.name}-remover", "admin"),
             "--controller-name", site.controller, "--out", site.traefik.out, "--state-dir", site.node,
             "--lease", site.lease]
    code, out, said = run(*words, "--yes")
    equal(f"cleanup ({out}{said})", code, 0)
    site.api.delete(site.gateway, objects.gateway_class(site.name, site.controller))


def as_found(site):
    """The cluster, but for when the test itself made what it had moved and moved back."""
    found = snapshot(site.api)
    for (kind, namespace, name), item in found.items():
        if namespace == site.name and name in MOVING and kind.rpartition(" ")[2] == MOVING[name]:
            for part in ("uid", "creationTimestamp"):
                item["metadata"].pop(part)
    return found


def live_with_it(lab, form):
    install(lab)
    # Agents count each other by their Leases.
    lab.api.apply(*grant("others", "others", [*RULES, {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["list"]}]))
    with Installation(lab, form) as site:
        site.before()
        before = as_found(site)
        site.traefik.start()
        everything = (*MOVING, *STAYING)
        for app in everything:
            site.answered(app)
        with site.load(*everything):
            add(site)
            # An earlier program may leave challenges to whoever has all paths of a host.
            with contextlib.nullcontext() if PREVIOUS else site.challenges():
                for app in MOVING:
                    move(site, app)
            site.well()
            merge_bad_routes(site)
            let_the_certificate_expire(site)
            lose_the_api_server(site)
        reboot(site)
        lose_traefik(site)
        with site.load(*MOVING):
            site.plane.start_server()
            for app in STAYING:
                site.answered(app, within=90)
        with site.load(*everything):
            site.well()
            upgrade(site)
            with site.challenges():
                for app in MOVING:
                    move_back(site, app)
            remove(site)
            time.sleep(2)
        compare("after it was removed", before, as_found(site))
        for place in (site.traefik.out, site.node):
            equal(f"files that are left in {place.name}", sorted(path.name for path in place.rglob("*")), [])
    lab.api.apply(*grant("others", "others", RULES))


@test
def living_with_it(lab):
    live_with_it(lab, PLUGIN)


@test
def living_with_it_in_files(lab):
    live_with_it(lab, FILE)
