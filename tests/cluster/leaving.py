# SPDX-License-Identifier: Apache-2.0
"""gatefile cleanup: afterwards the cluster and the directory are as they were before."""

import json
import os
import signal
import subprocess

import objects
from actors import FILE, Site, certificate, der
from cluster import AGENT, OTHER, ROOT, RULES, Failure, grant, until
from serving import settled
from suite import equal, test

GATEFILE = os.environ.get("GATEFILE", str(ROOT / "build/dev/src/cli/gatefile"))
# What everybody's API server and other tests write by themselves; Events go by themselves after an hour.
MOVING = {"events", "componentstatuses"}
SERVICES = ("--gateway-services", "ClusterIP", "--gateway-service-address", "10.1.2.3")


def run(*words):
    """(exit code, standard output, standard error)"""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("KUBE")}
    done = subprocess.run([GATEFILE, *map(str, words)], capture_output=True, text=True, timeout=120, env=environment, check=False)
    return done.returncode, done.stdout, done.stderr


def collections(api):
    """(path, kind) of everything that can be listed, in the preferred version of its group."""
    groups = [("v1", "/api/v1")]
    for group in api.request("GET", "/apis")["groups"]:
        version = group["preferredVersion"]["groupVersion"]
        groups.append((version, f"/apis/{version}"))
    for version, base in groups:
        for resource in api.request("GET", base)["resources"]:
            if "/" not in resource["name"] and "list" in resource["verbs"] and resource["name"] not in MOVING:
                yield f"{base}/{resource['name']}", f"{version} {resource['kind']}"


def snapshot(api):
    """All objects of the cluster by kind, namespace and name, without what each write changes."""
    found = {}
    for path, kind in collections(api):
        for item in api.request("GET", path)["items"]:
            meta = item["metadata"]
            if kind.endswith(" Lease") and meta["namespace"] == "kube-system":
                continue  # the API server's own
            for moving in ("resourceVersion", "managedFields"):
                meta.pop(moving, None)
            found[kind, meta.get("namespace"), meta["name"]] = item
    return found


def compare(what, before, after):
    for key in sorted(before.keys() | after.keys(), key=str):
        if before.get(key) != after.get(key):
            raise Failure(f"{what}: {key} was {json.dumps(before.get(key))} and is {json.dumps(after.get(key))}")


def foreign_entry(gateway):
    return {"controllerName": "example.com/another", "parentRef": {"name": "theirs"},
            "conditions": [condition("Accepted", gateway["metadata"]["generation"])]}


def condition(kind, generation=1):
    return {"type": kind, "status": "True", "reason": "Theirs", "message": "", "lastTransitionTime": "2026-01-01T00:00:00Z",
            "observedGeneration": generation}


def furnish(site):
    """Every kind that gets a status of ours, some with what another controller has said."""
    api, ns = site.api, site.name
    ours = objects.parent(site.gateway)
    listener_set = objects.item(objects.GATEWAY, "ListenerSet", "set", ns, spec={
        "parentRef": {"name": site.gateway["metadata"]["name"]}, "listeners": [objects.listener("more", 80, hostname="more.example")]})
    policy = objects.item(objects.GATEWAY, "BackendTLSPolicy", "policy", ns, spec={
        "targetRefs": [{"group": "", "kind": "Service", "name": "two"}],
        "validation": {"hostname": "one.example", "wellKnownCACertificates": "System"}})
    grpc = objects.item(objects.GATEWAY, "GRPCRoute", "grpc", ns, spec={
        "parentRefs": [ours], "rules": [{"backendRefs": [{"name": "one", "port": 80}]}]})
    streams = [objects.stream_route("TCPRoute", "tcp", ns, [ours]), objects.stream_route("UDPRoute", "udp", ns, [ours]),
               objects.stream_route("TLSRoute", "tls", ns, [ours], hostnames=["tls.example"])]
    api.apply(objects.service("two", ns), listener_set, policy, grpc, *streams)
    shared = site.route("shared", service="two")
    gateway = api.get(site.gateway)
    api.patch(shared, {"status": {"parents": [foreign_entry(gateway)]}}, "/status")
    api.patch(policy, {"status": {"ancestors": [{"controllerName": "example.com/another", "ancestorRef": {"name": "theirs"},
                                                 "conditions": [condition("Accepted")]}]}}, "/status")
    conditions = gateway["status"]["conditions"] + [condition("example.com/Watched")]
    # One listener of which only others say something stays as they left it.
    listeners = [{"name": site.gateway["spec"]["listeners"][0]["name"], "attachedRoutes": 0, "conditions": [condition("example.com/Watched")]}]
    api.patch(site.gateway, {"status": {"conditions": conditions, "listeners": listeners}}, "/status")
    return [listener_set, policy, grpc, *streams, shared]


