# SPDX-License-Identifier: Apache-2.0
"""The API server, and the way to it, in trouble: traffic goes on, it is said what is wrong, and all is well again
without a restart."""

import base64
import json
import re
import time

import objects
from actors import CONTROLLER, Agent, Load, Network, Site, certificate, der
from cluster import OTHER, RULES, Failure, address, grant, until
from operating import facts, is_well, operate, shows
from serving import settled
from suite import equal, test

# What the agent allows a watch to be silent, and a little.
SILENCE = 75 + 30


def kind_is_degraded(site, kind):
    return site.agent.metric("gatefile_synced", kind=kind) == 0


@test
def the_api_server_is_killed_and_comes_back(lab):
    with Site(lab.plane, "killed").install("a").start() as site:
        settled(site)
        with Load(site.traefik, site.host("a")):
            lab.plane.kill_server()
            time.sleep(3)
            equal("/readyz without an API server", site.agent.get("/readyz")[0], 200)
            equal("/livez without an API server", site.agent.get("/livez")[0], 200)
            shows(site, "api-server-unreachable", "what was read before is served on")
            lab.plane.start_server()
            site.route("a2")
            site.serves("a2", within=30)
            until(lambda: site.route_condition("a2", "Accepted")["status"] == "True", "its status is written", 15)
        is_well(site)
        equal("/readyz", site.agent.get("/readyz")[0], 200)
        # Those of Traefik and of certificates.k8s.io have no definition here.
        until(lambda: "gatefile_synced{" in site.agent.get("/metrics")[1] and
              not [line for line in site.agent.get("/metrics")[1].splitlines() if re.match(r"gatefile_synced\{.* 0$", line)
                   and "Middleware" not in line and "TraefikService" not in line and "ClusterTrustBundle" not in line],
              lambda: "every kind is followed again\n" + site.agent.say(), 30)


@test
def an_agent_that_starts_without_the_api_server_keeps_what_is_served(lab):
    network = Network(lab.plane.PORT)
    kubeconfig = lab.plane.kubeconfig("alone", server=network.server)
    with Site(lab.plane, "alone", kubeconfig=kubeconfig).install("a").start() as site:
        site.serves("a")
        network.cut()
        with Load(site.traefik, site.host("a")):
            site.agent.kill()
            site.agent.start()
            time.sleep(2)
            network.mend()
            site.route("b")
            site.serves("b", within=30)
            equal("held objects", site.agent.metric("gatefile_publish_held"), 0)


@test
def the_network_fails_for_a_moment(lab):
    network = Network(lab.plane.PORT)
    with Site(lab.plane, "moment", kubeconfig=lab.plane.kubeconfig("moment", server=network.server)).install("a").start() as site:
        settled(site)
        with Load(site.traefik, site.host("a")):
            for number in range(3):
                network.cut()
                site.route("b", f"/{number}")
                time.sleep(0.5)
                network.mend()
                site.serves("b", f"/{number}", within=30)


@test
def a_watch_that_is_lost_without_a_word_is_noticed(lab):
    network = Network(lab.plane.PORT)
    with Site(lab.plane, "lost", kubeconfig=lab.plane.kubeconfig("lost", server=network.server)).install("a").start() as site:
        settled(site)
        with Load(site.traefik, site.host("a"), pause=0.1):
            if not network.swallow():
                raise Failure("the agent has no connection to lose")
            site.route("b")
            took = site.serves("b", within=SILENCE)
        print(f"# noticed after {took:.0f} s")
        until(lambda: (site.agent.metric("gatefile_watch_restarts_total", reason="silent") or 0) > 0, "the metric says so")


@test
def an_expired_resource_version_is_listed_anew(lab):
    network = Network(lab.plane.PORT)
    names = [f"r{number}" for number in range(20)]
    with Site(lab.plane, "gone", kubeconfig=lab.plane.kubeconfig("gone", server=network.server)).install(*names).start() as site:
        settled(site, "r19")
        with Load(site.traefik, site.host("r0")):
            network.cut()
            # What happens now, the agent never sees as events; and the new server's cache begins after it.
            site.route("r1", "/other")
            site.route("new")
            site.drop("r2")
            lab.plane.kill_server()
            lab.plane.start_server()
            network.mend()
            site.serves("new", within=30)
            site.serves("r1", "/other")
            site.refuses("r2")
        until(lambda: (site.agent.metric("gatefile_watch_restarts_total", reason="expired") or 0) > 0,
              lambda: "an answer 410 was seen\n" + "\n".join(line for line in site.agent.get("/metrics")[1].splitlines() if "restarts" in line))
        equal("held objects", site.agent.metric("gatefile_publish_held"), 0)


