# SPDX-License-Identifier: Apache-2.0
"""What the agent does when nothing is broken: serve, prove, report, select."""

import json
import re
import sys
import time

import objects
from actors import FILE, PLUGIN, Load, Network, Site
from cluster import ROOT, Failure, documents, in_parallel, until
from suite import equal, test

sys.path.append(str(ROOT / "tests" / "install"))
from kept import with_state  # noqa: E402

AT_REST = 10


def settled(site, name="a"):
    """Waits until the agent has said of a route that Traefik serves it."""
    until(lambda: site.gateway_condition("Programmed")["status"] == "True" and site.route_condition(name, "Accepted")["status"] == "True",
          lambda: f"status of {name}: {site.parents(name)}, Gateway: {site.gateway_condition('Programmed')}\n{site.agent.say()}")


def versions(site):
    """The resource versions of all that the agent might write to."""
    found = {}
    for kind in ("GatewayClass", "Gateway", "HTTPRoute"):
        for item in site.api.list(objects.GATEWAY, kind):
            found[kind, item["metadata"].get("namespace"), item["metadata"]["name"]] = item["metadata"]["resourceVersion"]
    return found


def serving(lab, form):
    with Site(lab.plane, f"serving-{form}", form=form).install("a", "b") as site:
        site.start()
        site.serves("a")
        site.serves("b")
        site.refuses("c")
        site.route("c")
        site.serves("c")
        times = []
        for number in range(10):
            site.route("c", f"/v{number}")
            times.append(site.serves("c", f"/v{number}"))
        print(f"# {form}: from the API server's answer to the request's: median {sorted(times)[5] * 1000:.0f} ms")
        site.refuses("c", "/v8")
        site.drop("c")
        site.refuses("c", "/v9")
        site.serves("a")
        if site.traefik.errors():
            raise Failure(f"Traefik's log: {site.traefik.errors()[:3]}")
        equal("the exit code after SIGTERM", site.agent.stop(), 0)
        site.traefik.stays(200, site.host("a"))


@test
def serves_through_the_plugin(lab):
    serving(lab, PLUGIN)


@test
def serves_through_files(lab):
    serving(lab, FILE)


@test
def a_client_certificate_lets_in(lab):
    kubeconfig = lab.plane.kubeconfig("certified", certificate=True)
    with Site(lab.plane, "certified", kubeconfig=kubeconfig).install("a").start() as site:
        site.serves("a")


@test
def endpoints_that_move_are_followed(lab):
    with Site(lab.plane, "moving").install("a").start() as site:
        site.serves("a")
        with Load(site.traefik, site.host("a")):
            for number in range(2, 10):
                site.api.apply(objects.endpoint_slice("one", site.name, f"10.0.0.{number}", f"10.0.0.{number + 20}"))
                time.sleep(0.05)
            until(lambda: "10.0.0.29" in json.dumps(site.traefik.api("/api/http/services")), "the new endpoints are used")
            time.sleep(0.3)


@test
def status_is_written(lab):
    with Site(lab.plane, "status", "--status-address", "198.51.100.7").install("a").start() as site:
        settled(site)
        gateway = site.api.get(site.gateway)
        for kind in ("Accepted", "Programmed"):
            found = objects.condition(gateway["status"]["conditions"], kind)
            equal(f"the Gateway's {kind}", (found["status"], found["observedGeneration"]), ("True", gateway["metadata"]["generation"]))
        equal("its addresses", gateway["status"].get("addresses"), [{"type": "IPAddress", "value": "198.51.100.7"}])
        listener = gateway["status"]["listeners"][0]
        until(lambda: site.api.get(site.gateway)["status"]["listeners"][0]["attachedRoutes"] == 1, "one route is attached")
        for kind in ("Accepted", "Programmed", "ResolvedRefs"):
            equal(f"the listener's {kind}", objects.condition(listener["conditions"], kind)["status"], "True")
        route = site.api.get(site.make("a"))
        for kind in ("Accepted", "ResolvedRefs"):
            found = site.route_condition("a", kind)
            equal(f"the route's {kind}", (found["status"], found["observedGeneration"]), ("True", route["metadata"]["generation"]))
        one = site.api.get(objects.gateway_class("status", site.controller))
        equal("the class's Accepted", objects.condition(one["status"]["conditions"], "Accepted")["status"], "True")
        features = [entry["name"] for entry in one["status"]["supportedFeatures"]]
        equal("the order of the features", features, sorted(features))
        if not {"Gateway", "HTTPRoute", "ReferenceGrant"} <= set(features):
            raise Failure(f"the features are {features}")