def has_entry(site, item):
    status = (site.api.get(item) or {}).get("status") or {}
    entries = status.get("parents", []) + status.get("ancestors", [])
    if item["kind"] == "ListenerSet":
        return bool(status.get("listeners"))
    return any(entry["controllerName"] == site.controller for entry in entries)


def cleaner(site):
    """A kubeconfig for a ServiceAccount that may what `gatefile rbac --for cleanup` says."""
    code, roles, said = run("rbac", "--for", "cleanup", "--gateway-services", "ClusterIP", "--service-account", f"{site.name}/cleaner")
    equal(f"rbac ({said})", code, 0)
    site.api.apply_yaml(roles)
    path = site.plane.kubeconfig(f"cleaner-{site.name}", "admin")
    config = json.loads(path.read_text())
    config["users"][0]["user"]["as"] = f"system:serviceaccount:{site.name}:cleaner"
    path.write_text(json.dumps(config))
    return path


def permit_agent(lab):
    rules = RULES + [{"apiGroups": ["", "discovery.k8s.io"], "resources": ["services", "endpointslices"],
                      "verbs": ["create", "patch", "delete"]},
                     {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["list"]}]
    lab.api.apply(*grant("others", "others", rules))


@test
def cleanup_leaves_the_cluster_as_it_was(lab):
    permit_agent(lab)
    with Site(lab.plane, "leaving", "--lease", "leaving/gatefile", *SERVICES, user=OTHER) as site:
        site.gateway["spec"]["allowedListeners"] = {"namespaces": {"from": "All"}}
        made = furnish(site.install("a"))
        kubeconfig = cleaner(site)
        words = ["cleanup", "--from", "cluster", "--kubeconfig", kubeconfig, "--controller-name", site.controller,
                 "--lease", "leaving/gatefile", "--gateway-services", "ClusterIP", "--out", site.traefik.out]
        before = snapshot(lab.api)
        site.start()
        settled(site)
        for item in made:
            until(lambda: has_entry(site, item), lambda: f"{item['kind']} is told of: {lab.api.get(item)}\n{site.agent.say()}")
        service = objects.item("v1", "Service", "gatefile-" + site.gateway["metadata"]["name"], site.name)
        until(lambda: lab.api.get(service), "the Gateway's Service is made")

        code, out, said = run(*words, "--yes")
        equal(f"while the agent lives ({said})", (code, out), (3, ""))
        if "publishes to" not in said:
            raise Failure(f"it does not say who is in the way: {said}")
        code, _, said = run(*[word for word in words if word not in ("--out", site.traefik.out)], "--yes")
        equal(f"by its Lease ({said})", code, 3)
        if "renews a Lease" not in said:
            raise Failure(f"it does not say that a Lease is renewed: {said}")
        site.serves("a")

        # One that is killed leaves its Leases as they are.
        site.agent.process.signal(signal.SIGKILL)
        site.agent.process.forget()
        told = snapshot(lab.api)
        code, plan, said = run(*words, "--dry-run")
        equal(f"the dry run ({said})", code, 0)
        compare("after the dry run", told, snapshot(lab.api))
        code, done, said = run(*words, "--yes")
        equal(f"cleanup ({done}{said})", code, 0)
        equal("what the dry run announced", sorted(plan.replace("would remove ", "removed ").splitlines()), sorted(done.splitlines()))
        compare("after cleanup", before, snapshot(lab.api))
        equal("what is left in the directory", list(site.traefik.out.iterdir()), [])
        code, out, said = run(*words, "--yes")
        equal(f"the second time ({said})", (code, out), (0, "nothing to do\n"))
    lab.api.apply(*grant("others", "others", RULES))


def class_accepted(lab, site):
    found = lab.api.get(objects.gateway_class(site.name, site.controller))
    return objects.condition(found["status"]["conditions"], "Accepted")["status"]


