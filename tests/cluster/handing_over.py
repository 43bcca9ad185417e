# SPDX-License-Identifier: Apache-2.0
"""From gatefile to what it has ejected, as LEAVING in gatefile(1) has it: put in place, the agent stopped, cleaned up, and not
one request fails meanwhile."""

import contextlib
import time

import objects
from actors import FILE, PLUGIN, Load, Site, certificate
from cluster import Failure, until
from leaving import run
from suite import equal, test

HOSTS = ("a", "b")


class Kept(Load):
    """Requests over HTTPS on one connection for as long as it lives: it has the TLS options of the day when it was made."""

    def _connect(self, traefik, host):
        if self.connection.sock is None:
            self.connection.sock = traefik.connect(host)


def routers(site):
    """Of all providers, with gatefile's own told from those that were ejected: these have no underscore."""
    found = [router for router in site.traefik.api("/api/http/routers?per_page=1000") if router["provider"] != "internal"]
    ours = {router["name"] for router in found if "_" in router["name"]}
    broken = {router["name"]: router.get("error") for router in found if router["status"] != "enabled"}
    equal("routers that Traefik renamed or refused", (broken, [router["name"] for router in found if "-conflicted-" in router["name"]]),
          ({}, []))
    return ours, {router["name"] for router in found} - ours


def provide(site, provider, alone):
    """Traefik's static configuration with one more provider, or with that one alone."""
    site.traefik.configure()
    head, _, tail = site.traefik.static.read_text().partition("\nproviders:\n")
    throttle, _, own = tail.partition("\n")
    site.traefik.static.write_text(f"{head}\nproviders:\n{throttle}\n{provider}{'' if alone else own}")


@contextlib.contextmanager
def load(site):
    with contextlib.ExitStack() as stack:
        stack.enter_context(Load(site.traefik, site.host(HOSTS[0])))
        for host in HOSTS:
            stack.enter_context(Load(site.traefik, site.host(host), tls=True, pause=0.02))
            stack.enter_context(Kept(site.traefik, site.host(host)))
        yield


def secure_site(lab, name, form):
    listeners = [objects.listener()] + [objects.tls_listener("pair", f"https-{host}", hostname=f"{host}.{name}.example") for host in HOSTS]
    site = Site(lab.plane, name, form=form, listeners=listeners)
    lab.api.apply(objects.namespace(name), objects.secret("pair", name, *certificate(lab.work, f"*.{name}.example")))
    return site.install(*HOSTS)


def hands_over(lab, form, published):
    name = f"handed-{form}-{'published' if published else 'cluster'}"
    with secure_site(lab, name, form) as site:
        directory = site.traefik.out if form == FILE else site.traefik.work / "ejected"
        directory.mkdir(exist_ok=True)
        file_provider = f"  file: {{directory: {directory}, watch: true}}\n"
        if form == PLUGIN:
            provide(site, file_provider, alone=False)
        site.start()
        for host in HOSTS:
            site.serves(host)
        cluster = ("--from", "cluster", "--kubeconfig", site.kubeconfig, "--controller-name", site.controller)
        told = ("--traefik-config", site.traefik.static, "--traefik-api", site.traefik.api_url)
        with load(site):
            time.sleep(1)
            ours, none = routers(site)
            equal("what is ejected before it is", none, set())
            code, _, said = run("eject", *(("--published", site.traefik.out) if published else (*cluster, *told)), "--out", directory)
            equal(f"eject ({said})", (code, "TLS options" in said), (0, False))
            until(lambda: routers(site)[1], "Traefik has loaded what was ejected")
            equal("gatefile's own routers", routers(site)[0], ours)
            time.sleep(1)
            site.agent.stop()
            time.sleep(1)
            code, removed, said = run("cleanup", *cluster, "--out", site.traefik.out, "--yes")
            equal(f"cleanup ({removed}{said})", code, 0)
            # The plugin keeps what it has read last.
            until(lambda: form == PLUGIN or not routers(site)[0], lambda: f"gatefile's routers go: {routers(site)}")
            time.sleep(1)
        if form == PLUGIN:
            site.traefik.stop()
            provide(site, file_provider, alone=True)
            site.traefik.start()
        with load(site):
            time.sleep(0.5)
        equal("gatefile's own routers", routers(site)[0], set())
        if site.traefik.errors():
            raise Failure(f"Traefik's log: {site.traefik.errors()[:3]}")


@test
def what_is_ejected_takes_over_in_gatefiles_directory(lab):
    hands_over(lab, FILE, published=False)


@test
def what_was_published_takes_over_in_its_directory(lab):
    hands_over(lab, FILE, published=True)


@test
def what_is_ejected_takes_over_from_the_plugin(lab):
    hands_over(lab, PLUGIN, published=False)
