# SPDX-License-Identifier: Apache-2.0
"""ListenerSets and GRPCRoutes: what is served and told of them."""

import objects
from actors import Site, certificate, der
from cluster import until
from serving import settled
from suite import equal, test

FOREIGN = {"type": "example.com/Checked", "status": "True", "reason": "Checked", "message": "by hand",
           "lastTransitionTime": "2026-01-01T00:00:00Z"}


def listener_set(name, site, *listeners):
    return objects.item(objects.GATEWAY, "ListenerSet", name, site.name, spec={
        "parentRef": {"name": site.gateway["metadata"]["name"]}, "listeners": list(listeners)})


def told(site, item, kind):
    return objects.condition(site.api.get(item).get("status", {}).get("conditions"), kind)


def plant(site, item):
    """A condition that is not ours, in the status as a whole and in that of each listener."""
    found = site.api.get(item)
    for conditions in (found["status"]["conditions"], *(entry["conditions"] for entry in found["status"]["listeners"])):
        conditions.append(FOREIGN)
    site.api.request("PUT", site.api.path_of(item) + "/status", found)


def planted(site, item):
    status = site.api.get(item)["status"]
    return [[entry for entry in conditions if entry["type"] == FOREIGN["type"]]
            for conditions in (status["conditions"], *(entry["conditions"] for entry in status["listeners"]))]


@test
def listener_sets_are_served_and_told(lab):
    with Site(lab.plane, "sets") as site:
        host, secure = site.host("plain"), site.host("secure")
        own = site.gateway["spec"]
        own["allowedListeners"] = {"namespaces": {"from": "Same"}}
        own["listeners"][0]["hostname"] = site.host("a")
        first = listener_set("first", site, objects.listener(hostname=host), objects.tls_listener("tls", hostname=secure))
        second = listener_set("second", site, objects.listener("again", hostname=host))
        route = objects.http_route("b", site.name, [{"kind": "ListenerSet", "name": "first"}], host)
        pair = certificate(lab.work, secure)
        site.install("a").api.apply(first, second, route, objects.secret("tls", site.name, *pair))
        site.start()
        settled(site)
        site.traefik.expect(200, host)
        until(lambda: site.traefik.certificate(secure) == der(pair[0]), lambda: "its certificate is served\n" + site.agent.say())

        for kind in ("Accepted", "Programmed"):
            until(lambda kind=kind: told(site, first, kind)["status"] == "True", lambda kind=kind: f"{kind}\n" + site.agent.say())
            found = told(site, second, kind)
            equal(f"{kind} of the one that comes later", (found["status"], found["reason"]), ("False", "ListenersNotValid"))
        until(lambda: site.api.get(first)["status"]["listeners"][0]["attachedRoutes"] == 1, "the route is attached")
        listeners = site.api.get(second)["status"]["listeners"]
        found = objects.condition(listeners[0]["conditions"], "Conflicted")
        equal("its listener's Conflicted", (found["status"], found["reason"]), ("True", "HostnameConflict"))
        until(lambda: site.api.get(site.gateway)["status"].get("attachedListenerSets") == 1, "one set is attached")
        parents = site.api.get(route)["status"]["parents"]
        equal("the route's parents", [(entry["parentRef"]["kind"], entry["parentRef"]["name"]) for entry in parents], [("ListenerSet", "first")])

        plant(site, first)
        plant(site, site.gateway)
        change = site.api.patch(first, {"spec": {"listeners": [dict(first["spec"]["listeners"][0], hostname=site.host("moved")),
                                                               first["spec"]["listeners"][1]]}})
        until(lambda: told(site, first, "Accepted")["observedGeneration"] == change["metadata"]["generation"], "the change is observed")
        equal("foreign conditions of the set", planted(site, first), [[FOREIGN]] * 3)
        site.traefik.expect(404, host, "/nowhere")
        until(lambda: told(site, second, "Accepted")["status"] == "True", "the place is free for the second")

        site.api.delete(first, second)
        site.traefik.expect(404, host)
        until(lambda: site.api.get(site.gateway)["status"].get("attachedListenerSets", 0) == 0, "no set is attached")
        equal("foreign conditions of the Gateway", planted(site, site.gateway), [[FOREIGN]] * 2)
        until(lambda: not site.api.get(route)["status"]["parents"], lambda: "our entry goes with the set\n" + site.agent.say())


@test
def grpc_routes_are_served_and_told(lab):
    with Site(lab.plane, "grpc") as site:
        host = site.host("calls")
        route = objects.item(objects.GATEWAY, "GRPCRoute", "calls", site.name, spec={
            "parentRefs": [objects.parent(site.gateway)], "hostnames": [host],
            "rules": [{"matches": [{"method": {"service": "shop.Cart", "method": "Get"}}],
                       "backendRefs": [{"name": "calls", "port": 80}]}]})
        site.install("a").api.apply(route, objects.service("calls", site.name),
                                    objects.endpoint_slice("calls", site.name, "10.0.0.2", port=13001))
        site.start()
        settled(site)
        site.traefik.expect(200, host, "/shop.Cart/Get")
        equal("another method", site.traefik.get(host, "/shop.Cart/Put"), 404)

        def condition(kind):
            parents = site.api.get(route).get("status", {}).get("parents", [])
            return objects.condition(parents[0]["conditions"] if parents else (), kind)

        for kind in ("Accepted", "ResolvedRefs"):
            until(lambda kind=kind: condition(kind)["status"] == "True", lambda kind=kind: f"{kind}\n" + site.agent.say())
        until(lambda: site.api.get(site.gateway)["status"]["listeners"][0]["attachedRoutes"] == 2, "both routes are attached")
        site.api.delete(objects.service("calls", site.name))
        until(lambda: condition("ResolvedRefs")["reason"] == "BackendNotFound", lambda: "the lost backend is told\n" + site.agent.say())
        site.traefik.expect(503, host, "/shop.Cart/Get")
