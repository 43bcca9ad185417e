# SPDX-License-Identifier: Apache-2.0
"""What an instance serves and reports by its flags; what it says beside the status; how it reads many Secrets."""

from pathlib import Path

import objects
from actors import Agent, Site, certificate, der
from cluster import AGENT, OTHER, RULES, grant, until
from serving import settled
from suite import equal, test

MANY = 20


@test
def only_gateways_with_the_labels_are_served(lab):
    with Site(lab.plane, "labels", "--gateway-selector", "network in (dmz,edge),!legacy") as site:
        site.gateway["metadata"]["labels"] = {"network": "dmz"}
        site.install("a")
        other = objects.gateway("other", site.name, site.name)
        other["metadata"]["labels"] = {"network": "dmz", "legacy": "yes"}
        route = objects.http_route("b", site.name, [objects.parent(other)], site.host("b"))
        lab.api.apply(other, route)
        site.start()
        settled(site)
        equal("the other Gateway's route", site.traefik.get(site.host("b")), 404)
        equal("its status", lab.api.get(route).get("status", {}).get("parents", []), [])
        other["metadata"]["labels"] = {"network": "edge"}
        lab.api.apply(other)
        site.serves("b")


@test
def the_addresses_of_a_service_are_reported(lab):
    with Site(lab.plane, "address", "--publish-service", "address/one").install("a").start() as site:
        settled(site)
        wanted = lab.api.get(objects.service("one", site.name))["spec"]["clusterIP"]
        equal("the Gateway's addresses", lab.api.get(site.gateway)["status"]["addresses"], [{"type": "IPAddress", "value": wanted}])


@test
def events_tell_of_what_turns(lab):
    def events(name="a"):
        found = lab.api.request("GET", f"/apis/events.k8s.io/v1/namespaces/{site.name}/events")["items"]
        return [(event["type"], event["reason"]) for event in found if event["regarding"]["name"] == name]

    def tells(name, kind, why):
        until(lambda: kind in [kind for kind, _ in events(name)], lambda: f"{why}: {events(name)}\n{site.agent.say()}")

    with Site(lab.plane, "events").install("a").start() as site:
        settled(site)
        equal("the events of what was well from the start", events(), [])
        lab.api.patch(site.make("a"), {"spec": {"parentRefs": [objects.parent(site.gateway, sectionName="missing")]}})
        tells("a", "Warning", "an event says so")
        lab.api.patch(site.make("a"), {"spec": {"parentRefs": [objects.parent(site.gateway)]}})
        tells("a", "Normal", "and when it is well again")
        gateway, listeners = site.gateway["metadata"]["name"], site.gateway["spec"]["listeners"]
        equal("the Gateway's events until then", events(gateway), [])
        lab.api.patch(site.gateway, {"spec": {"listeners": [{**listener, "port": 9} for listener in listeners]}})
        tells(gateway, "Warning", "a Gateway that is not programmed any more")
        lab.api.patch(site.gateway, {"spec": {"listeners": listeners}})
        tells(gateway, "Normal", "and one that is again")


def add_inner_entry_point(traefik, port):
    static = Path(traefik.static)
    static.write_text(static.read_text().replace("entryPoints:\n", (
        "entryPoints:\n"
        f'  gatefile-inner: {{address: "127.0.0.1:{port}", reusePort: true, forwardedHeaders: {{trustedIPs: ["127.0.0.1/32"]}}}}\n')))


