#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Requests per second of one stock Traefik with three configurations of the same cluster.

    ours    what gatefile publishes
    flat    the rules that Traefik's own Gateway API provider emits for the same objects
    fixed   one hand-written router to one service: a request where nothing is to be chosen

Each runs in a Traefik of its own; they are asked in turn by the same requests and answered by the
same backend. A round asks each once, and a ratio is the median of the rounds' ratios, so that what
else happens on the machine hits all three. On a busy machine look at the ratios by CPU: all that
Traefik, load and backend spend on a request. Then: how long Traefik takes to reload, per format.
Loopback only. run.sh builds what this needs and calls it.
"""

import argparse
import os
import random
import shutil
import signal
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import generate
from budget import Budget
from load import SEED, load, median, ratio, rounds_of, script
from programs import Backend, Tools, Traefik, write_map
from shapes import fixed, flat

DRAWN_REQUESTS = 20_000
PLACES_TAKE, RELOADS_TAKE = 10, 12  # seconds of --quick that are kept for these


@dataclass
class Plan:
    sizes: list
    rounds: int
    seconds: int  # of load, for each of a round
    place_rounds: int
    reloads: int


FULL = Plan([1, 100, 1_000, 10_000, 50_000], 9, 2, 5, 5)
SHORT = Plan([10_000], 6, 1, 2, 1)


def check(traefik, hosts):
    chance = random.Random(SEED)
    for host in [hosts[0], hosts[-1], *chance.choices(hosts, k=8)]:
        for target, canary in generate.requests():
            if traefik.status(host, target, canary) != 200:
                raise SystemExit(f"{traefik.work.name}: {host}{target} is not served")
    if traefik.status("unknown.example.com") != 404:
        raise SystemExit(f"{traefik.work.name}: a host that no route has is served")


class Size:
    """The three contestants with one number of rules."""

    def __init__(self, tools, backend, work, rules):
        self.backend, self.work = backend, Path(work)
        self.hosts = [hostname for _, _, hostname, _ in generate.routes(rules)]
        manifests = self.work / "manifests"
        manifests.mkdir(parents=True)
        generate.write(manifests / "cluster.json", generate.cluster(rules))
        write_map(manifests, rules, backend.url)
        ours, other, one = (
            Traefik(tools, self.work / name, provider)
            for name, provider in (("ours", "plugin"), ("flat", "rest"), ("fixed", "rest"))
        )
        self.contestants = {"fixed": one, "flat": other, "ours": ours}
        try:
            tools.convert(manifests, ours)
            for traefik in self.contestants.values():
                traefik.start()
            one.put(fixed(backend.url))
            other.put(flat(rules, backend.url))
            for traefik in self.contestants.values():
                traefik.loaded(self.hosts)
                traefik.idle()
            check(ours, self.hosts)
            check(other, self.hosts)
        except BaseException:
            self.stop()
            raise

    def measure(self, rounds, seconds):
        lua = script(self.work / "all.lua", self.hosts, DRAWN_REQUESTS)
        for traefik in self.contestants.values():
            load(traefik, self.backend, lua, 1)
        return rounds_of(self.contestants, self.backend, {"": lua}, rounds, seconds)

    def places(self, rounds):
        """The same for one host: which the flat shape tries first, in the middle, last."""
        order = sorted(self.hosts, key=lambda host: (-len(host), host))
        hosts = {"first": order[0], "middle": order[len(order) // 2], "last": order[-1]}
        scripts = {
            place: script(self.work / f"{place}.lua", [host], 100) for place, host in hosts.items()
        }
        return rounds_of(self.contestants, self.backend, scripts, rounds, 1)

    def stop(self):
        for traefik in self.contestants.values():
            traefik.stop()


def line(title, taken):
    """A line of the table, and its figures."""
    found = {}
    for base, key in (("fixed", "ratio_one"), ("flat", "ratio_flat")):
        found[key], found[f"{key}_cpu"] = ratio(taken, "ours", base)
    rates = {name: median(taken, name, 0) for name in taken}
    print(
        f"{title:>6}  "
        + " ".join(f"{rate:>9.0f}" for rate in rates.values())
        + f"  {found['ratio_one']:>7.3f} {found['ratio_flat']:>7.2f}"
        + f"  {found['ratio_one_cpu']:>7.3f} {found['ratio_flat_cpu']:>7.2f}  "
        + " ".join(f"{median(taken, name, 1):>7.1f}" for name in taken),
        flush=True,
    )
    return found | {f"rps_{name}": rate for name, rate in rates.items()}


def serve(tools, backend, work, plan, budget):
    """{rules: {key: value}}; prints the table."""
    print(
        f"{'':6}  {'requests/s':^29}  {'ours to':^15}  {'by CPU':^15}  {'CPU of Traefik, us':^23}"
    )
    print(
        f"{'rules':>6}  {'fixed':>9} {'flat':>9} {'ours':>9}  "
        f"{'fixed':>7} {'flat':>7}  {'fixed':>7} {'flat':>7}  "
        f"{'fixed':>7} {'flat':>7} {'ours':>7}"
    )
    found = {}
    for rules in plan.sizes:
        size = Size(tools, backend, Path(work) / f"{rules}", rules)
        try:
            rounds = budget.rounds(plan.rounds, keep=PLACES_TAKE + RELOADS_TAKE)
            found[rules] = line(rules, size.measure(rounds, plan.seconds)[""])
            if rules == 1:
                continue
            rounds = budget.rounds(plan.place_rounds, keep=RELOADS_TAKE)
            for place, taken in size.places(rounds).items():
                if taken["ours"]:
                    found[rules].update(
                        (f"{key}_{place}", value) for key, value in line(place, taken).items()
                    )
        finally:
            size.stop()
            shutil.rmtree(size.work, ignore_errors=True)
    return found


# ---- Reload ----


def published(directory):
    """When the newest file there was put in place: a rename sets the change time."""
    return max(
        entry.stat().st_ctime
        for entry in os.scandir(directory)
        if entry.is_file(follow_symlinks=False)
    )


def reload_once(tools, traefik, manifests, text, hosts):
    """Renames one route's host; seconds from publication to service, and Traefik's CPU seconds."""
    old, new = hosts
    manifests.joinpath("cluster.json").write_text(text.replace(f'"{old}"', f'"{new}"'))
    traefik.idle()
    cpu = traefik.cpu()
    tools.convert(manifests, traefik)
    traefik.wait(lambda: traefik.status(new) == 200, "reloads", pause=0.002)
    served = time.time()
    taken = served - published(traefik.directory)
    traefik.idle()
    return taken, traefik.cpu() - cpu


def reload_times(tools, backend, work, form, rules, rounds):
    """Medians of time and CPU; nothing without time for a change."""
    traefik = Traefik(tools, Path(work) / f"reload-{form}", form)
    manifests = traefik.work / "manifests"
    manifests.mkdir()
    objects = list(generate.cluster(rules))
    write_map(manifests, rules, backend.url)
    generate.write(manifests / "cluster.json", objects)
    text = (manifests / "cluster.json").read_text()
    hosts = [hostname for _, _, hostname, _ in generate.routes(rules)]
    try:
        tools.convert(manifests, traefik)
        traefik.start()
        traefik.loaded(hosts)
        samples = [
            reload_once(
                tools, traefik, manifests, text, (hosts[-1], f"change-{number}.example.com")
            )
            for number in rounds
        ]
    finally:
        traefik.stop()
    # The first change after a start costs Traefik more than the others.
    return [statistics.median(column) for column in zip(*(samples[1:] or samples))]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="only 10,000 rules and fewer rounds")
    parser.add_argument("--gatefile", required=True)
    parser.add_argument("--traefik", required=True)
    parser.add_argument("--backend", required=True)
    arguments = parser.parse_args()
    plan, budget = (SHORT if arguments.quick else FULL), Budget(arguments.quick)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started ends too
    busy = os.getloadavg()[0]
    if busy > 1:
        print(f"note: the machine is busy (load average {busy:.1f})", file=sys.stderr)
    tools = Tools(arguments)
    with tempfile.TemporaryDirectory(prefix="gatefile-serve-") as work:
        backend = Backend(arguments.backend)
        try:
            found = serve(tools, backend, work, plan, budget)
            print("\nreload of 10,000 rules: one route's host changes")
            reloads_of = {
                form: reload_times(
                    tools, backend, work, form, 10_000, budget.rounds(plan.reloads + 1, keep=keep)
                )
                for form, keep in (("plugin", RELOADS_TAKE / 2), ("file", 0))
            }
        finally:
            backend.stop()
    words = []
    for rules, values in found.items():
        suffix = "" if rules == 10_000 else f"_{rules}"
        words += [
            f"{key}{suffix}={value:.{0 if key.startswith('rps') else 3}f}"
            for key, value in values.items()
        ]
    for form, medians in reloads_of.items():
        if medians:
            taken, cpu = medians
            print(f"  {form:6}  published to served {taken:6.2f} s   Traefik's CPU {cpu:6.2f} s")
            words += [f"reload_{form}_s={taken:.3f}", f"reload_{form}_cpu_s={cpu:.2f}"]
    print("serve", *words)


if __name__ == "__main__":
    sys.exit(main())
