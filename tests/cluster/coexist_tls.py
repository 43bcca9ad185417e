# SPDX-License-Identifier: Apache-2.0
"""TLS beside others in one Traefik: their routers, options and connections take nothing from us, nor ours from them."""

import shutil
import socket
import ssl
import tempfile
import time
from pathlib import Path

import objects
from actors import FILE, HTTPS, PLUGIN, Load, Network, Site, certificate, der
from cluster import Failure, until
from coexist import TRAEFIK, Requests, answers, application, ask, ingress, ingress_route, install, routers
from operating import facts, operate, shows
from suite import equal, test


PROVIDERS = {PLUGIN: "plugin-gatefile", FILE: "file"}


def secure_site(lab, name, *flags, hosts=("a", "b"), form=PLUGIN, **more):
    """A Site with an HTTPS listener for each host, and a Secret for all of them."""
    listeners = [objects.listener()] + [objects.tls_listener("pair", f"https-{host}", hostname=f"{host}.{name}.example", **more)
                                        for host in hosts]
    site = Site(lab.plane, name, *flags, listeners=listeners, beside=True, form=form)
    pair = certificate(lab.work, f"*.{name}.example")
    lab.api.apply(objects.namespace(name), objects.secret("pair", name, *pair))
    site.install()
    application(site, "app", "other")
    return site


def listener_condition(site, listener, kind):
    status = site.api.get(site.gateway).get("status", {})
    found = [entry for entry in status.get("listeners", ()) if entry["name"] == listener]
    return objects.condition(found[0]["conditions"] if found else (), kind)


def secure_moves(lab, coexist):
    """Several HTTPS listeners, and Ingresses with TLS for the same hosts: nobody loses a router."""
    install(lab)
    name = f"secure-{coexist}"
    with secure_site(lab, name, "--coexist", coexist) as site:
        for host in ("a", "b"):
            lab.api.apply(objects.http_route(host, name, [objects.parent(site.gateway)], site.host(host), "/ours", "app",
                                             kind="PathPrefix"))
        site.start()
        for host in ("a", "b"):
            answers(site, site.host(host), "10.0.0.11", "/ours", True)
        with Requests(site, site.host("a"), "/ours", True), Requests(site, site.host("b"), "/ours", True):
            lab.api.apply(ingress("shared", name, site.host("a"), "/theirs", service="other", tls="true", entrypoints="websecure"))
            until(lambda: routers(site, "kubernetes"), "Traefik has the Ingress")
            time.sleep(3)
            if coexist == "yield":
                answers(site, site.host("a"), "10.0.0.12", "/theirs", True)
            until(lambda: listener_condition(site, "https-a", "gatefile.dev/Shared")["status"] == "True",
                  lambda: f"the status tells of it: {site.api.get(site.gateway)['status']}\n{site.agent.say()}")
            # The Ingress is not on the other listeners' host or entry point.
            equal("whether others are shared", [listener_condition(site, name, "gatefile.dev/Shared")["status"] for name in ("http", "https-b")],
                  [None, None])
            equal("the metric", site.agent.metric("gatefile_conflicts", code="foreign-host"), 1.0)
            lab.api.delete(ingress("shared", name, site.host("a")))
            until(lambda: listener_condition(site, "https-a", "gatefile.dev/Shared")["status"] is None,
                  lambda: f"the status forgets it: {listener_condition(site, 'https-a', 'gatefile.dev/Shared')}")
        conflicted = [router for router in routers(site, "plugin-gatefile") if "-conflicted-" in router]
        equal("routers that Traefik renamed", conflicted, [])


@test
def tls_without_options_orphans_nothing_yielding(lab):
    secure_moves(lab, "yield")


@test
def tls_without_options_orphans_nothing_winning(lab):
    secure_moves(lab, "win")


class Adopted(Requests):
    """Requests for a host that another's router gets, with TLS options: until ours has the same they are answered 421,
    and never anything else."""

    LONGEST = 3.5  # seconds: the agent looks every two

    def __init__(self, site, host, path, endpoint):
        super().__init__(site, host, path, True, endpoint)
        self.refused, self.since = [], None

    def _is_good(self, found):
        now = time.monotonic()
        if found == (421, None):
            self.since = self.since or now
            return True
        if self.since:
            self.refused.append(now - self.since)
            self.since = None
        return super()._is_good(found)

    def _judge(self, seconds):
        super()._judge(seconds)
        if self.since:
            raise Failure(f"the last of {self.sent} requests is answered 421")
        print(f"# {self.sent} requests, answered 421 for {sum(self.refused):.1f} s")
        if sum(self.refused) > self.LONGEST:
            raise Failure(f"requests were answered 421 for longer than {self.LONGEST} s: {self.refused}")


