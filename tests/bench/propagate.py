#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""From the API server's answer to a changed HTTPRoute to the first request that is answered by the new
path: gatefile with Traefik (provider plugin), and the same Traefik with its own Gateway API provider.

Both follow one real API server (tests/cluster) with the same objects: HTTPRoutes of four rules, each with a
Service and an EndpointSlice, below a Gateway of either. They take turns; who is not measured is frozen, so that
neither pays for what the other does. What changes is one more HTTPRoute, on a listener of its own: the
requests that look for it then cost next to nothing however many rules there are.
At the end our agent is left alone: it must write nothing.

With throttle 0 a change follows when the last one has come to rest; with Traefik's default throttle (2 s) at
once, which is when a throttle is felt. Nothing leaves the network namespace. run.sh builds what this needs.
"""

import argparse
import http.client
import os
import signal
import statistics
import sys
import time

sys.dont_write_bytecode = True  # nothing next to the sources
import generate  # noqa: E402
from budget import QUICK, Budget  # noqa: E402
from contest import GATEWAYS, NAMESPACE, OURS, THEIRS, Cluster, Contestant, parents, percentile  # noqa: E402
import objects  # noqa: E402
from actors import PROBE, start_backend  # noqa: E402
from cluster import Failure, in_namespace  # noqa: E402

PROBED = "probe.example"
CHANGE_LIMIT = 60
DEFAULT_THROTTLE = "2s"
QUICK_REST = 4


def probe_route(path):
    return objects.http_route("probe", NAMESPACE, parents(sectionName="probe"), PROBED, path, service="probe")


class Racer(Contestant):
    def __init__(self, cluster, work, name, throttle):
        super().__init__(cluster, work, name, throttle, ("qps: -1",))  # at its best: its limit is on what is no part of this
        self.samples, self.cpu, self.writes, self.connection = [], {}, {}, None

    def ask(self, path):
        if not self.connection:
            self.connection = http.client.HTTPConnection(self.traefik.address, PROBE, timeout=CHANGE_LIMIT)
        try:
            self.connection.request("GET", path, headers={"Host": PROBED})
            answer = self.connection.getresponse()
            answer.read()
            return answer.status
        except (OSError, http.client.HTTPException):
            self.connection.close()
            return 0

    def change(self, cluster, path):
        """Seconds from the acknowledgement to the first answer."""
        cluster.api.patch(probe_route(path), {"spec": probe_route(path)["spec"]})
        began = time.monotonic()
        while self.ask(path) != 200:
            taken = time.monotonic() - began
            if taken > CHANGE_LIMIT:
                raise Failure(f"{self.name}: {path} is not served after {CHANGE_LIMIT} s")
            time.sleep(max(0.0005, taken / 50))  # within two hundredths of the truth
        return time.monotonic() - began

    def block(self, cluster, paths, seconds):
        """Changes one after the other, as many as begin within so many seconds; what they took and cost."""
        end = time.monotonic() + seconds
        self.send(signal.SIGCONT)
        self.rest()
        self.change(cluster, next(paths))  # who was frozen has caught up
        self.rest()
        spent, writes = self.spent(), cluster.writes()
        changes = 0
        for path in paths:
            if changes and time.monotonic() > end:
                break
            self.samples.append(self.change(cluster, path))
            changes += 1
            if self.throttle == "0s":
                self.rest()
            else:
                time.sleep(0.1)
        self.settle(cluster)
        for who, now in self.spent().items():
            self.cpu.setdefault(who, []).append((now - spent[who]) / changes)
        for what, now in cluster.writes().items():
            self.writes.setdefault(what, []).append((now - writes.get(what, 0)) / changes)
        self.send(signal.SIGSTOP)


def measure(cluster, work, rules, throttle, changes, rounds, seconds):
    """{name: Racer} with the samples taken, a block of each in a round; `seconds` for a block."""
    hosts = [hostname for _, _, hostname, _ in generate.routes(rules)]
    ends = [hosts[0], hosts[-1]]
    contestants = {name: Racer(cluster, work, name, throttle) for name in GATEWAYS}
    try:
        for contestant in contestants.values():
            contestant.started = contestant.start(ends)
            contestant.settle(cluster)
            contestant.send(signal.SIGSTOP)
        numbers = iter(range(1, 1_000_000))
        began = time.monotonic()
        for turn in rounds:
            names = list(contestants) if turn % 2 == 0 else list(reversed(contestants))
            for name in names:
                stamp = time.monotonic_ns()
                contestants[name].block(cluster, iter([f"/{stamp}-{next(numbers)}" for _ in range(changes + 1)]), seconds)
        for contestant in contestants.values():
            contestant.resident, contestant.bytes = contestant.memory(), contestant.published()
        print(f"# {rules} rules, throttle {throttle}: {time.monotonic() - began:.0f} s", file=sys.stderr)
        return contestants
    finally:
        for contestant in contestants.values():
            contestant.stop()


def show(rules, throttle, contestants):
    for name, one in contestants.items():
        cpu = {who: statistics.mean(values) for who, values in one.cpu.items()}
        writes = {what: statistics.mean(values) for what, values in one.writes.items()}
        print(f"{rules:>6} {throttle:>4}  {name:8} {statistics.median(one.samples) * 1000:>8.1f} {percentile(one.samples, 0.99) * 1000:>8.1f}  "
              f"{cpu.get('agent', 0) * 1000:>7.1f} {cpu['traefik'] * 1000:>8.0f}  "
              f"{one.resident.get('agent', 0):>6.0f} {one.resident['traefik']:>7.0f}  {one.bytes / 1024:>8.0f}  "
              f"{writes.get('status', 0):>6.2f} {writes.get('events', 0):>6.2f}  {one.started:>6.1f}", flush=True)


def at_rest(cluster, work, rules, seconds):
    """Status writes and events of an agent that nobody disturbs."""
    one = Racer(cluster, work, OURS, "0s")
    try:
        hosts = [hostname for _, _, hostname, _ in generate.routes(rules)]
        one.start([hosts[-1]])
        one.rest()
        time.sleep(5)
        before, spent = cluster.writes(), one.spent()
        time.sleep(seconds)
        after, now = cluster.writes(), one.spent()
        return sum(after.values()) - sum(before.values()), (now["agent"] - spent["agent"]) / seconds
    finally:
        one.stop()


def figures(contestants):
    """What the last line has of one size with throttle 0; shorter for Traefik's default."""
    ours, theirs = contestants[OURS], contestants[THEIRS]
    p50, other = statistics.median(ours.samples), statistics.median(theirs.samples)
    found = {
        "ratio_native": f"{p50 / other:.3f}",
        "p50_ms": f"{p50 * 1000:.1f}", "p99_ms": f"{percentile(ours.samples, 0.99) * 1000:.1f}",
        "native_p50_ms": f"{other * 1000:.1f}", "native_p99_ms": f"{percentile(theirs.samples, 0.99) * 1000:.1f}",
    }
    if ours.throttle == DEFAULT_THROTTLE:
        return {f"throttled_{key}": value for key, value in found.items()}
    found.update(agent_cpu_ms=f"{statistics.mean(ours.cpu['agent']) * 1000:.1f}", agent_mib=f"{ours.resident['agent']:.0f}")
    for prefix, name, one in (("", "traefik", ours), ("native_", "native", theirs)):
        found[f"{name}_cpu_ms"] = f"{statistics.mean(one.cpu['traefik']) * 1000:.1f}"
        found[f"{name}_mib"] = f"{one.resident['traefik']:.0f}"
        for what in ("status", "events"):
            found[f"{prefix}{what}_writes"] = f"{statistics.mean(one.writes.get(what, [0])):.2f}"
    return found | {"published_bytes": f"{ours.bytes}"}


