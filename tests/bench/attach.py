#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Many HTTPRoutes created at once and then deleted, for gatefile with Traefik and for the same Traefik with its own
Gateway API provider (with its own limit on requests): seconds from the last answer of the API server to the last
route served, to every route Accepted, to the right attachedRoutes, to the last route gone; writes per object. Then a cold
start with everything in place, and for gatefile, whose files outlive it, one without the API server.

They take turns on one real API server (tests/cluster), with routes and a Gateway of their own, both with throttle 0.
With --quick Traefik's own provider, whose limit makes 1,000 statuses take minutes, is given what is left of the time for the
first part: what it has not done by then is shown as `>` and the seconds. run.sh builds what this needs.
"""

import argparse
import shutil
import sys
import threading
import time

sys.dont_write_bytecode = True  # nothing next to the sources
import generate  # noqa: E402
from budget import Budget  # noqa: E402
from contest import BACKEND, GATEWAYS, OURS, THEIRS, Cluster, Contestant, gateway_of  # noqa: E402
import objects  # noqa: E402
from actors import start_backend  # noqa: E402
from cluster import Failure, in_namespace, in_parallel, until  # noqa: E402

LIMIT = 400


class Late(Failure):
    """Not within `seconds`."""

    def __init__(self, failure, seconds):
        super().__init__(str(failure))
        self.seconds = seconds


class Crowd:
    """The routes of one contestant."""

    def __init__(self, cluster, contestant, count):
        self.cluster, self.contestant = cluster, contestant
        self.gateway = gateway_of(contestant.name)
        self.controller = GATEWAYS[contestant.name][2]
        self.hosts = [f"app-{number:05d}.{contestant.name}.example" for number in range(count)]
        self.routes = [objects.http_route(host.partition(".")[0], contestant.name, [objects.parent(self.gateway, sectionName="http")],
                                          host, "/", service="one", kind="PathPrefix") for host in self.hosts]
        cluster.api.apply(objects.namespace(contestant.name), objects.service("one", contestant.name),
                          objects.endpoint_slice("one", contestant.name, BACKEND[0]))

    def wait_for(self, what, done, results, began, limit):
        try:
            until(done, lambda: f"{self.contestant.name}: {what}", limit, 0.05)
            results[what] = time.monotonic() - began
        except Failure as failure:
            results[what] = Late(failure, limit)

    def all_answer(self, status):
        """What has answered so once is not asked again."""
        left = iter(self.hosts)
        state = {"host": next(left)}

        def done():
            while state["host"] is not None:
                if self.contestant.traefik.get(state["host"], timeout=10) != status:
                    return False
                state["host"] = next(left, None)
            return True
        return done

    def accepted(self):
        count = 0
        for item in self.cluster.api.list(objects.GATEWAY, "HTTPRoute", self.contestant.name):
            for entry in item.get("status", {}).get("parents", []):
                if entry["controllerName"] == self.controller:
                    count += objects.condition(entry["conditions"], "Accepted")["status"] == "True"
        return count

    def attached(self):
        status = self.cluster.api.get(self.gateway).get("status", {})
        return sum(entry["attachedRoutes"] for entry in status.get("listeners", []) if entry["name"] == "http")

    def race(self, action, goals, budget):
        """Acts on all routes in parallel; {goal: seconds after the last answer, or Late}."""
        with budget:
            began = time.monotonic()
            in_parallel(action, self.routes)
            made = time.monotonic()
        results = {"all": made - began}
        limit = budget.limit(LIMIT)
        threads = [threading.Thread(target=self.wait_for, args=(what, done, results, made, limit)) for what, done in goals.items()]
        with budget:
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        return results


def attach(cluster, work, name, count, budget, is_short):
    """A line of the table: {what: seconds, Late or count}; when `is_short` of the first part only."""
    contestant = Contestant(cluster, work, name, "0s")
    crowd = Crowd(cluster, contestant, count)
    api = cluster.api
    probe = objects.http_route("sentinel", name, [objects.parent(crowd.gateway, sectionName="http")], "sentinel.example", kind="PathPrefix")
    api.apply(probe)
    try:
        contestant.start(["sentinel.example"])
        contestant.settle(cluster)
        writes = sum(cluster.writes().values())
        setup = crowd.race(api.create, {
            "served": crowd.all_answer(200),
            "accepted": lambda: time.sleep(0.3) or crowd.accepted() >= count,
            "attached": lambda: crowd.attached() == count + 1,
        }, budget)
        found = {"create": setup.pop("all"), **setup}
        if not any(isinstance(value, Late) for value in setup.values()):
            contestant.settle(cluster)
            found["writes"] = (sum(cluster.writes().values()) - writes) / count
        contestant.stop()
        if is_short:
            return found
        found.update(starts(cluster, work, name, crowd.hosts, budget))
        contestant = Contestant(cluster, work, name, "0s")
        crowd.contestant = contestant
        contestant.start([crowd.hosts[0], crowd.hosts[-1]])
        contestant.rest()
        teardown = crowd.race(api.delete, {"gone": crowd.all_answer(404), "detached": lambda: crowd.attached() == 1}, budget)
        found.update(gone=teardown["gone"], detached=teardown["detached"])
        return found
    finally:
        contestant.stop()
        api.delete(probe)


def warm(api):
    """A server that has just started reads what it has when it is first asked, which is no part of what is measured."""
    for path in ("/apis/gateway.networking.k8s.io/v1/httproutes", "/api/v1/services", "/apis/discovery.k8s.io/v1/endpointslices"):
        api.request("GET", path + "?limit=1")
    time.sleep(3)


def starts(cluster, work, name, hosts, budget):
    """Seconds from the start of the processes to the last route served, with nothing on disk and without an API server."""
    ends = [hosts[0], hosts[len(hosts) // 2], hosts[-1]]
    found = {}
    contestant = Contestant(cluster, work, name, "0s")
    try:
        with budget:
            found["cold"] = contestant.start(ends, budget.limit(LIMIT))
        contestant.settle(cluster)
        contestant.stop()
        if name == OURS:
            cluster.plane.stop_server()
            with budget:
                found["alone"] = contestant.start(ends, budget.limit(LIMIT))
            contestant.stop()
            cluster.plane.start_server()
            warm(cluster.api)
    finally:
        contestant.stop()
        shutil.rmtree(contestant.traefik.work, ignore_errors=True)
    return found


COLUMNS = ("create", "served", "accepted", "attached", "writes", "cold", "alone", "gone", "detached")


def cell(value):
    if isinstance(value, Late):
        return f"{'>' + format(value.seconds, '.1f'):>8}"
    return f"{'-' if value is None else format(value, '.2f'):>8}"


def many(cluster, work, counts, names, budget, is_quick):
    """The table of routes that come at once; the words of the last line."""
    print(f"{'routes':>6}  {'':8} " + " ".join(f"{column:>8}" for column in COLUMNS), flush=True)
    words = []
    for count in counts:
        for name in names:
            found = attach(cluster, work, name, count, budget, is_quick and name == THEIRS)
            print(f"{count:>6}  {name:8} " + " ".join(cell(found.get(column)) for column in COLUMNS), flush=True)
            late = [value for value in found.values() if isinstance(value, Late)]
            if late and not (is_quick and name == THEIRS):
                raise late[0]
            prefix = "" if name == OURS else "native_"
            words += [f"{prefix}{column}_{count}={found[column]:.2f}" for column in COLUMNS
                      if column in found and not isinstance(found[column], Late)]
    return words


def cold(cluster, work, names, budget):
    """Starts on 10,000 rules; the words of the last line."""
    seconds, made = cluster.grow(10_000)
    print(f"# {made} objects made in {seconds:.0f} s: 10,000 rules", file=sys.stderr)
    hosts = [hostname for _, _, hostname, _ in generate.routes(10_000)]
    words = []
    for name in names:
        # The second start finds the status written.
        first, second = (starts(cluster, work, name, hosts, budget) for _ in range(2))
        print(f"10,000 rules, {name}: first start {first['cold']:.2f} s, cold start {second['cold']:.2f} s, "
              f"without the API server {second.get('alone', float('nan')):.2f} s", flush=True)
        prefix = "" if name == OURS else "native_"
        words += [f"{prefix}cold_10000_rules={second['cold']:.2f}", f"{prefix}first_10000_rules={first['cold']:.2f}"]
        words += [f"alone_10000_rules={second['alone']:.2f}"] if "alone" in second else []
    return words


def bench(arguments, work):
    start_backend(work)
    cluster = Cluster(work)
    budget = Budget(arguments.quick)
    names = [arguments.contestant] if arguments.contestant else [OURS, THEIRS]
    words = many(cluster, work, [1_000] if arguments.quick else [1_000, 5_000], names, budget, arguments.quick)
    if not arguments.quick:
        words += cold(cluster, work, names, budget)
    cluster.plane.close()
    print("attach", *words)
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="only 1,000 routes, and no more time than 45 s")
    parser.add_argument("--contestant", choices=(OURS, THEIRS))
    arguments = parser.parse_args()
    return in_namespace(lambda work: bench(arguments, work))


if __name__ == "__main__":
    sys.exit(main())
