# SPDX-License-Identifier: Apache-2.0
"""One Traefik with its own Ingress and IngressRoute providers and ours: applications move under load."""

import http.client
import json
import os
import socket
import ssl
import subprocess
import time

import objects
from actors import FILE, HTTPS, PLUGIN, Load, Site
from cluster import ROOT, Failure, grant, until
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
        return (200, endpoint_of(text)) if answer.status == 200 else (answer.status, None)
    except (OSError, http.client.HTTPException, ValueError) as error:
        return 0, str(error)
    finally:
        connection.close()


def endpoint_of(text):
    """A ValueError for what no backend of ours has written."""
    try:
        return json.loads(text)["address"]
    except (ValueError, LookupError, TypeError):
        raise ValueError(f"a body that is no backend's: {text[:200]}") from None


def answers(site, host, endpoint, path="/", secure=False, within=15.0):
    until(lambda: ask(site, host, path, secure) == (200, endpoint),
          lambda: f"{host}{path} is answered {ask(site, host, path, secure)}, not by {endpoint}\n{site.agent.say()}", within)


def routers(site, provider):
    """The names of a provider's routers in Traefik."""
    return {router["name"] for router in site.traefik.api("/api/http/routers?per_page=1000") if router["provider"] == provider}


class Requests(Load):
    """A load over HTTP or HTTPS, on new connections each time; where an endpoint is named no other may answer."""

    def __init__(self, site, host, path="/", secure=False, endpoint=None):
        super().__init__(site.traefik, host, path)
        self.site, self.secure, self.endpoint = site, secure, endpoint

    def _ask(self):
        _, host, path = self.order
        return ask(self.site, host, path, self.secure)

    def _is_good(self, found):
        return found[0] == self.status and self.endpoint in (None, found[1])


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
        streams = [objects.item(TRAEFIK, f"IngressRoute{kind}", "stream", site.name, spec={
            "entryPoints": ["probe"], "routes": [{**match, "services": [{"name": "one", "port": 80}]}]})
            for kind, match in (("TCP", {"match": f"HostSNI(`{site.host('a')}`)"}), ("UDP", {}))]
        native = objects.gateway_class("planned-native", "traefik.io/gateway-controller")
        lab.api.apply(*classes, *classed, *streams, covered, alone, native, objects.gateway("native", site.name, "planned-native"))
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
        equal("those of other classes, and streams", [entry for entry in plan["leftOut"] if f" {site.name}/" in entry],
              [f"Ingress {site.name}/{name} (planned-{name})" for name in ("nobody", "other")] +
              [f"IngressRouteTCP {site.name}/stream (of connections: write a TLSRoute or TCPRoute)",
               f"IngressRouteUDP {site.name}/stream (of datagrams: write a UDPRoute)"])
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
