# SPDX-License-Identifier: Apache-2.0
"""Clusters behind one Traefik of which one is lost, silent, closed to the agent, or away while it starts."""

import collections
import http.client
import json
import socket
import threading
import time

import objects
from actors import HTTP, Load, Network
from cluster import AGENT, AGENTS, Failure, grant, until
from operating import facts, is_well, operate, shows
from selecting import add_inner_entry_point
from serving import settled
from several import HOME, MEMBER_RULES, OTHER, OtherPlane, Pair, Pod
from suite import equal, test


def starts_again(site, forget=False):
    """`forget`: as after an agent that did not keep what other clusters have."""
    site.agent.stop()
    if forget:
        (site.traefik.out / ".gatefile/member-endpoints").unlink()
    site.agent.start()
    until(lambda: site.agent.get("/livez")[0] == 200, "the agent lives")


@test
def several_clusters_of_which_one_is_away_at_a_restart(lab):
    """The agent goes on with the endpoints that the one before it knew, and changes of the home are served."""
    network = Network(OtherPlane.of(lab).PORT)
    with Pair(lab, "kept", "--startup-timeout", "3s", server=network.server).install("a") as site:
        site.api.apply(objects.endpoint_slice("one", site.name, "10.0.10.1"))
        site.beside("10.9.10.1").start()
        site.comes_from("a", "10.0.10.1", "10.9.10.1")
        network.cut()
        with Load(site.traefik, site.host("a")):
            starts_again(site)
            site.route("b")
            site.serves("b", within=20)
            site.comes_from("b", "10.0.10.1", "10.9.10.1")
            site.api.apply(objects.endpoint_slice("one", site.name, "10.0.10.2"))
            site.comes_from("a", "10.0.10.2", "10.9.10.1")
            shows(site, "cluster-not-read", "the endpoints that it had when it was last read are served", "gatefile release")
            # Kept on: the agent after this one has them, too, and so has one that was killed.
            time.sleep(6)
            site.agent.kill()
            site.agent.start()
            until(lambda: site.agent.get("/livez")[0] == 200, "the agent lives")
            site.route("c")
            site.serves("c", within=20)
            site.comes_from("c", "10.0.10.2", "10.9.10.1")
        operate(site, "release")
        site.comes_from("a", "10.0.10.2")
        # What was let go does not come back with another agent.
        site.agent.kill()
        site.agent.start()
        until(lambda: site.agent.get("/livez")[0] == 200, "the agent lives")
        site.route("d")
        site.serves("d", within=20)
        site.comes_from("d", "10.0.10.2")
        network.mend()
        site.comes_from("a", "10.0.10.2", "10.9.10.1", within=20)
        is_well(site, 30)


@test
def several_clusters_with_a_stand_by_for_one_that_is_kept(lab):
    """Nothing has spoken for it since the start: it may be gone with all that it had."""
    network = Network(OtherPlane.of(lab).PORT)
    with Pair(lab, "keptby", "--cluster-weight", f"{HOME}=0", server=network.server).install("a") as site:
        site.api.apply(objects.endpoint_slice("one", site.name, "10.0.17.1"))
        pod = Pod("10.9.17.1", 15017)
        site.beside("10.9.17.1", port=15017).start()
        site.comes_from("a", "10.9.17.1")
        network.cut()
        pod.end()
        starts_again(site)
        site.comes_from("a", "10.0.17.1", within=25)
        pod = Pod("10.9.17.1", 15017)
        network.mend()
        site.comes_from("a", "10.9.17.1", within=20)
        pod.end()


@test
def several_clusters_of_which_one_is_away_and_nothing_is_kept(lab):
    """What is served of it stays, and changes wait, until it answers or somebody says so."""
    network = Network(OtherPlane.of(lab).PORT)
    with Pair(lab, "restart", "--startup-timeout", "3s", server=network.server).install("a") as site:
        site.api.apply(objects.endpoint_slice("one", site.name, "10.0.11.1"))
        site.beside("10.9.11.1").start()
        site.comes_from("a", "10.0.11.1", "10.9.11.1")
        network.cut()
        starts_again(site, forget=True)
        site.route("b")
        site.agent.says("changes wait for a cluster whose endpoints are served .* cluster=there", 15)
        time.sleep(8)
        equal("who answers", set(site.answers("a", 60)), {"10.0.11.1", "10.9.11.1"})
        equal("a new route", site.traefik.get(site.host("b")), 404)
        shows(site, "cluster-not-read", "with its endpoints, stays, and changes wait for it", "gatefile release")
        network.mend()
        site.serves("b", within=20)
        site.comes_from("b", "10.0.11.1", "10.9.11.1")
        is_well(site, 30)
        # Now somebody decides.
        network.cut()
        starts_again(site, forget=True)
        operate(site, "release")  # too early to be about it
        time.sleep(4)
        equal("who answers", set(site.answers("a", 60)), {"10.0.11.1", "10.9.11.1"})
        operate(site, "release")
        site.comes_from("a", "10.0.11.1")
        # And that is what the next start goes on from.
        starts_again(site)
        site.route("c")
        site.serves("c", within=20)
        network.mend()
        site.comes_from("a", "10.0.11.1", "10.9.11.1")