@test
def status_follows_what_changes(lab):
    with Site(lab.plane, "follows").install("a").start() as site:
        settled(site)
        before = site.route_condition("a", "Accepted")
        time.sleep(1.1)  # so that a new transition time would be another one
        site.route("a", "/other")
        until(lambda: site.route_condition("a", "Accepted")["observedGeneration"] == 2, "the new generation is observed")
        equal("the transition time of what stays true", site.route_condition("a", "Accepted")["lastTransitionTime"],
              before["lastTransitionTime"])
        site.route("a", service="missing")
        until(lambda: site.route_condition("a", "ResolvedRefs")["status"] == "False", "a missing backend is reported")
        equal("the reason", site.route_condition("a", "ResolvedRefs")["reason"], "BackendNotFound")
        site.route("a")
        until(lambda: site.route_condition("a", "ResolvedRefs")["status"] == "True", "the backend is resolved again")
        site.drop("a")
        until(lambda: site.api.get(site.gateway)["status"]["listeners"][0]["attachedRoutes"] == 0, "no route is attached")


@test
def foreign_status_stays(lab):
    with Site(lab.plane, "foreign").install("a") as site:
        now = "2026-01-01T00:00:00Z"
        foreign = {"controllerName": "other.example/controller", "parentRef": {"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "theirs"},
                   "conditions": [{"type": "Accepted", "status": "True", "reason": "Accepted", "message": "",
                                   "lastTransitionTime": now, "observedGeneration": 1}]}
        strange = {"type": "example.com/Checked", "status": "True", "reason": "Checked", "message": "by hand",
                   "lastTransitionTime": now}
        site.api.patch(site.make("a"), {"status": {"parents": [foreign]}}, "/status")
        gateway = site.api.get(site.gateway)
        gateway["status"].setdefault("conditions", []).append(strange)
        site.api.request("PUT", site.api.path_of(gateway) + "/status", gateway)
        site.start()
        settled(site)
        site.route("a", "/other")
        until(lambda: site.route_condition("a", "Accepted")["observedGeneration"] == 2, "the new generation is observed")
        parents = site.api.get(site.make("a"))["status"]["parents"]
        equal("the foreign entry", [entry for entry in parents if entry["controllerName"] == foreign["controllerName"]], [foreign])
        equal("the foreign condition", site.gateway_condition(strange["type"])["message"], "by hand")
        # Detached, only ours goes.
        change = site.make("a")
        change["spec"]["parentRefs"] = [{"name": "nobodys"}]
        site.api.apply(change)
        until(lambda: not site.parents("a"), "our entry goes with the reference")
        equal("what is left", site.api.get(site.make("a"))["status"]["parents"], [foreign])


@test
def nothing_is_written_at_rest(lab):
    with Site(lab.plane, "rest").install(*(f"r{number}" for number in range(20))).start() as site:
        settled(site, "r19")
        time.sleep(2)
        before = versions(site)
        time.sleep(AT_REST)
        after = versions(site)
        equal("what was written at rest", [key for key in after if after[key] != before.get(key)], [])
        # A change that is nobody's business either.
        site.api.apply(objects.item("v1", "ConfigMap", "noise", site.name, data={"a": "b"}))
        site.route("r0", "/other")
        until(lambda: site.route_condition("r0", "Accepted")["observedGeneration"] == 2, "the new generation is observed")
        time.sleep(1)
        last = versions(site)
        equal("what one change wrote to", [key for key in last if last[key] != after.get(key)], [("HTTPRoute", "rest", "r0")])


@test
def ready_means_served_once(lab):
    with Site(lab.plane, "ready").install("a") as site:
        site.agent.start()
        until(lambda: site.agent.get("/livez")[0] == 200, "the agent is alive")
        if site.agent.get("/readyz")[0] == 200:
            raise Failure("ready before a Traefik runs")
        site.traefik.start()
        site.agent.ready()
        site.serves("a", within=0.5)
        bad = site.make("b", service="missing")
        site.api.apply(bad)
        until(lambda: site.route_condition("b", "ResolvedRefs")["status"] == "False", "the bad route is reported")
        equal("/readyz after a bad route", site.agent.get("/readyz")[0], 200)
        site.serves("a", within=0.5)


@test
def metrics_are_prometheus(lab):
    with Site(lab.plane, "metrics").install("a").start() as site:
        settled(site)
        status, text = site.agent.get("/metrics")
        equal("/metrics", status, 200)
        types = dict(re.findall(r"(?m)^# TYPE (\S+) (\w+)$", text))
        helped = set(re.findall(r"(?m)^# HELP (\S+) \S", text))
        for line in text.splitlines():
            if line.startswith("#"):
                continue
            found = re.fullmatch(r'([a-zA-Z_:][\w:]*)(\{(?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\.)*",?)*\})? (\S+)', line)
            if not found:
                raise Failure(f"no sample: {line}")
            float(found[3])
            base = re.sub(r"_(bucket|sum|count)$", "", found[1])
            if not {found[1], base} & set(types) or not {found[1], base} & helped:
                raise Failure(f"{found[1]} has no HELP or TYPE")
        if not all(name.startswith(("gatefile_", "process_")) for name in types):
            raise Failure(f"foreign names: {sorted(types)}")
        for name in ("gatefile_publish_held", "gatefile_objects"):
            if site.agent.metric(name) is None:
                raise Failure(f"no {name} in {sorted(types)}")


@test
def two_agents_share_a_cluster(lab):
    dmz, lan = Site(lab.plane, "dmz").install("a"), Site(lab.plane, "lan").install("a")
    with dmz, lan:
        dmz.start()
        lan.start()
        settled(dmz)
        settled(lan)
        equal("the other's route", dmz.traefik.get(lan.host("a")), 404)
        # One route below both Gateways: an entry each.
        both = dmz.make("both")
        both["spec"]["parentRefs"].append(objects.parent(lan.gateway))
        lab.api.apply(both)
        dmz.serves("both")
        until(lambda: lan.traefik.get(dmz.host("both")) == 200, "both serve it")
        until(lambda: len(lab.api.get(both).get("status", {}).get("parents", [])) == 2, "both report it")
        time.sleep(1)
        version = lab.api.get(both)["metadata"]["resourceVersion"]
        time.sleep(3)
        equal("the version, with two who report", lab.api.get(both)["metadata"]["resourceVersion"], version)
        dmz.drop("both")
        dmz.refuses("both")
        until(lambda: lab.api.get(dmz.gateway)["status"]["listeners"][0]["attachedRoutes"] == 1, "one route left")
        until(lambda: lab.api.get(lan.gateway)["status"]["listeners"][0]["attachedRoutes"] == 1, "one route left there")


@test
def only_the_chosen_class_is_served(lab):
    with Site(lab.plane, "chosen", "--gateway-class", "chosen").install("a") as site:
        other = objects.gateway("other", site.name, "chosen-other")
        lab.api.apply(objects.gateway_class("chosen-other", site.controller), other)
        route = objects.http_route("b", site.name, [objects.parent(other)], site.host("b"))
        lab.api.apply(route)
        site.start()
        settled(site)
        equal("the other class's route", site.traefik.get(site.host("b")), 404)
        equal("its Gateway's status", objects.condition(lab.api.get(other)["status"]["conditions"], "Accepted")["status"], "Unknown")
        equal("its class's status", objects.condition(
            lab.api.get(objects.gateway_class("chosen-other", site.controller)).get("status", {}).get("conditions"), "Accepted")["status"], "Unknown")


@test
def only_the_watched_namespaces_are_read(lab):
    with Site(lab.plane, "watched", "--watch-namespace", "watched").install("a") as site:
        lab.api.apply(objects.namespace("unwatched"), objects.service("one", "unwatched"),
                      objects.endpoint_slice("one", "unwatched", "10.0.0.1"))
        route = objects.http_route("b", "unwatched", [objects.parent(site.gateway)], site.host("b"))
        lab.api.apply(route)
        site.start()
        settled(site)
        equal("the other namespace's route", site.traefik.get(site.host("b")), 404)
        equal("its status", lab.api.get(route).get("status", {}).get("parents", []), [])


@test
def a_burst_is_few_publications(lab):
    with Site(lab.plane, "burst").install("a").start() as site:
        settled(site)
        seen, end = set(), time.monotonic() + 60
        routes = [site.make(f"b{number}") for number in range(100)]
        file = site.traefik.out / "gatefile.json"
        creating = iter(routes)

        def create(item):
            lab.api.create(item)
            seen.add(file.stat().st_ino)

        began = time.monotonic()
        in_parallel(create, creating, 4)
        took = time.monotonic() - began
        site.serves("b99")
        while time.monotonic() < end and any(site.traefik.get(site.host(f"b{number}")) != 200 for number in (0, 50, 98)):
            time.sleep(0.05)
        seen.add(file.stat().st_ino)
        print(f"# 100 routes in {took:.1f} s: at least {len(seen)} publications")
        if len(seen) > 10 + took * 10:
            raise Failure(f"{len(seen)} publications for 100 routes in {took:.1f} s")


@test
def nothing_is_published_before_all_is_known(lab):
    network = Network(lab.plane.PORT)
    network.cut()
    kubeconfig = lab.plane.kubeconfig("before", server=network.server)
    with Site(lab.plane, "before", kubeconfig=kubeconfig).install(*(f"r{number}" for number in range(50))) as site:
        site.traefik.start()
        site.agent.start()
        time.sleep(2)
        file = site.traefik.out / "gatefile.json"
        if file.exists():
            raise Failure("something is published without an API server")
        equal("/readyz", site.agent.get("/readyz")[0] == 200, False)
        network.mend()
        until(file.exists, lambda: "the agent publishes\n" + site.agent.say(), 20, 0.0005)
        text = file.read_text()
        missing = [number for number in range(50) if f"r{number}.{site.name}" not in text]
        equal("the routes that the first publication lacks", missing, [])
        site.agent.ready()


@test
def polling_instead_of_watching(lab):
    with Site(lab.plane, "polling", "--poll", "1s").install("a", "stays").start() as site:
        site.serves("a")
        site.route("a", "/other")
        site.serves("a", "/other", within=5)
        site.drop("a")
        site.refuses("a", "/other", within=5)


@test
def samples_are_taken_by_the_server(lab):
    folder = ROOT / "samples" / "kubernetes"
    # Kustomize's parts are no manifests; what it makes of the examples is.
    files = [file for file in sorted(folder.rglob("*.yaml")) if "kustomize" not in file.parts]
    files += sorted((ROOT / "tests" / "install" / "rendered").glob("*.yaml"))
    taken(lab, files)
    # Which samples show it tests/install looks at.
    for file in files:
        if (text := with_state(file.read_text())) != file.read_text() and re.search(r"(?m)^kind:", text):
            lab.api.apply_yaml(text, dry_run=True)


def taken(lab, files):
    if not files:
        raise Failure("there are no samples")
    made = set()
    for file in files:
        text = file.read_text()
        if not re.search(r"(?m)^kind:", text):
            continue  # such as values of a Helm chart
        for document in documents(text):
            for name in re.findall(r"\bnamespace:\s*[\"']?([-\w]+)", document):
                if name not in made:
                    made.add(name)
                    lab.api.apply(objects.namespace(name))
        try:
            lab.api.apply_yaml(text, dry_run=True)
        except Failure as failure:
            raise Failure(f"{file.relative_to(ROOT)}: {failure}") from None