def adopts(lab, coexist, form=PLUGIN):
    install(lab)
    with secure_site(lab, f"adopted-{coexist}-{form}", "--coexist", coexist, form=form) as site:
        host = site.host("a")
        lab.api.apply(objects.http_route("a", site.name, [objects.parent(site.gateway)], host, "/ours", "app", kind="PathPrefix"),
                      objects.http_route("b", site.name, [objects.parent(site.gateway)], site.host("b"), "/ours", "app", kind="PathPrefix"),
                      objects.item(TRAEFIK, "TLSOption", "strict", site.name, spec={"minVersion": "VersionTLS13"}))
        site.start()
        answers(site, host, "10.0.0.11", "/ours", True)
        answers(site, site.host("b"), "10.0.0.11", "/ours", True)
        with Requests(site, site.host("b"), "/ours", True), Adopted(site, host, "/ours", "10.0.0.11"):
            lab.api.apply(ingress_route("theirs", site.name, host, "/theirs", "other", ("websecure",),
                                        tls={"options": {"name": "strict"}}))
            if coexist == "yield":
                answers(site, host, "10.0.0.12", "/theirs", True)
            began = time.monotonic()
            until(lambda: listener_condition(site, "https-a", "gatefile.dev/Shared")["reason"] == "ForeignTLSOptions",
                  lambda: f"the status tells of it: {listener_condition(site, 'https-a', 'gatefile.dev/Shared')}\n{site.agent.say()}", 5)
            answers(site, host, "10.0.0.11", "/ours", True, within=5)
            print(f"# served again, and told of, after {time.monotonic() - began:.1f} s")
            with OldClients(site, host):
                time.sleep(0.5)
            renamed = {router for provider in (PROVIDERS[form], "kubernetescrd") for router in routers(site, provider)
                       if "-conflicted-" in router}
            equal("routers that Traefik renamed", renamed, set())
            until(lambda: (site.agent.metric("gatefile_conflicts", code="foreign-tls-options") or 0) == 1, "the metric counts it")
            lab.api.delete(ingress_route("theirs", site.name, host))
            until(lambda: listener_condition(site, "https-a", "gatefile.dev/Shared")["status"] is None, "the status forgets it")
            answers(site, host, "10.0.0.11", "/ours", True, within=5)


@test
def foreign_tls_options_are_adopted_yielding(lab):
    adopts(lab, "yield")


@test
def foreign_tls_options_are_adopted_winning(lab):
    adopts(lab, "win")


@test
def foreign_tls_options_are_adopted_in_files(lab):
    adopts(lab, "yield", FILE)


class OldClients(Load):
    """Clients of TLS 1.2, whom the other router's options refuse: nobody may let one in."""

    def __init__(self, site, host):
        super().__init__(site.traefik, host, status="refused")
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.context.check_hostname, self.context.verify_mode = False, ssl.CERT_NONE
        self.context.maximum_version = ssl.TLSVersion.TLSv1_2

    def _ask(self):
        traefik, host, _ = self.order
        try:
            with socket.create_connection((traefik.address, HTTPS), 5) as plain:
                self.context.wrap_socket(plain, server_hostname=host).close()
            return "let in"
        except OSError:
            return "refused"


@test
def a_reboot_without_the_api_server_needs_no_tls_options_of_others(lab):
    """Connections for which Traefik lacks the options that a router names are closed."""
    install(lab)
    network = Network(lab.plane.PORT)
    state = Path(tempfile.mkdtemp(prefix="state-", dir=lab.work)) / "gatefile"
    with secure_site(lab, "alone", "--state-dir", state) as site:
        site.traefik.static.write_text(site.traefik.static.read_text().replace(lab.plane.SERVER, network.server))
        site.kubeconfig = lab.plane.kubeconfig("alone", server=network.server)
        site.agent = site.another()
        host = site.host("a")
        lab.api.apply(objects.http_route("a", site.name, [objects.parent(site.gateway)], host, "/ours", "app", kind="PathPrefix"),
                      objects.item(TRAEFIK, "TLSOption", "strict", site.name, spec={"minVersion": "VersionTLS13"}),
                      ingress_route("theirs", site.name, host, "/theirs", "other", ("websecure",), tls={"options": {"name": "strict"}}))
        site.start()
        answers(site, host, "10.0.0.11", "/ours", True)
        answers(site, host, "10.0.0.12", "/theirs", True)
        adopted = f"{site.name}-strict@kubernetescrd"
        until(lambda: any(adopted in file.read_text() for file in state.glob("*.kept")), "what is kept names the others' options", 15)
        network.cut()
        site.agent.stop()
        site.traefik.stop()
        shutil.rmtree(site.traefik.out)
        site.traefik.out.mkdir()
        site.agent.start()
        site.traefik.start()
        answers(site, host, "10.0.0.11", "/ours", True, within=10)
        shows(site, "api-server-unreachable")
        network.mend()
        answers(site, host, "10.0.0.12", "/theirs", True, within=40)
        answers(site, host, "10.0.0.11", "/ours", True, within=40)
        until(lambda: any(adopted in file.read_text() for file in site.traefik.out.glob("*.json")), "the options are named again", 15)