@test
def the_message_counts_the_traefiks(lab):
    """Though each agent draws a mark of its own for a rule behind the inner entry point."""
    rules = RULES + [{"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["list"]}]
    lab.api.apply(*grant("others", "others", rules))
    flags = ("--lease", "counted/gatefile")
    with Site(lab.plane, "counted", *flags, user=OTHER).install("a") as site:
        add_inner_entry_point(site.traefik, 8199)
        marked = site.make("marked")
        marked["spec"]["rules"][0].update(timeouts={"request": "5s"}, retry={"attempts": 2, "backoff": "100ms", "codes": [503]})
        lab.api.apply(marked)
        site.start()
        settled(site)
        site.serves("marked")
        with Site(lab.plane, "counted2") as beside:
            # As in Pods, whose loopbacks are their own, but for what agents put into the output.
            add_inner_entry_point(beside.traefik, 8199)
            beside.traefik.start()
            Agent(lab.plane, beside.traefik, "--controller-name", site.controller, *flags,
                  name="beside", kubeconfig=site.kubeconfig).start(15)
            until(lambda: "2 of 2" in (site.gateway_condition("Programmed")["message"] or ""),
                  lambda: f"the message says 2 of 2: {site.gateway_condition('Programmed')}\n{site.agent.say()}", 20)
    lab.api.apply(*grant("others", "others", RULES))


def many_secrets(lab, name, user):
    """A listener and a Secret for each of many hosts; what is served for each, and one that comes later."""
    hosts = [f"h{number}.{name}.example" for number in range(MANY)]
    listeners = [objects.tls_listener(f"s{number}", name=f"l{number}", hostname=host) for number, host in enumerate(hosts)]
    site = Site(lab.plane, name, listeners=[objects.listener(), *listeners], user=user)
    lab.api.apply(objects.namespace(name))
    pairs = [certificate(lab.work, host) for host in hosts]
    for number, pair in enumerate(pairs[:-1]):
        lab.api.apply(objects.secret(f"s{number}", name, *pair))
    with site.install("a").start():
        site.serves("a")
        until(lambda: all(site.traefik.certificate(host) == der(pair[0]) for host, pair in zip(hosts[:-1], pairs)),
              lambda: "every certificate is served\n" + site.agent.say())
        lab.api.apply(objects.secret(f"s{MANY - 1}", name, *pairs[-1]))
        until(lambda: site.traefik.certificate(hosts[-1]) == der(pairs[-1][0]),
              lambda: "the last certificate is served\n" + site.agent.say())


@test
def many_secrets_of_a_namespace_are_read_together(lab):
    many_secrets(lab, "together", AGENT)


@test
def many_secrets_are_read_by_name_where_only_that_is_permitted(lab):
    rules = [dict(rule, resources=[name for name in rule["resources"] if name not in ("secrets", "configmaps")]) for rule in RULES]
    rules.append({"apiGroups": [""], "resources": ["secrets"], "resourceNames": [f"s{number}" for number in range(MANY)],
                  "verbs": ["get", "list", "watch"]})
    lab.api.apply(*grant("others", "others", rules))
    many_secrets(lab, "onebyone", OTHER)
    lab.api.apply(*grant("others", "others", RULES))


def write_services_in(namespace):
    """A Role for that namespace alone."""
    rules = [{"apiGroups": ["", "discovery.k8s.io"], "resources": ["services", "endpointslices"],
              "verbs": ["create", "patch", "delete"]}]
    role = objects.item("rbac.authorization.k8s.io/v1", "Role", "writer", namespace, rules=rules)
    binding = objects.item("rbac.authorization.k8s.io/v1", "RoleBinding", "writer", namespace,
                           roleRef={"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "writer"},
                           subjects=[{"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "others"}])
    return role, binding


@test
def a_service_that_is_refused_stands_in_nobodys_way(lab):
    lab.api.apply(*grant("others", "others", RULES))
    flags = ("--gateway-services", "ClusterIP", "--gateway-service-address", "10.1.2.3")
    with Site(lab.plane, "permitted", *flags, user=OTHER) as site:
        first = objects.gateway("first", "forbidden", site.name)
        site.install("a")
        lab.api.apply(objects.namespace("forbidden"), first, *write_services_in(site.name))
        site.start()
        settled(site)
        service = objects.item("v1", "Service", "gatefile-" + site.gateway["metadata"]["name"], site.name)
        until(lambda: lab.api.raw("GET", lab.api.path_of(service))[0] == 200, lambda: "the other Gateway's is made\n" + site.agent.say())
        refused = objects.item("v1", "Service", "gatefile-first", "forbidden")
        equal("what may not be made", lab.api.raw("GET", lab.api.path_of(refused))[0], 404)
        lab.api.apply(*write_services_in("forbidden"))
        until(lambda: lab.api.raw("GET", lab.api.path_of(refused))[0] == 200, lambda: "it is tried again\n" + site.agent.say())


@test
def a_service_is_made_for_each_gateway(lab):
    """With the infrastructure's labels, led to the entry points; gone when the Gateway is another's."""
    rules = RULES + [{"apiGroups": ["", "discovery.k8s.io"], "resources": ["services", "endpointslices"],
                      "verbs": ["create", "patch", "delete"]}]
    lab.api.apply(*grant("others", "others", rules))
    flags = ("--gateway-services", "ClusterIP", "--gateway-service-address", "10.1.2.3")
    service = objects.item("v1", "Service", "gatefile-gateway", "infra")
    with Site(lab.plane, "infra", *flags, user=OTHER) as site:
        service["metadata"]["name"] = "gatefile-" + site.gateway["metadata"]["name"]
        site.gateway["spec"]["infrastructure"] = {"labels": {"team": "one"}, "annotations": {"note": "mine"}}
        site.install("a").start()
        settled(site)
        found = lab.api.get(service)
        equal("its label", found["metadata"]["labels"]["team"], "one")
        equal("its annotation", found["metadata"]["annotations"]["note"], "mine")
        equal("its Gateway", found["metadata"]["labels"]["gateway.networking.k8s.io/gateway-name"], site.gateway["metadata"]["name"])
        equal("its ports", [port["port"] for port in found["spec"]["ports"]], [80])
        path = f"/apis/discovery.k8s.io/v1/namespaces/{site.name}/endpointslices"
        slices = lambda: [item for item in lab.api.request("GET", path)["items"]
                          if item["metadata"]["labels"].get("kubernetes.io/service-name") == service["metadata"]["name"]]
        equal("where it leads", [item["endpoints"][0]["addresses"] for item in slices()], [["10.1.2.3"]])

        lab.api.patch(site.gateway, {"spec": {"infrastructure": {"labels": {"team": None, "other": "two"}}}})
        until(lambda: lab.api.get(service)["metadata"]["labels"].get("other") == "two" and
              "team" not in lab.api.get(service)["metadata"]["labels"],
              lambda: f"the labels follow: {lab.api.get(service)['metadata']['labels']}\n{site.agent.say()}")
        parameters = objects.item("v1", "ConfigMap", "parameters", site.name)
        lab.api.patch(site.gateway, {"spec": {"infrastructure": {"parametersRef": {"group": "", "kind": "ConfigMap", "name": "parameters"}}}})
        accepted = lambda: site.gateway_condition("Accepted")["reason"]
        until(lambda: accepted() == "InvalidParameters",
              lambda: "parameters that are missing are told of\n" + site.agent.say())
        lab.api.apply({**parameters, "data": {}})
        until(lambda: accepted() == "Accepted", lambda: "they are read when they come\n" + site.agent.say())
        before = lab.api.get(service)["metadata"]["resourceVersion"]
        site.drop("a")
        site.refuses("a")
        equal("a change elsewhere writes nothing", lab.api.get(service)["metadata"]["resourceVersion"], before)

        lab.api.patch(site.gateway, {"spec": {"gatewayClassName": "anothers"}})
        until(lambda: lab.api.raw("GET", lab.api.path_of(service))[0] == 404 and not slices(),
              lambda: f"the Service goes, and where it led: {slices()}\n{site.agent.say()}")
    # What nobody has a class for is what cleanup takes for an orphan.
    lab.api.delete(site.gateway)
    lab.api.apply(*grant("others", "others", RULES))