@test
def cleanup_leaves_what_another_instance_made(lab):
    """Of two instances with one controller name, the Gateways of the one that goes."""
    with Site(lab.plane, "partly", "--gateway-selector", "stays") as site:
        going = objects.gateway("going", site.name, site.name)
        staying = site.gateway
        staying["metadata"]["labels"] = {"stays": "yes"}
        going["metadata"]["labels"] = {"goes": "yes"}
        site.install()
        lab.api.apply(going)
        route = lab.api.apply(objects.http_route("a", site.name, [objects.parent(staying), objects.parent(going)], site.host("a")))[0]
        site.start()
        other = site.another()
        other.words[other.words.index("stays")] = "goes"
        other.words[other.words.index("--out") + 1] = site.traefik.work / "other"
        other.words.remove("--traefik-api")
        other.words.remove(site.traefik.api_url)
        other.start(15)
        told = lambda: {entry["parentRef"]["name"] for entry in (lab.api.get(route).get("status") or {}).get("parents", [])}
        until(lambda: told() == {"gw", "going"}, lambda: f"both tell: {told()}\n{site.agent.say()}\n{other.say()}")
        other.stop()
        words = ["cleanup", "--from", "cluster", "--kubeconfig", site.plane.kubeconfig("partly-cleaner", AGENT), "--controller-name",
                 site.controller, "--gateway-selector", "goes", "--yes"]
        code, out, said = run(*words)
        equal(f"cleanup ({out}{said})", code, 0)
        equal("the GatewayClass, which is both instances'", class_accepted(lab, site), "True")
        equal("who is left in the route's status", told(), {"gw"})
        equal("the Gateway that goes", objects.condition(lab.api.get(going)["status"]["conditions"], "Accepted")["status"], "Unknown")
        equal("the Gateway that stays", site.gateway_condition("Accepted")["status"], "True")
        site.serves("a")


@test
def cleanup_of_some_namespaces_names_the_class(lab):
    """Whether others have Gateways of it cannot be seen from there."""
    with Site(lab.plane, "some", "--watch-namespace", "some").install("a").start() as site:
        settled(site)
        site.agent.stop()
        words = ["cleanup", "--from", "cluster", "--kubeconfig", site.kubeconfig, "--controller-name", site.controller]
        code, out, said = run(*words, "--watch-namespace", "some", "--yes")
        equal(f"cleanup ({out}{said})", code, 1)
        equal("what is left", [line.partition(":")[0] for line in out.splitlines() if line.startswith("left ")],
              [f"left status of GatewayClass {site.name}"])
        equal("the GatewayClass", class_accepted(lab, site), "True")
        code, out, said = run(*words, "--yes")
        equal(f"cleanup of all ({out}{said})", code, 0)
        equal("the GatewayClass after it", class_accepted(lab, site), "Unknown")


@test
def a_gateway_without_its_class_is_cleaned_too(lab):
    with Site(lab.plane, "orphan").install("a").start() as site:
        settled(site)
        site.agent.stop()
        lab.api.delete(objects.gateway_class(site.name, site.controller))
        code, out, said = run("cleanup", "--from", "cluster", "--kubeconfig", site.kubeconfig, "--controller-name", site.controller, "--yes")
        equal(f"cleanup ({out}{said})", code, 0)
        equal("the Gateway", site.gateway_condition("Programmed")["status"], "Unknown")
        equal("the route", site.parents("a"), [])


def lines_left(out):
    return sorted(line.partition(":")[0] for line in out.splitlines() if line.startswith("left "))


