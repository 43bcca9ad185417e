# SPDX-License-Identifier: Apache-2.0
"""How objects come: by pages where the server has no WatchList, and without those that cannot be read."""

import objects
from actors import Site
from cluster import OTHER, RULES, grant, in_parallel, until
from coexist import install
from serving import settled
from suite import equal, test

PAGE = 500  # what the agent asks for at once


@test
def a_server_without_watch_list_is_read_by_pages(lab):
    """more objects than a page has; the route's Service is the last of them, and what comes later is seen"""
    site = Site(lab.plane, "pages", "--watch-namespace", "pages")
    with lab.plane.having("--feature-gates=WatchList=false"), site.install():
        in_parallel(lambda number: lab.api.create(objects.service(f"n{number:03}", site.name)), range(PAGE))
        lab.api.apply(objects.service("zz", site.name), objects.endpoint_slice("zz", site.name, "10.0.0.2"))
        site.route("a", service="zz")
        site.start()
        site.serves("a")
        settled(site)

        def asked(verb, code):
            return site.agent.metric("gatefile_api_requests_total", verb=verb, resource="services", code=code)

        equal("whether a WatchList was refused", (asked("watch", "422") or 0) + (asked("watch", "400") or 0), 1)
        equal("pages of Services", asked("list", "200"), 2)
        site.route("b", service="zz")
        site.serves("b")
        lab.api.apply(objects.endpoint_slice("n000", site.name, "10.0.0.3"))
        site.route("c", service="n000")
        site.serves("c")
        equal("pages of Services after changes", asked("list", "200"), 2)
        lab.api.request("DELETE", lab.api.path("v1", "Service", site.name))


def plugin_of(levels):
    settings = {"x": 1}
    for _ in range(levels):
        settings = {"x": settings}
    return {"plugin": {"somebodys": settings}}


@test
def an_object_that_is_nested_too_deep_keeps_nobody_waiting(lab):
    install(lab)
    made = objects.item("traefik.io/v1alpha1", "Middleware", "deep", "deep", spec=plugin_of(300))
    lab.api.apply(objects.namespace("deep"), made)
    with Site(lab.plane, "deep").install("a").start() as site:
        site.serves("a")
        settled(site)
        equal("whether Middlewares are known", site.agent.metric("gatefile_synced", kind="Middleware"), 1)
        site.agent.says("input-syntax.*Middleware.*deep/deep|deep/deep.*input-syntax")
        site.route("b")
        site.serves("b")
    lab.api.delete(made)


@test
def a_namespace_that_is_followed_does_not_hide_one_that_is_not(lab):
    without = [dict(RULES[0], resources=[name for name in RULES[0]["resources"] if name != "httproutes"]), *RULES[1:]]
    lab.api.apply(*grant("others", "others", without), objects.namespace("closed"))
    site = Site(lab.plane, "opened", "--watch-namespace", "closed", "--watch-namespace", "opened", user=OTHER).install("a")

    def let_read_routes(namespace):
        role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "routes"}
        group = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "others"}
        rules = [{"apiGroups": RULES[0]["apiGroups"], "resources": ["httproutes"], "verbs": ["get", "list", "watch"]}]
        lab.api.apply(objects.item("rbac.authorization.k8s.io/v1", "Role", "routes", namespace, rules=rules),
                      objects.item("rbac.authorization.k8s.io/v1", "RoleBinding", "routes", namespace, roleRef=role, subjects=[group]))

    let_read_routes("opened")
    with site.start():
        site.serves("a")
        equal("whether routes are known everywhere", site.agent.metric("gatefile_synced", kind="HTTPRoute"), 0)
        equal("whether Gateways are", site.agent.metric("gatefile_synced", kind="Gateway"), 1)
        let_read_routes("closed")
        until(lambda: site.agent.metric("gatefile_synced", kind="HTTPRoute") == 1, lambda: "routes are known\n" + site.agent.say(), 30)
    lab.api.apply(*grant("others", "others", RULES))
