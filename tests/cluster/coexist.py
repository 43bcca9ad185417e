# SPDX-License-Identifier: Apache-2.0
"""One Traefik with its own Ingress and IngressRoute providers and ours: applications move under load, certificate
solvers answer, and TLS options of others take nothing from us."""

import http.client
import json
import os
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
from pathlib import Path

import objects
from actors import FILE, HTTPS, PLUGIN, Load, Network, Site, certificate
from cluster import ROOT, Failure, grant, until
from operating import facts, operate, shows
from serving import taken
from suite import equal, test

NETWORKING, TRAEFIK = "networking.k8s.io/v1", "traefik.io/v1alpha1"
KINDS = {"IngressRoute": "ingressroutes", "IngressRouteTCP": "ingressroutetcps", "IngressRouteUDP": "ingressrouteudps",
         "Middleware": "middlewares", "MiddlewareTCP": "middlewaretcps", "ServersTransport": "serverstransports",
         "ServersTransportTCP": "serverstransporttcps", "TLSOption": "tlsoptions", "TLSStore": "tlsstores",
         "TraefikService": "traefikservices"}
READ = ["get", "list", "watch"]
# What Traefik's documentation grants to these two providers.
RULES = [
    {"apiGroups": [""], "resources": ["services", "secrets", "nodes", "configmaps", "namespaces"], "verbs": READ},
    {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": READ},
    {"apiGroups": ["networking.k8s.io", "extensions"], "resources": ["ingresses", "ingressclasses"], "verbs": READ},
    {"apiGroups": ["networking.k8s.io", "extensions"], "resources": ["ingresses/status"], "verbs": ["update"]},
    {"apiGroups": ["traefik.io"], "resources": list(KINDS.values()), "verbs": READ},
]
ACME = "/.well-known/acme-challenge/"


def definition(kind, plural):
    """Traefik only reads them, so that a definition without a schema is enough."""
    anything = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    return objects.item("apiextensions.k8s.io/v1", "CustomResourceDefinition", f"{plural}.traefik.io", spec={
        "group": "traefik.io", "scope": "Namespaced",
        "names": {"kind": kind, "plural": plural, "singular": kind.lower(), "listKind": kind + "List"},
        "versions": [{"name": "v1alpha1", "served": True, "storage": True, "schema": {"openAPIV3Schema": anything}}]})


def install(lab):
    lab.api.apply(*grant("traefik-providers", "traefik-providers", RULES),
                  *(definition(kind, plural) for kind, plural in KINDS.items()))
    until(lambda: all(lab.api.raw("GET", f"/apis/{TRAEFIK}/{plural}?limit=1")[0] == 200 for plural in KINDS.values()),
          "the kinds of traefik.io are served", 30)


def annotated(item, annotations):
    item["metadata"]["annotations"] = annotations
    return item


def ingress(name, namespace, host, path="/", kind="Prefix", service="one", **annotations):
    made = objects.item(NETWORKING, "Ingress", name, namespace, spec={"rules": [{"host": host, "http": {"paths": [
        {"path": path, "pathType": kind, "backend": {"service": {"name": service, "port": {"number": 80}}}}]}}]})
    return annotated(made, {f"traefik.ingress.kubernetes.io/router.{key.replace('_', '.')}": value
                            for key, value in annotations.items()})


def ingress_route(name, namespace, host, path="/", service="one", entry_points=("web",), **spec):
    return objects.item(TRAEFIK, "IngressRoute", name, namespace, spec={
        "entryPoints": list(entry_points), **spec,
        "routes": [{"kind": "Rule", "match": f"Host(`{host}`) && PathPrefix(`{path}`)",
                    "services": [{"name": service, "port": 80}]}]})


def solver_ingress(namespace, host, token, service):
    """As cert-manager's HTTP-01 solver makes it (pkg/issuer/acme/http/ingress.go)."""
    made = ingress(f"cm-acme-http-solver-{token}", namespace, host, ACME + token, "ImplementationSpecific", service)
    made["metadata"]["labels"] = {"acme.cert-manager.io/http-domain": "1234567", "acme.cert-manager.io/http-token": "7654321",
                                  "acme.cert-manager.io/http01-solver": "true"}
    made["metadata"]["annotations"] = {"nginx.ingress.kubernetes.io/whitelist-source-range": "0.0.0.0/0,::/0"}
    return made


def solver_route(site, host, token, service):
    """As its gatewayHTTPRoute solver makes it (pkg/issuer/acme/http/httproute.go)."""
    made = objects.http_route(f"cm-acme-http-solver-{token}", site.name, [objects.parent(site.gateway)], host,
                              ACME + token, service, kind="Exact")
    made["metadata"]["labels"] = {"acme.cert-manager.io/http01-solver": "true"}
    made["spec"]["rules"][0]["backendRefs"][0]["weight"] = 1
    return made


def application(site, *services):
    """Services with an endpoint each: 10.0.0.11 for the first, 10.0.0.12 for the second."""
    for number, name in enumerate(services):
        site.api.apply(objects.service(name, site.name), objects.endpoint_slice(name, site.name, f"10.0.0.{11 + number}"))


def connect(site, host, secure):
    if not secure:
        return http.client.HTTPConnection(site.traefik.address, 80, timeout=5)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    connection = http.client.HTTPSConnection(host, HTTPS, timeout=5)
    connection.sock = context.wrap_socket(socket.create_connection((site.traefik.address, HTTPS), 5), server_hostname=host)
    return connection


def ask(site, host, path="/", secure=False):
    """(status, the endpoint that answered)"""
    try:
        connection = connect(site, host, secure)
    except OSError as error:
        return 0, str(error)
    try:
        connection.request("GET", path, headers={"Host": host})
        answer = connection.getresponse()
        text = answer.read()
        if answer.status != 200:
            return answer.status, None
        return 200, json.loads(text)["address"]
    except (OSError, http.client.HTTPException) as error:
        return 0, str(error)
    finally:
        connection.close()


def answers(site, host, endpoint, path="/", secure=False, within=15.0):
    until(lambda: ask(site, host, path, secure) == (200, endpoint),
          lambda: f"{host}{path} is answered {ask(site, host, path, secure)}, not by {endpoint}\n{site.agent.say()}", within)


def routers(site, provider):
    """The names of a provider's routers in Traefik."""
    return {router["name"] for router in site.traefik.api("/api/http/routers?per_page=1000") if router["provider"] == provider}


class Requests(Load):
    """A load over HTTP or HTTPS, on new connections each time."""

    def __init__(self, site, host, path="/", secure=False):
        super().__init__(site.traefik, host, path)
        self.site, self.secure = site, secure

    def _run(self):
        _, host, path = self.order
        while not self.over.is_set():
            found = ask(self.site, host, path, self.secure)
            self.sent += 1
            if found[0] != self.status:
                self.bad.append((found, time.strftime("%X")))
            self.over.wait(self.pause)


def moves(lab, coexist, form, kind):
    """An application to an HTTPRoute and back, without a failed request."""
    install(lab)
    name = f"move-{coexist}-{form}-{kind}".lower()
    make = {"Ingress": ingress, "IngressRoute": ingress_route}[kind]
    with Site(lab.plane, name, "--coexist", coexist, form=form, beside=True).install("stays") as site:
        application(site, "old", "new")
        host = site.host("app")
        old = make("app", name, host, service="old")
        new = objects.http_route("app", name, [objects.parent(site.gateway)], host, service="new", kind="PathPrefix")
        lab.api.apply(old)
        site.start()
        answers(site, host, "10.0.0.11")
        winner = "10.0.0.12" if coexist == "win" else "10.0.0.11"
        with Requests(site, host), Requests(site, site.host("stays")):
            for _ in range(2):
                lab.api.apply(new)
                until(lambda: site.route_condition("app", "Accepted")["status"] == "True", "our route is accepted")
                answers(site, host, winner)
                time.sleep(0.5)
                equal("who answers while both are there", ask(site, host), (200, winner))
                lab.api.delete(old)
                answers(site, host, "10.0.0.12")
                # And back.
                lab.api.apply(old)
                until(lambda: any("app" in router for router in routers(site, "kubernetes" if kind == "Ingress" else "kubernetescrd")),
                      "Traefik has the old one again", 15)
                answers(site, host, winner)
                lab.api.delete(new)
                answers(site, host, "10.0.0.11")
        if site.traefik.errors():
            raise Failure(f"Traefik's log: {site.traefik.errors()[:3]}")


@test
def an_ingress_moves_and_returns_yielding(lab):
    moves(lab, "yield", PLUGIN, "Ingress")


@test
def an_ingress_moves_and_returns_winning(lab):
    moves(lab, "win", PLUGIN, "Ingress")


@test
def an_ingress_moves_and_returns_through_files(lab):
    moves(lab, "yield", FILE, "Ingress")


@test
def an_ingress_route_moves_and_returns_yielding(lab):
    moves(lab, "yield", PLUGIN, "IngressRoute")


@test
def an_ingress_route_moves_and_returns_winning(lab):
    moves(lab, "win", PLUGIN, "IngressRoute")


def solvers(lab, coexist):
    install(lab)
    name = f"solvers-{coexist}"
    with Site(lab.plane, name, "--coexist", coexist, beside=True).install("stays") as site:
        application(site, "app", "solver")
        host = site.host("app")
        redirect = objects.http_route("app", name, [objects.parent(site.gateway)], host, kind="PathPrefix")
        redirect["spec"]["rules"][0] = {"filters": [{"type": "RequestRedirect", "requestRedirect": {
            "scheme": "https", "statusCode": 301}}]}
        lab.api.apply(redirect)
        site.start()
        until(lambda: ask(site, host)[0] == 301, lambda: f"http is redirected: {ask(site, host)}\n{site.agent.say()}")
        lab.api.apply(solver_ingress(name, host, "one", "solver"), solver_route(site, host, "two", "solver"))
        answers(site, host, "10.0.0.12", ACME + "one")
        answers(site, host, "10.0.0.12", ACME + "two")
        equal("everything else", ask(site, host, "/shop")[0], 301)
        plain = objects.http_route("app", name, [objects.parent(site.gateway)], host, service="app", kind="PathPrefix")
        with Requests(site, host, ACME + "one"), Requests(site, host, ACME + "two"):
            lab.api.apply(plain)
            answers(site, host, "10.0.0.11")
            lab.api.delete(plain)
            lab.api.apply(ingress("app", name, host, service="app"))
            answers(site, host, "10.0.0.11")
            lab.api.apply(redirect)
            time.sleep(1)
        lab.api.delete(solver_ingress(name, host, "one", "solver"), solver_route(site, host, "two", "solver"))
        until(lambda: ask(site, host, ACME + "two") != (200, "10.0.0.12"), "the solvers are gone")


@test
def solvers_answer_yielding(lab):
    solvers(lab, "yield")


@test
def solvers_answer_winning(lab):
    solvers(lab, "win")


def secure_site(lab, name, *flags, hosts=("a", "b"), **more):
    """A Site with an HTTPS listener for each host, and a Secret for all of them."""
    listeners = [objects.listener()] + [objects.tls_listener("pair", f"https-{host}", hostname=f"{host}.{name}.example", **more)
                                        for host in hosts]
    site = Site(lab.plane, name, *flags, listeners=listeners, beside=True)
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


@test
def foreign_tls_options_are_adopted(lab):
    install(lab)
    with secure_site(lab, "adopted") as site:
        host = site.host("a")
        lab.api.apply(objects.http_route("a", site.name, [objects.parent(site.gateway)], host, "/ours", "app", kind="PathPrefix"),
                      objects.http_route("b", site.name, [objects.parent(site.gateway)], site.host("b"), "/ours", "app", kind="PathPrefix"),
                      objects.item(TRAEFIK, "TLSOption", "strict", site.name, spec={"minVersion": "VersionTLS13"}))
        site.start()
        answers(site, host, "10.0.0.11", "/ours", True)
        with Requests(site, site.host("b"), "/ours", True):
            lab.api.apply(ingress_route("theirs", site.name, host, "/theirs", "other", ("websecure",),
                                        tls={"options": {"name": "strict"}}))
            answers(site, host, "10.0.0.12", "/theirs", True)
            began = time.monotonic()
            until(lambda: listener_condition(site, "https-a", "gatefile.dev/Shared")["reason"] == "ForeignTLSOptions",
                  lambda: f"the status tells of it: {listener_condition(site, 'https-a', 'gatefile.dev/Shared')}\n{site.agent.say()}", 5)
            answers(site, host, "10.0.0.11", "/ours", True, within=5)
            print(f"# served again, and told of, after {time.monotonic() - began:.1f} s")
            renamed = {router for provider in ("plugin-gatefile", "kubernetescrd") for router in routers(site, provider)
                       if "-conflicted-" in router}
            equal("routers that Traefik renamed", renamed, set())
            until(lambda: (site.agent.metric("gatefile_conflicts", code="foreign-tls-options") or 0) == 1, "the metric counts it")
            lab.api.delete(ingress_route("theirs", site.name, host))
            answers(site, host, "10.0.0.11", "/ours", True, within=5)
            until(lambda: listener_condition(site, "https-a", "gatefile.dev/Shared")["status"] is None, "the status forgets it")


class OldClients(Load):
    """Clients of TLS 1.2, whom the other router's options refuse: nobody may let one in."""

    def __init__(self, site, host):
        super().__init__(site.traefik, host)
        self.site, self.seen = site, set()

    def _run(self):
        _, host, _ = self.order
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        while not self.over.is_set():
            self.sent += 1
            try:
                with socket.create_connection((self.site.traefik.address, HTTPS), 5) as plain:
                    context.wrap_socket(plain, server_hostname=host).close()
                self.bad.append((host, time.strftime("%X")))
            except OSError:
                pass
            self.over.wait(self.pause)


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


@test
def options_of_our_own_fail_closed(lab):
    """A listener that asks for TLS options is never served without them."""
    install(lab)
    with secure_site(lab, "closed", hosts=("a", "b")) as site:
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
def a_migration_is_planned(lab):
    install(lab)
    with Site(lab.plane, "planned", beside=True).install("a") as site:
        covered = ingress("covered", site.name, site.host("a"), "/", "Exact")
        alone = ingress_route("alone", site.name, site.host("z"))
        classes = [objects.item(NETWORKING, "IngressClass", f"planned-{name}", spec={"controller": controller}) for name, controller
                   in (("edge", "traefik.io/ingress-controller"), ("other", "example.com/another"))]
        classed = [ingress(name, site.name, site.host("y")) for name in ("edge", "other", "nobody")]
        for item in classed:
            item["spec"]["ingressClassName"] = f"planned-{item['metadata']['name']}"
        native = objects.gateway_class("planned-native", "traefik.io/gateway-controller")
        lab.api.apply(*classes, *classed, covered, alone, native, objects.gateway("native", site.name, "planned-native"))
        words = [os.environ.get("GATEFILE", str(ROOT / "build/dev/src/cli/gatefile")), "migrate", "--plan", "--output", "json",
                 "--from", "cluster", "--kubeconfig", lab.plane.kubeconfig("planned-providers", "admin"),
                 "--controller-name", site.controller, "--traefik-config", site.traefik.static]
        done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False)
        equal("the exit code", (done.returncode, done.stderr.splitlines()[:1] if done.returncode else []), (0, []))
        plan = json.loads(done.stdout)
        if "planned-native" not in plan["foreignClasses"]:
            raise Failure(f"the class of Traefik's own provider is missing: {plan['foreignClasses']}")
        paths = {entry["object"]: entry for entry in plan["paths"] if f" {site.name}/" in entry["object"]}
        equal("the paths", {name: (entry["host"], entry["coveredBy"]) for name, entry in paths.items()},
              {f"Ingress {site.name}/covered": (site.host("a"), f"HTTPRoute {site.name}/a"),
               f"Ingress {site.name}/edge": (site.host("y"), ""),
               f"IngressRoute {site.name}/alone": (site.host("z"), "")})
        equal("those of other classes", [entry for entry in plan["leftOut"] if f" {site.name}/" in entry],
              [f"Ingress {site.name}/{name} (planned-{name})" for name in ("nobody", "other")])
        titles = [step["title"] for step in plan["steps"] if site.name in step["title"]]
        equal("the steps", titles, [
            f"Make a copy of Gateway {site.name}/native, of the new class and under another name, and give the routes below it a "
            "second parentRef that names the copy",
            f"Remove the parentRefs that name Gateway {site.name}/native", f"Delete Gateway {site.name}/native",
            f"Delete Ingress {site.name}/covered", f"Write HTTPRoutes for what Ingress {site.name}/edge serves",
            f"Delete Ingress {site.name}/edge", f"Write HTTPRoutes for what IngressRoute {site.name}/alone serves",
            f"Delete IngressRoute {site.name}/alone"])


@test
def samples_of_a_migration_are_taken_by_the_server(lab):
    install(lab)
    taken(lab, sorted((ROOT / "samples" / "migrate").rglob("*.yaml")))