def says_what_is_held(site, kind, count):
    """That the API server has no more: in the condition, the log, the metric and `gatefile status`."""
    words = f"{count} objects that the API server has no more are served on"
    until(lambda: words in site.gateway_condition("Programmed")["message"],
          lambda: f"the Gateway says {words}: {site.gateway_condition('Programmed')}\n{site.agent.say()}")
    equal("Programmed of what is served on", site.gateway_condition("Programmed")["status"], "True")
    site.agent.says(f"held back; send SIGHUP to let them go.* resource=\"?{kind}\\b", 1)
    equal("the metric", site.agent.metric("gatefile_publish_held"), 1)
    shows(site, "objects-held", words, "gatefile release")


def holds_nothing(site):
    until(lambda: "served on" not in site.gateway_condition("Programmed")["message"],
          lambda: f"the Gateway says no more of it: {site.gateway_condition('Programmed')}")
    equal("the metric", site.agent.metric("gatefile_publish_held"), 0)
    is_well(site)


@test
def a_list_that_is_suddenly_short_is_held_back(lab):
    network = Network(lab.plane.PORT)
    names = [f"r{number}" for number in range(30)]
    with Site(lab.plane, "short", "--watch-namespace", "short", kubeconfig=lab.plane.kubeconfig("short", server=network.server)).install(*names).start() as site:
        settled(site, "r29")
        network.cut()
        for name in names[5:]:
            site.drop(name)
        lab.plane.kill_server()
        lab.plane.start_server()
        network.mend()
        site.route("r0", "/other")
        site.serves("r0", "/other", within=30)
        site.serves("r29", within=0.5)
        says_what_is_held(site, "HTTPRoute", len(names) - 5)
        # Deletions that are seen are believed meanwhile.
        site.drop("r1")
        site.refuses("r1")
        site.serves("r29", within=0.5)
        site.agent.hup()
        site.refuses("r29")
        site.serves("r0", "/other", within=0.5)
        holds_nothing(site)


def bound_token(lab, name):
    """(token, Secret): a real one, which the API server refuses as soon as the Secret is gone."""
    account = objects.item("v1", "ServiceAccount", "agent", "default")
    held = objects.item("v1", "Secret", name, "default", type="Opaque")
    lab.api.apply(account)
    uid = lab.api.create(held)[0]["metadata"]["uid"]
    answer = lab.api.request("POST", lab.api.path_of(account) + "/token", {
        "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest",
        "spec": {"audiences": ["https://test"], "expirationSeconds": 3600,
                 "boundObjectRef": {"apiVersion": "v1", "kind": "Secret", "name": name, "uid": uid}}})
    return answer["status"]["token"], held


@test
def a_token_expires_and_is_rotated(lab):
    lab.api.apply(*grant("service-accounts", "system:serviceaccounts:default", RULES))
    file = lab.work / "token"
    token, holder = bound_token(lab, "first")
    file.write_text(token)
    with Site(lab.plane, "token", kubeconfig=lab.plane.kubeconfig("token", token_file=file)).install("a").start() as site:
        settled(site)
        with Load(site.traefik, site.host("a")):
            lab.api.delete(holder)
            # Watches outlive their token; a new server has none.
            lab.plane.kill_server()
            lab.plane.start_server()
            site.route("b")
            site.agent.says("401|[Uu]nauthorized", 40)
            # Its status cannot be written either.
            shows(site, "api-server-unreachable", "401", within=20)
            equal("/readyz with a token that is refused", site.agent.get("/readyz")[0], 200)
            token, _ = bound_token(lab, "second")
            fresh = file.with_suffix(".new")
            fresh.write_text(token)
            fresh.rename(file)
            site.serves("b", within=60)
        is_well(site)