@test
def a_start_takes_no_foreign_tls_options_away(lab):
    """Before the agent knows of the other router, and whenever it starts again."""
    install(lab)
    with secure_site(lab, "started") as site:
        host = site.host("a")
        lab.api.apply(objects.http_route("a", site.name, [objects.parent(site.gateway)], host, "/ours", "app", kind="PathPrefix"),
                      objects.item(TRAEFIK, "TLSOption", "strict", site.name, spec={"minVersion": "VersionTLS13"}),
                      ingress_route("theirs", site.name, host, "/theirs", "other", ("websecure",),
                                    tls={"options": {"name": "strict"}}))
        site.traefik.start()
        answers(site, host, "10.0.0.12", "/theirs", True)
        with OldClients(site, host), Requests(site, host, "/theirs", True):
            site.agent.start(15)
            answers(site, host, "10.0.0.11", "/ours", True)
            # What has been adopted is known again before anything is published.
            with Requests(site, host, "/ours", True):
                site.agent.stop()
                site.agent = site.another().start(15)
                time.sleep(3)
        # Both start: Traefik answers before its own provider has loaded.
        site.agent.stop()
        site.traefik.stop()
        site.traefik.start()
        site.agent = site.another().start(15)
        answers(site, host, "10.0.0.12", "/theirs", True)
        answers(site, host, "10.0.0.11", "/ours", True)
        with OldClients(site, host):
            time.sleep(1)


@test
def providers_are_asked_for_where_only_entry_points_are_told(lab):
    """As the chart's values have it: --entrypoint and --traefik-api."""
    install(lab)
    with secure_site(lab, "asked") as site:
        at = site.agent.words.index("--traefik-config")
        site.agent.words[at:at + 2] = ["--entrypoint", "web=:80", "--entrypoint", f"websecure=:{HTTPS}"]
        host = site.host("a")
        lab.api.apply(objects.http_route("a", site.name, [objects.parent(site.gateway)], host, "/ours", "app", kind="PathPrefix"),
                      ingress("theirs", site.name, host, "/theirs", service="other", tls="true", entrypoints="websecure"))
        site.start()
        answers(site, host, "10.0.0.12", "/theirs", True)
        answers(site, host, "10.0.0.11", "/ours", True)
        until(lambda: listener_condition(site, "https-a", "gatefile.dev/Shared")["status"] == "True", "the status tells of it")
        equal("routers that Traefik renamed", [router for router in routers(site, "plugin-gatefile") if "-conflicted-" in router], [])
        listeners = {one["name"]: one for gateway in facts(site)["gateways"] for one in gateway["listeners"]}
        equal("what the JSON says is shared", {name: one["shared"]["reason"] for name, one in listeners.items() if "shared" in one},
              {"https-a": "SharedHost"})
        shown = f"listener https-a: programmed, 1 routes; shared with other providers\n        {listeners['https-a']['shared']['message']}\n"
        if shown not in operate(site, "status"):
            raise Failure(f"{shown} is not in {operate(site, 'status')}")