@test
def several_clusters_of_which_one_may_not_be_read(lab):
    """403 is no answer that there is nothing."""
    other = OtherPlane.of(lab)
    permission = grant("members", AGENTS, MEMBER_RULES)
    with Pair(lab, "closed", "--startup-timeout", "3s").install("a") as site:
        site.api.apply(objects.endpoint_slice("one", site.name, "10.0.12.1"))
        site.beside("10.9.12.1")
        other.admin.delete(*permission)
        try:
            site.traefik.start()
            site.agent.start(15)
            site.comes_from("a", "10.0.12.1")
            site.agent.says("published without a cluster that was never read cluster=there")
            equal("the metric", site.agent.metric("gatefile_cluster_synced", cluster=OTHER), 0)
            equal("is read", [one["read"] for one in facts(site)["source"]["members"]], [False])
            shows(site, "cluster-not-read", "kind-forbidden")
            other.admin.apply(*permission)
            site.comes_from("a", "10.0.12.1", "10.9.12.1")
            equal("the metric then", site.agent.metric("gatefile_cluster_synced", cluster=OTHER), 1)
            # With both published, the right is taken away and the agent starts anew.
            other.admin.delete(*permission)
            starts_again(site, forget=True)
            time.sleep(8)
            equal("who answers", set(site.answers("a", 60)), {"10.0.12.1", "10.9.12.1"})
        finally:
            other.admin.apply(*permission)


@test
def several_clusters_of_which_one_has_no_credentials_yet(lab):
    with Pair(lab, "late", "--startup-timeout", "3s").install("a") as site:
        config = json.loads(site.kubeconfig.read_text())
        token = lab.work / "late-member-token"
        config["users"].append({"name": "late", "user": {"tokenFile": str(token)}})
        next(one for one in config["contexts"] if one["name"] == OTHER)["context"]["user"] = "late"
        late = lab.work / "late.kubeconfig"
        late.write_text(json.dumps(config))
        site.agent.words[site.agent.words.index("--kubeconfig") + 1] = late
        site.api.apply(objects.endpoint_slice("one", site.name, "10.0.16.1"))
        site.beside("10.9.16.1").start()
        site.comes_from("a", "10.0.16.1")
        shows(site, "cluster-not-read", "late-member-token")
        token.write_text(lab.plane.token(AGENT))
        site.comes_from("a", "10.0.16.1", "10.9.16.1", within=30)
        is_well(site, 30)


@test
def several_clusters_with_a_stand_by_for_one_that_is_lost(lab):
    """With its API server; its endpoints stay, and nobody says that they are gone."""
    network = Network(OtherPlane.of(lab).PORT)
    with Pair(lab, "rescue", "--cluster-weight", f"{HOME}=0", server=network.server).install("a") as site:
        site.api.apply(objects.endpoint_slice("one", site.name, "10.0.13.1"))
        pod = Pod("10.9.13.1", 15003)
        site.beside("10.9.13.1", port=15003).start()
        site.comes_from("a", "10.9.13.1")
        network.cut()
        equal("who answers at once", set(site.answers("a", 20)), {"10.9.13.1"})
        pod.end()
        began = time.monotonic()
        site.comes_from("a", "10.0.13.1", within=20)
        print(f"# the stand-by answers {time.monotonic() - began:.1f} s after everything was lost")
        with Load(site.traefik, site.host("a")):
            equal("who answers", set(site.answers("a", 100)), {"10.0.13.1"})
        pod = Pod("10.9.13.1", 15003)
        network.mend()
        site.comes_from("a", "10.9.13.1")
        pod.end()


class Silent:
    """An address that answers nothing at all: what arrives is dropped, as by a network without machines."""

    def __init__(self, address, port):
        self.sockets = [socket.create_server((address, port), backlog=0)]
        for _ in range(4):  # whoever comes later is not answered
            one = socket.socket()
            one.setblocking(False)
            one.connect_ex((address, port))
            self.sockets.append(one)

    def end(self):
        for one in self.sockets:
            one.close()