HEAD = (f"{'rules':>6} {'thr.':>4}  {'':8} {'ms':>8} {'':>8}  {'CPU ms/change':>16}  {'MiB':>14}  {'KiB':>8}  {'writes/change':>13}  {'s':>6}\n"
        f"{'':>6} {'':>4}  {'':8} {'p50':>8} {'p99':>8}  {'agent':>7} {'traefik':>8}  {'agent':>6} {'traefik':>7}  {'publ.':>8}  "
        f"{'status':>6} {'events':>6}  {'start':>6}")
#       rules: changes per block with throttle 0, with the default one, blocks
FULL = {1: (10, 4, 4), 100: (10, 4, 4), 1_000: (10, 4, 4), 10_000: (5, 3, 4)}
SHORT = {1: (5, 0, 1), 1_000: (4, 1, 1), 10_000: (2, 0, 1)}


def compare(cluster, work, plan, budget):
    """{rules: {key: value}}; prints the table."""
    # The default throttle first: the status is written by then, and throttle 0 starts from rest.
    stages = [(rules, throttle, number, blocks) for rules, (changes, throttled, blocks) in plan.items()
              for throttle, number in ((DEFAULT_THROTTLE, throttled), ("0s", changes)) if number]
    print(HEAD, flush=True)
    found = {}
    for number, (rules, throttle, changes, blocks) in enumerate(stages, 1):
        seconds, count = cluster.grow(rules)
        if count:
            print(f"# {count} objects made in {seconds:.1f} s", file=sys.stderr)
        keep = QUICK * (1 - number / len(stages))  # for the stages to come
        contestants = measure(cluster, work, rules, throttle, changes, budget.rounds(blocks, keep), (budget.left - keep) / 4)
        if contestants[THEIRS].samples:
            show(rules, throttle, contestants)
            found.setdefault(rules, {}).update(figures(contestants))
    return found


def bench(arguments, work):
    start_backend(work)
    cluster = Cluster(work)
    cluster.api.apply(probe_route("/0"))
    plan = {rules: how for rules, how in (SHORT if arguments.quick else FULL).items() if not arguments.only or rules in arguments.only}
    budget = Budget(arguments.quick)
    if arguments.quick:
        budget.left -= arguments.rest
    found = compare(cluster, work, plan, budget)
    words = [f"{key}_{rules}={values[key]}" for key in dict.fromkeys(key for values in found.values() for key in values)
             for rules, values in found.items() if key in values]
    writes = 0
    if arguments.rest:
        writes, share = at_rest(cluster, work, max(found), arguments.rest)
        print(f"at rest for {arguments.rest} s: {writes} writes, {share * 1000:.2f} ms of CPU a second")
        words += [f"writes_at_rest={writes}", f"rest_s={arguments.rest}", f"rest_cpu_ms_per_s={share * 1000:.2f}"]
    cluster.plane.close()
    print("propagate", *words)
    return 1 if writes else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="few changes of each size")
    parser.add_argument("--only", type=int, action="append", metavar="RULES")
    parser.add_argument("--rest", type=int, metavar="SECONDS", help="then count what is written at rest")
    arguments = parser.parse_args()
    if arguments.rest is None:
        arguments.rest = QUICK_REST if arguments.quick else 0 if arguments.only else 300
    if os.getloadavg()[0] > 1 and "GATEFILE_CLUSTER_MOUNTS" not in os.environ:
        print(f"note: the machine is busy (load average {os.getloadavg()[0]:.1f})", file=sys.stderr)
    return in_namespace(lambda work: bench(arguments, work))


if __name__ == "__main__":
    sys.exit(main())