def passed_on(site, host):
    """Whether a connection for the host gets as far as the backend, which does not speak TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with socket.create_connection((site.traefik.address, HTTPS), 5) as plain:
            context.wrap_socket(plain, server_hostname=host).close()
        return False
    except ssl.SSLError as error:
        return error.reason in ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE")
    except OSError:
        return False


@test
def connections_that_others_pass_on_stay_theirs(lab):
    """An IngressRouteTCP for the hosts of listeners without and with wishes, and for one below a wildcard."""
    install(lab)
    with secure_site(lab, "passed") as site:
        wishes = {"gatefile.dev/min-version": "1.3"}
        site.gateway["spec"]["listeners"][2]["tls"]["options"] = wishes
        site.gateway["spec"]["listeners"].append(
            objects.tls_listener("pair", "https-any", hostname=f"*.{site.name}.example"))
        site.gateway["spec"]["listeners"][3]["tls"]["options"] = wishes
        hosts = [site.host(name) for name in ("a", "b", "database")]
        lab.api.apply(site.gateway, *(
            objects.http_route(name, site.name, [objects.parent(site.gateway)], site.host(name), "/", "app", kind="PathPrefix")
            for name in ("a", "b", "other")))
        rule = " || ".join(f"HostSNI(`{host}`)" for host in hosts)
        lab.api.apply(objects.item(TRAEFIK, "IngressRouteTCP", "theirs", site.name, spec={
            "entryPoints": ["websecure"], "tls": {"passthrough": True},
            "routes": [{"match": rule, "services": [{"name": "other", "port": 80}]}]}))
        site.start()
        answers(site, site.host("other"), "10.0.0.11", "/", True)
        for host in hosts:
            until(lambda: passed_on(site, host), lambda: f"connections to {host} are passed on: {ask(site, host, '/', True)}\n{site.agent.say()}")
        until(lambda: listener_condition(site, "https-b", "Programmed")["status"] == "False", "the listener is not programmed")
        # What Traefik lets the order of a map decide comes out otherwise at another start.
        for _ in range(5):
            site.traefik.stop()
            site.traefik.start()
            answers(site, site.host("other"), "10.0.0.11", "/", True)
        why = lambda: listener_condition(site, "https-b", "Programmed")["message"]
        shown = lambda: f"listener https-b: not programmed, 1 routes; shared with other providers\n        {why()}\n"
        until(lambda: shown() in operate(site, "status", code=None), lambda: f"the status says why: {shown()}{operate(site, 'status', code=None)}")


def fail_closed(lab, form):
    """A listener that asks for TLS options is never served without them."""
    install(lab)
    with secure_site(lab, f"closed-{form}", form=form) as site:
        site.gateway["spec"]["listeners"][1]["tls"]["options"] = {"gatefile.dev/min-version": "1.3"}
        lab.api.apply(site.gateway)
        host = site.host("a")
        for name in ("a", "b"):
            lab.api.apply(objects.http_route(name, site.name, [objects.parent(site.gateway)], site.host(name), "/ours", "app",
                                             kind="PathPrefix"))
        site.start()
        answers(site, host, "10.0.0.11", "/ours", True)
        with Requests(site, site.host("b"), "/ours", True):
            theirs = ingress("theirs", site.name, host, "/theirs", service="other", tls="true", entrypoints="websecure")
            lab.api.apply(theirs)
            answers(site, host, "10.0.0.12", "/theirs", True)
            until(lambda: listener_condition(site, "https-a", "Programmed")["status"] == "False",
                  lambda: f"the listener is not programmed: {listener_condition(site, 'https-a', 'Programmed')}\n{site.agent.say()}")
            until(lambda: ask(site, host, "/ours", True)[0] == 421, lambda: f"refused: {ask(site, host, '/ours', True)}")
            equal("the metric", site.agent.metric("gatefile_conflicts", code="foreign-tls-conflict"), 1.0)
            lab.api.delete(theirs)
            answers(site, host, "10.0.0.11", "/ours", True)
            until(lambda: listener_condition(site, "https-a", "Programmed")["status"] == "True", "the listener is programmed again")


@test
def options_of_our_own_fail_closed(lab):
    fail_closed(lab, PLUGIN)


@test
def options_of_our_own_fail_closed_in_files(lab):
    fail_closed(lab, FILE)


class Shown(Load):
    """Clients that ask for a name that no certificate is for."""

    def __init__(self, site, host, pair):
        super().__init__(site.traefik, host, status="shown")
        self.wanted = der(pair[0])

    def _ask(self):
        traefik, host, _ = self.order
        return "shown" if traefik.certificate(host) == self.wanted else "another certificate, or none"


@test
def a_default_certificate_of_others_stays(lab):
    """Of two default stores Traefik takes neither: an HTTPS listener without a hostname must not bring a second one."""
    install(lab)
    name, listeners = "stored", [objects.listener(), objects.tls_listener("ours", "https-any")]
    with Site(lab.plane, name, listeners=listeners, beside=True) as site:
        ours, theirs = certificate(lab.work, f"*.{name}.example"), certificate(lab.work, "theirs.example")
        site.install()
        application(site, "app", "other")
        elsewhere = "another.example"
        lab.api.apply(objects.secret("ours", name, *ours), objects.secret("theirs", name, *theirs),
                      objects.item(TRAEFIK, "TLSStore", "default", name, spec={"defaultCertificate": {"secretName": "theirs"}}),
                      ingress_route("theirs", name, elsewhere, service="other", entry_points=("websecure",), tls={}),
                      objects.http_route("a", name, [objects.parent(site.gateway)], site.host("a"), "/", "app", kind="PathPrefix"))
        site.traefik.start()
        answers(site, elsewhere, "10.0.0.12", "/", True)
        until(lambda: site.traefik.certificate(elsewhere) == der(theirs[0]), "their default certificate is shown")
        with Shown(site, elsewhere, theirs), Requests(site, elsewhere, "/", True, "10.0.0.12"):
            site.agent.start(15)
            answers(site, site.host("a"), "10.0.0.11", "/", True)
            until(lambda: site.traefik.certificate(site.host("a")) == der(ours[0]), "our certificate is shown for its names")
            time.sleep(1)
        if site.traefik.errors():
            raise Failure(f"Traefik's log: {site.traefik.errors()[:3]}")
