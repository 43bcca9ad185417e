# SPDX-License-Identifier: Apache-2.0
"""What changes the whole cluster, so it comes last: kinds that go and come, and a cluster that is lost."""

import time

import objects
from actors import Load, Site
from api_faults import holds_nothing, says_what_is_held
from cluster import GATEWAY_API, until
from operating import shows
from serving import settled
from suite import equal, test


def crd(plural):
    return objects.item("apiextensions.k8s.io/v1", "CustomResourceDefinition", f"{plural}.{GATEWAY_API}")


def remove(lab, plural):
    lab.api.delete(crd(plural))
    until(lambda: lab.api.get(crd(plural)) is None and not lab.plane.served(plural), f"{plural} go", 60)


def restore(lab, plural):
    lab.api.apply_yaml(lab.plane.crd(plural))
    until(lambda: lab.plane.served(plural), f"{plural} come back", 60)


@test
def a_kind_goes_and_comes_back(lab):
    with Site(lab.plane, "kinds").install("a").start() as site:
        settled(site)
        with Load(site.traefik, site.host("a")):
            remove(lab, "referencegrants")
            site.route("b")
            site.serves("b")
            until(lambda: site.agent.metric("gatefile_synced", kind="ReferenceGrant") == 0,
                  lambda: "the missing kind is noticed\n" + site.agent.say(), 90)
            shows(site, "kind-missing", "ReferenceGrant", "install the CustomResourceDefinitions of the Gateway API")
            restore(lab, "referencegrants")
            until(lambda: site.agent.metric("gatefile_synced", kind="ReferenceGrant") == 1,
                  lambda: "the kind comes to life\n" + site.agent.say(), 60)


@test
def the_routes_kind_goes_and_comes_back(lab):
    with Site(lab.plane, "routes", "--watch-namespace", "routes").install("a", "b").start() as site:
        settled(site)
        with Load(site.traefik, site.host("a")):
            remove(lab, "httproutes")
            # Nobody meant to stop serving.
            says_what_is_held(site, "HTTPRoute", 2)
            restore(lab, "httproutes")
            site.route("a")
            site.route("c")
            site.serves("c", within=60)
            says_what_is_held(site, "HTTPRoute", 1)
            site.serves("b", within=0.5)
            site.agent.hup()
            site.refuses("b")
            holds_nothing(site)


@test
def a_kind_is_missing_at_the_start(lab):
    remove(lab, "httproutes")
    with Site(lab.plane, "late") as site:
        site.install()
        site.traefik.start()
        site.agent.start()
        site.agent.says("(?i)httproute", 15)
        shows(site, "kind-missing", "HTTPRoute")
        until(lambda: site.gateway_condition("Accepted")["status"] == "True", lambda: "the Gateway is accepted\n" + site.agent.say(), 20)
        restore(lab, "httproutes")
        site.route("a")
        site.serves("a", within=60)


@test
def a_lost_cluster_takes_nothing_away(lab):
    with Site(lab.plane, "wiped").install("a", "b").start() as site:
        settled(site)
        with Load(site.traefik, site.host("a")):
            lab.plane.wipe()
            time.sleep(3)
            lab.plane.install()
            until(lambda: (site.agent.metric("gatefile_publish_held") or 0) > 0, lambda: "it is held back\n" + site.agent.say(), 60)
            shows(site, "objects-held", "the API server has no more are served on")
            # Each kind is listed anew at its own time; what is let go is what is held by then.
            for kind in ("GatewayClass", "Gateway", "HTTPRoute", "Namespace", "Service", "EndpointSlice"):
                site.agent.says(f"held back.* resource={kind} ", 60)
            time.sleep(2)
            equal("/readyz", site.agent.get("/readyz")[0], 200)
        site.serves("b", within=0.5)
        site.agent.hup()
        site.refuses("a", within=15)
        equal("held objects", site.agent.metric("gatefile_publish_held"), 0)
        # The new cluster is served.
        site.install("d")
        site.serves("d", within=30)