@test
def cleanup_says_where_it_looked_for_a_lease(lab):
    """Its name alone is looked for where the credentials are at home, which need not be where the agents were."""
    with Site(lab.plane, "leased", "--lease", "leased/gatefile").install("a").start() as site:
        lease = objects.item("coordination.k8s.io/v1", "Lease", "gatefile", "leased")
        until(lambda: lab.api.get(lease), "an agent has the Lease")
        words = ["cleanup", "--from", "cluster", "--kubeconfig", site.plane.kubeconfig("leased-cleaner", "admin"),
                 "--controller-name", site.controller]
        code, out, said = run(*words, "--lease", "gatefile", "--dry-run")
        equal(f"the dry run while an agent lives elsewhere ({out}{said})", (code, lines_left(out)), (1, ["left Lease gatefile"]))
        for word in ("namespace default", "whether agents live", "--lease NS/gatefile"):
            if word not in out:
                raise Failure(f"{word} is not in {out}")
        code, _, said = run(*words, "--lease", "leased/gatefile", "--dry-run")
        equal(f"the dry run where the agent is ({said})", (code, "renews a Lease" in said), (3, True))
        site.agent.stop()
        code, out, said = run(*words, "--lease", "gatefile", "--yes")
        equal(f"cleanup ({out}{said})", (code, lines_left(out), bool(lab.api.get(lease))), (1, ["left Lease gatefile"], True))
        code, out, said = run(*words, "--lease", "leased/gatefile", "--yes")
        equal(f"cleanup of the Lease ({out}{said})", (code, lines_left(out), lab.api.get(lease)), (0, [], None))


@test
def cleanup_names_services_of_agents_with_other_options(lab):
    permit_agent(lab)
    with Site(lab.plane, "choosy", "--gateway-class", "choosy", *SERVICES, user=OTHER).install("a").start() as site:
        made = [objects.item("v1", "Service", "gatefile-gw", site.name),
                objects.item("discovery.k8s.io/v1", "EndpointSlice", "gatefile-gw-ipv4", site.name)]
        for item in made:
            until(lambda: lab.api.get(item), lambda: f"{item['kind']} is made\n{site.agent.say()}")
        site.agent.stop()
        words = ["cleanup", "--from", "cluster", "--kubeconfig", site.plane.kubeconfig("choosy-cleaner", "admin"), "--controller-name",
                 site.controller, "--gateway-services", "ClusterIP"]
        code, out, said = run(*words, "--gateway-class", "another", "--dry-run")
        equal(f"for who has other Gateways ({said})", (code, out), (0, "nothing to do\n"))
        left = ["left EndpointSlice choosy/gatefile-gw-ipv4", "left Service choosy/gatefile-gw"]
        for how in ("--dry-run", "--yes", "--yes"):
            code, out, said = run(*words, how)
            equal(f"{how} ({out}{said})", (code, lines_left(out)), (1, left))
        equal("what stays", [bool(lab.api.get(item)) for item in made], [True, True])
        code, out, said = run(*words, "--gateway-class", "choosy", "--yes")
        equal(f"with the agent's options ({out}{said})", code, 0)
        equal("what stays", [lab.api.get(item) for item in made], [None, None])
    lab.api.apply(*grant("others", "others", RULES))


@test
def what_a_cluster_has_is_ejected(lab):
    """Straight from the cluster: Traefik serves it with nobody beside."""
    host = "a.ejected.example"
    listeners = (objects.listener(), objects.tls_listener("pair", hostname=host))
    with Site(lab.plane, "ejected", form=FILE, listeners=listeners) as site:
        pair = certificate(lab.work, host)
        site.install("a", "b")
        lab.api.apply(objects.secret("pair", site.name, *pair))
        words = ("eject", "--from", "cluster", "--kubeconfig", site.kubeconfig, "--controller-name", site.controller,
                 "--traefik-config", site.traefik.static)
        code, shown, _ = run(*words, "-o", "-")
        equal("what goes to standard output", (code, "PRIVATE KEY-" in shown, "private key omitted" in shown), (0, False, True))
        code, _, said = run(*words, "--out", site.traefik.out, "--keys", "inline")
        equal("the exit code", code, 0)
        site.traefik.start()
        site.traefik.expect(200, site.host("b"))
        until(lambda: site.traefik.certificate(host) == der(pair[0]), "the certificate is served", 10)
        if site.traefik.errors():
            raise Failure(f"Traefik's log: {site.traefik.errors()[:3]}")
        [file] = [name for name in os.listdir(site.traefik.out) if name.endswith((".yml", ".yaml"))]
        text = (site.traefik.out / file).read_text()
        for word in ("the cluster's Gateway API objects", "nothing follows the cluster", f"HTTPRoute {site.name}/a"):
            if word not in text:
                raise Failure(f"{word} is not in {file}: {said}{text[:2000]}")
        lab.api.delete(site.make("b"))
        site.traefik.stays(200, site.host("b"))