@test
def a_forbidden_kind_is_missing_alone(lab):
    rules = [dict(rule) for rule in RULES]
    rules[0] = {**RULES[0], "resources": [name for name in RULES[0]["resources"] if name != "referencegrants"]}
    lab.api.apply(*grant("others", "others", rules))
    with Site(lab.plane, "forbidden", user=OTHER).install("a").start() as site:
        settled(site)
        equal("whether ReferenceGrants are known", kind_is_degraded(site, "ReferenceGrant"), True)
        found = site.agent.says(r'(?i)(?:not allowed|forbidden).*(?:list|watch) referencegrants.* cure=("(?:[^"\\]|\\.)*")', 5)
        role = json.loads(found[1])
        cures = [problem["cure"] for problem in facts(site)["problems"] if problem["code"] == "kind-forbidden"]
        equal("the Role that the status prints", cures, [role])
        site.route("b")
        site.serves("b")
        lab.api.apply_yaml(role)
        # To whom, only they know who grant it.
        binding = grant(address(role)[3], "others", [])[1]
        lab.api.apply(binding)
        until(lambda: not kind_is_degraded(site, "ReferenceGrant"), "ReferenceGrants come to life", 30)
        lab.api.delete(binding)
        lab.api.apply(*grant("others", "others", RULES))


def rules_without(*resources):
    rules = [dict(rule, resources=[name for name in rule["resources"] if name not in resources]) for rule in RULES]
    return [rule for rule in rules if rule["resources"]]


def starts_with(lab, site, rules):
    """Another agent, with these rights."""
    equal("the exit code", site.agent.stop(), 0)
    lab.api.apply(*grant("others", "others", rules))
    time.sleep(1)  # before the API server goes by them
    site.agent.log.unlink()
    site.agent.start(15)