def many_at_once(site, route, clients, each):
    """How many requests each address answered, and what else was answered."""
    found, lock = collections.Counter(), threading.Lock()

    def run():
        for _ in range(each):
            connection = http.client.HTTPConnection(site.traefik.address, HTTP, timeout=120)
            connection.request("GET", "/", headers={"Host": site.host(route)})
            answer = connection.getresponse()
            body = answer.read()
            connection.close()
            with lock:
                found[json.loads(body)["address"] if answer.status == 200 else answer.status] += 1

    threads = [threading.Thread(target=run, daemon=True) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(300)
    return found


@test
def several_clusters_of_which_one_is_silent_for_many(lab):
    """Clients at the same time share the turns of a load balancer, so that each try is a draw of its own."""
    with Pair(lab, "many").install("a") as site:
        add_inner_entry_point(site.traefik, 8198)
        silent = Silent("10.9.14.1", 15004)
        site.api.apply(objects.endpoint_slice("one", site.name, "10.0.14.1"))
        site.beside("10.9.14.1", port=15004).start()
        until(lambda: "10.9.14.1" in json.dumps(site.traefik.api("/api/http/services")), "its endpoint is used")
        began = time.monotonic()
        found = many_at_once(site, "a", 50, 4)
        print(f"# 200 requests of 50 clients in {time.monotonic() - began:.1f} s: {dict(found)}")
        equal("who answers", set(found), {"10.0.14.1"})
        # A deadline is over all tries.
        timed = site.make("timed")
        timed["spec"]["rules"][0]["timeouts"] = {"request": "1s"}
        site.api.apply(timed)
        until(lambda: site.traefik.get(site.host("timed")) in (200, 504), "the route with a deadline is served")
        slowest, answers = 0.0, collections.Counter()
        for _ in range(8):
            began = time.monotonic()
            answers[site.traefik.get(site.host("timed"))] += 1
            slowest = max(slowest, time.monotonic() - began)
        print(f"# with a deadline of 1 s: {dict(answers)}, the slowest took {slowest:.2f} s")
        equal("what a deadline answers", set(answers) - {200, 504}, set())
        if slowest > 1.8:
            raise Failure(f"a request with a deadline of 1 s took {slowest:.2f} s")
        silent.end()


@test
def several_clusters_share_connections_by_weight(lab):
    """By how often an address stands in the list; HTTP is what the backend speaks behind TCP, too."""
    listeners = (objects.listener(), objects.listener("tcp", 9301, "TCP"))
    with Pair(lab, "bytes", "--cluster-weight", f"{HOME}=3", listeners=listeners) as site:
        entry_point = f'  tcp1: {{address: "{site.traefik.address}:9301"}}\n'
        site.traefik.static.write_text(site.traefik.static.read_text().replace("  web: ", entry_point + "  web: "))
        site.install("a")
        site.api.apply(objects.endpoint_slice("one", site.name, "10.0.17.1"),
                       objects.stream_route("TCPRoute", "s", site.name, [objects.parent(site.gateway, sectionName="tcp")]))
        site.beside("10.9.17.1", "10.9.17.2").start()

        def who(count):
            found = collections.Counter()
            for _ in range(count):
                connection = http.client.HTTPConnection(site.traefik.address, 9301, timeout=5)
                try:
                    connection.request("GET", "/")
                    found[json.loads(connection.getresponse().read())["address"]] += 1
                except (OSError, http.client.HTTPException) as error:
                    found[str(error)] += 1
                finally:
                    connection.close()
            return found

        addresses = {"10.0.17.1", "10.9.17.1", "10.9.17.2"}
        until(lambda: set(who(16)) == addresses, lambda: f"all of them answer, not {who(16)}\n{site.agent.say()}", 20)
        equal("the connections of each", dict(who(160)), {"10.0.17.1": 120, "10.9.17.1": 20, "10.9.17.2": 20})


@test
def several_clusters_fail_over_in_a_pause(lab):
    """Changes of people wait, and Pods of every cluster go on to come and go."""
    with Pair(lab, "held").install("a") as site:
        site.api.apply(objects.endpoint_slice("one", site.name, "10.0.15.1"))
        site.beside("10.9.15.1").start()
        site.comes_from("a", "10.0.15.1", "10.9.15.1")
        settled(site)
        with Load(site.traefik, site.host("a")):
            operate(site, "pause", "--reason", "the weekend")
            site.route("b")
            site.api.apply(objects.endpoint_slice("one", site.name))
            site.comes_from("a", "10.9.15.1")
            site.beside(*[f"10.9.15.{i}" for i in range(1, 12)])
            site.comes_from("a", *[f"10.9.15.{i}" for i in range(1, 12)])
            site.api.apply(objects.endpoint_slice("one", site.name, "10.0.15.2"))
            site.beside()
            site.comes_from("a", "10.0.15.2")
            equal("a new route", site.traefik.get(site.host("b")), 404)
            operate(site, "resume")
            site.serves("b")