@test
def a_start_without_a_right_takes_nothing_away(lab):
    """What is served stays, and changes wait, until the right is back or somebody says so."""
    lab.api.apply(*grant("others", "others", RULES))
    beside = objects.service("beside", "bereft-too")
    permit = objects.item("gateway.networking.k8s.io/v1", "ReferenceGrant", "permit", "bereft-too", spec={
        "from": [{"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "namespace": "bereft"}], "to": [{"group": "", "kind": "Service"}]})
    with Site(lab.plane, "bereft", user=OTHER).install("a", "granted", "more", "still-more") as site:
        granted = site.make("granted")
        granted["spec"]["rules"][0]["backendRefs"] = [{"name": "beside", "namespace": "bereft-too", "port": 80}]
        lab.api.apply(objects.namespace("bereft-too"), beside, objects.endpoint_slice("beside", "bereft-too", "10.0.0.1"), permit, granted)
        site.start()
        settled(site)
        site.serves("granted")
        with Load(site.traefik, site.host("a")), Load(site.traefik, site.host("granted")):
            for number, kind in enumerate(("EndpointSlice", "ReferenceGrant")):
                starts_with(lab, site, rules_without(kind.lower() + "s"))
                site.agent.says(f"publication held.*{kind} may not be read any more")
                site.route(f"new{number}")
                shows(site, "publication-held", "gatefile release")
                time.sleep(1)
                equal("a new route", site.traefik.get(site.host(f"new{number}")), 404)
                equal("what the route is told", site.route_condition("granted", "ResolvedRefs")["status"], "True")
                lab.api.apply(*grant("others", "others", RULES))
                site.serves(f"new{number}", within=30)
            is_well(site)
        starts_with(lab, site, rules_without("referencegrants"))
        site.agent.says("publication held.*ReferenceGrant may not be read any more")
        operate(site, "release")
        site.traefik.expect(500, site.host("granted"))
        # And that is what the next start goes on from.
        starts_with(lab, site, rules_without("referencegrants"))
        site.route("last")
        site.serves("last")
        equal("what is held back", re.findall("publication held", site.agent.process.text()), [])
    lab.api.apply(*grant("others", "others", RULES))


@test
def without_the_right_to_write_status_it_serves(lab):
    rules = [rule for rule in RULES if "patch" not in rule["verbs"] or "gatewayclasses/status" not in rule["resources"]]
    lab.api.apply(*grant("others", "others", rules))
    names = [f"r{number}" for number in range(40)]
    with Site(lab.plane, "mute", user=OTHER).install("a", *names).start() as site:
        site.serves("a")
        site.agent.says("(?i)status.*(not allowed|forbidden).*patch", 10)
        refused = lambda: site.agent.metric("gatefile_api_requests_total", resource="httproutes/status", code="403") or 0
        until(refused, lambda: "a route's status is refused\n" + site.agent.say())
        time.sleep(10)
        # As many as are under way before the first is answered, then one for all of them.
        print(f"# {refused():.0f} writes were refused for {len(names) + 1} routes")
        if refused() > 8 + 4:
            raise Failure(f"{refused():.0f} writes were refused for {len(names) + 1} routes")
        site.route("b")
        site.serves("b")
        lab.api.apply(*grant("others", "others", RULES))
        until(lambda: all(site.route_condition(name, "Accepted")["status"] == "True" for name in ("a", "b", *names)),
              lambda: "status is written\n" + site.agent.say(), 60, 0.5)


@test
def a_secret_is_deleted_while_in_use_and_rotated(lab):
    site = Site(lab.plane, "secret", listeners=[objects.listener(), objects.tls_listener("tls")])
    host = site.host("a")
    first, second = certificate(lab.work, host), certificate(lab.work, host)
    held = objects.secret("tls", site.name, *first)
    with site.install("a"):
        lab.api.apply(held)
        site.start()
        until(lambda: site.traefik.certificate(host) == der(first[0]), "the certificate is served")
        settled(site)
        before = site.agent.metric("gatefile_certificate_not_after_seconds", namespace=site.name)
        equal("whether the metric tells the end of the certificate", (before or 0) > time.time(), True)

        def listener(kind):
            entries = lab.api.get(site.gateway)["status"]["listeners"]
            return objects.condition(next(entry for entry in entries if entry["name"] == "https")["conditions"], kind)

        with Load(site.traefik, host), Load(site.traefik, host, tls=True, pause=0.02):
            lab.api.delete(held)
            until(lambda: listener("ResolvedRefs")["status"] == "False", lambda: f"the condition says so: {listener('ResolvedRefs')}")
            equal("the reason", listener("ResolvedRefs")["reason"], "InvalidCertificateRef")
            time.sleep(1)
            equal("the certificate without its Secret", site.traefik.certificate(host), der(first[0]))
            site.route("b")
            site.serves("b")
            equal("the certificate, one publication later", site.traefik.certificate(host), der(first[0]))
            lab.api.apply(objects.secret("tls", site.name, *second))
            until(lambda: site.traefik.certificate(host) == der(second[0]), lambda: "the new Secret is served\n" + site.agent.say())
            until(lambda: listener("ResolvedRefs")["status"] == "True", "the condition says so")
            third = certificate(lab.work, host)
            change = {part: base64.b64encode(text.encode()).decode() for part, text in zip(("tls.crt", "tls.key"), third)}
            lab.api.patch(held, {"data": change})
            until(lambda: site.traefik.certificate(host) == der(third[0]), lambda: "the rotated certificate is served\n" + site.agent.say())


@test
def only_secrets_in_use_are_read(lab):
    site = Site(lab.plane, "byname", user=OTHER, listeners=[objects.listener(), objects.tls_listener("tls")])
    lab.api.apply(objects.namespace("byname"))
    rules = [dict(rule, resources=[name for name in rule["resources"] if name not in ("secrets", "configmaps")]) for rule in RULES]
    rules.append({"apiGroups": [""], "resources": ["secrets"], "resourceNames": ["tls"], "verbs": ["get", "list", "watch"]})
    lab.api.apply(*grant("others", "others", rules))
    pair = certificate(lab.work, site.host("a"))
    with site.install("a"):
        lab.api.apply(objects.secret("tls", site.name, *pair), objects.secret("unused", site.name, *pair))
        site.start()
        until(lambda: site.traefik.certificate(site.host("a")) == der(pair[0]), lambda: "the certificate is served\n" + site.agent.say())
        lab.api.apply(*grant("others", "others", RULES))


@test
def one_of_two_agents_writes_and_the_other_takes_over(lab):
    with Site(lab.plane, "lease", "--lease", "lease/gatefile").install("a") as site:
        site.traefik.start()
        first = site.agent.start(15)
        until(lambda: first.metric("gatefile_leader") == 1, lambda: "the first agent leads\n" + first.say())
        with Site(lab.plane, "lease2") as beside:
            beside.traefik.start()
            second = Agent(lab.plane, beside.traefik, "--controller-name", site.controller, "--lease", "lease/gatefile",
                           name="second", kubeconfig=site.kubeconfig).start(15)
            equal("whether the second leads", second.metric("gatefile_leader"), 0)
            until(lambda: beside.traefik.get(site.host("a")) == 200, "publishing needs no lease")
            settled(site)
            with Load(site.traefik, site.host("a")), Load(beside.traefik, site.host("a")):
                first.kill()
                site.route("b")
                until(lambda: beside.traefik.get(site.host("b")) == 200, "the second serves what is new")
                until(lambda: site.route_condition("b", "Accepted")["status"] == "True",
                      lambda: "the second writes\n" + second.say(), 60)
                equal("whether the second leads", second.metric("gatefile_leader"), 1)
                # Who ends in good order leaves at once.
                third = site.another().start(15)
                second.stop()
                site.route("c")
                until(lambda: site.route_condition("c", "Accepted")["status"] == "True", lambda: "the third writes\n" + third.say(), 10)
                third.kill()


@test
def an_agent_has_one_lease_of_its_own(lab):
    """Through an API server that is away, and over several starts; in a Pod also when it is killed."""
    def leases():
        path = "/apis/coordination.k8s.io/v1/namespaces/default/leases?labelSelector=gatefile.dev%2Finstance%3Dmembers"
        return {item["metadata"]["name"]: item for item in lab.api.request("GET", path)["items"]}

    def renewed(last):
        """Waits for a sign of life after `last`; the only Lease."""
        until(lambda: [item for item in leases().values() if item["spec"]["renewTime"] != last],
              lambda: f"the Lease is renewed: {leases()}\n{site.agent.say()}", 20)
        [item] = leases().values()
        return item

    network = Network(lab.plane.PORT)
    kubeconfig = lab.plane.kubeconfig("members", server=network.server)
    with Site(lab.plane, "members", "--lease", "members", kubeconfig=kubeconfig).install("a").start() as site:
        first = renewed(None)
        network.cut()
        time.sleep(12)  # two renewals fail
        network.mend()
        again = renewed(first["spec"]["renewTime"])
        equal("the Lease after the API server was away", again["metadata"]["name"], first["metadata"]["name"])
        began = time.monotonic()
        equal("the exit code", site.agent.stop(), 0)
        print(f"# the agent took {time.monotonic() - began:.1f} s to end")
        equal("the Leases after the end", list(leases()), [])
        site.agent.environment.update(POD_NAME="agent-0", POD_UID="5c6d1f0e")
        last = None
        for _ in range(3):
            site.agent.start(15)
            item = renewed(last)
            last = item["spec"]["renewTime"]
            equal("the Lease in a Pod", item["metadata"]["name"], "members-agent-0")
            equal("its owner", [(owner["kind"], owner["uid"]) for owner in item["metadata"]["ownerReferences"]], [("Pod", "5c6d1f0e")])
            site.agent.kill()
            time.sleep(1.1)  # times have whole seconds
        # An API server that is away keeps nobody from ending.
        site.agent.start(15)
        renewed(last)
        network.cut()
        began = time.monotonic()
        equal("the exit code without an API server", site.agent.stop(), 0)
        if time.monotonic() - began > 4:
            raise Failure(f"it took {time.monotonic() - began:.1f} s to end without an API server")


@test
def connecting_fails_with_a_clear_word(lab):
    """unreachable, untrusted, unknown user"""
    with Site(lab.plane, "words") as site:
        site.traefik.start()
        stranger, _ = certificate(lab.work, "stranger")
        untrusted = lab.plane.kubeconfig("untrusted")
        (lab.work / "stranger.crt").write_text(stranger)
        untrusted.write_text(untrusted.read_text().replace(str(lab.plane.work / "ca.crt"), str(lab.work / "stranger.crt")))
        unknown = lab.plane.kubeconfig("unknown")
        unknown.write_text(unknown.read_text().replace("token-of-agent", "token-of-nobody"))
        for kubeconfig, pattern in (
                (lab.plane.kubeconfig("unreachable", server="https://127.0.0.1:1"), r"(?i)127\.0\.0\.1:1\b.*(refused|connect)"),
                (untrusted, r"(?i)certificate"), (unknown, r"401|(?i:unauthorized)")):
            agent = Agent(lab.plane, site.traefik, "--controller-name", CONTROLLER + "/words", kubeconfig=kubeconfig).start()
            agent.says(pattern, 15)
            agent.kill()
