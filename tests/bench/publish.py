#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The ways from one agent to a stock Traefik beside each other: a watched directory (YAML, and JSON for the
plugin), Traefik's HTTP provider, Redis, etcd and Consul; with 1,000 and 10,000 HTTPRoutes, each of one host, one
rule, a Service and an EndpointSlice.

For each: how much is published; how long from the agent's start until the last route is served; from a changed
route to the first request that is answered by it, the median of some; what a hundred new routes take; the
memory of Traefik at the end and its CPU for each change; and of constant requests for a route that never changes
those that failed. `held` says how often Traefik was kept from reading what no transaction could hold as a whole (etcd: 1.5 MB and
128 operations a level, Consul: 512 KiB and 128 operations). A way that does not serve in time is said not to, and is no failure
of the bench. Traefik's throttle is 0; the HTTP provider asks each second. Everything is in one network
namespace. run.sh installs what this needs; Consul takes part where tests/tools/consul.sh has built it.
"""

import argparse
import json
import math
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.dont_write_bytecode = True  # nothing next to the sources
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "e2e"))
import generate  # noqa: E402
from budget import QUICK, Budget  # noqa: E402
from remote import BINARY, Traefik, never_half  # noqa: E402
from case_requests import Client  # noqa: E402
from sandbox import ADMIN, Failure, prepare_network, run_in_namespace  # noqa: E402
from stores import ROOT_KEY, Consul, Etcd, Missing, Redis  # noqa: E402

BACKEND = ("10.0.0.1", 13000)
HTTP = 9192
LIMIT = 120
WAYS = ("file", "plugin", "http", "redis", "etcd", "consul")
PAUSE = 0.02  # seconds between the constant requests, which are to cost next to nothing
REST_LIMIT = 5
BURST = 2.5  # seconds that a hundred routes take, there and back
PLUGIN = """gatefile: {{directory: "{out}"}}
experimental:
  abortOnPluginFailure: true
  localPlugins:
    gatefile: {{moduleName: gatefile.dev/traefik-plugin}}"""


class Late(Failure):
    """What was published is not served in time."""


class Way:
    """An agent, what is between, and a Traefik."""

    def __init__(self, work, name, routes, budget):
        self.work = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=work))
        self.name, self.budget, self.server = name, budget, None
        self.out, self.manifests = self.work / "out", self.work / "manifests"
        self.manifests.mkdir()
        self.out.mkdir()
        generate.write(self.manifests / "cluster.json", generate.cluster(routes, BACKEND, per_route=1))
        self.last = list(generate.routes(routes, per_route=1))[-1]
        self.route("always", "/")
        self.options, provider = self.choose(work)
        self.log = (self.work / "agent.log").open("w+")
        self.client = Client()
        self.traefik = Traefik(self.work, provider, name == "plugin")
        self.agent = None

    def choose(self, work):
        if self.name == "file":
            return [], f'file: {{directory: "{self.out}", watch: true}}'
        if self.name == "plugin":
            return ["--to", "plugin"], "plugin:\n    " + PLUGIN.format(out=self.out)
        if self.name == "http":
            return ["--publish", f"http=127.0.0.1:{HTTP}/"], f'http: {{endpoint: "http://127.0.0.1:{HTTP}/", pollInterval: "1s"}}'
        self.server = {"redis": Redis, "etcd": Etcd, "consul": Consul}[self.name](work)
        return ["--publish", f"{self.server.target}/{ROOT_KEY}", *self.server.options], self.server.provider

    def write(self, name, objects):
        temporary = self.manifests / f".{name}.new"
        temporary.write_text("".join(json.dumps(item) + "\n" for item in objects))
        temporary.rename(self.manifests / f"{name}.json")

    def objects(self, name, path):
        route = generate.http_route("bench", name, f"{name}.bench", 1)
        route["spec"]["rules"][0]["matches"] = [{"path": {"type": "Exact", "value": path}}]
        return [route, generate.service("bench", name), generate.endpoint_slice("bench", name, BACKEND)]

    def route(self, name, path):
        self.write(name, self.objects(name, path))

    def ask(self, host, path):
        return self.client.send({"to": "127.0.0.1:8000", "method": "GET", "host": host, "target": path})["status"]

    def until(self, status, host, path, began=None):
        began = began or time.monotonic()
        limit = self.budget.limit(LIMIT)
        while (have := self.ask(host, path)) != status:
            if time.monotonic() > began + limit:
                raise Late(f"{host}{path} is {have}, not {status}, after {limit:.0f} s; {self.complaint()}")
            time.sleep(0.002)
        return time.monotonic() - began

    def complaint(self):
        """What the agent says of it."""
        lines = [line for line in Path(self.log.name).read_text().splitlines() if re.search(" (WRN|ERR) ", line)]
        return lines[-1][:300] if lines else "the agent has no complaint"

    def start(self):
        began = time.monotonic()
        self.agent = subprocess.Popen([BINARY, "agent", "-f", str(self.manifests), "--out", str(self.out), "--entrypoint", "web=:8000",
                                       "--port-map", "80=8000", *self.options], stderr=self.log)
        first = self.until(200, self.last[2], "/cart", began)
        self.until(200, "always.bench", "/")
        return first

    def size(self):
        """Keys and bytes of what Traefik reads."""
        if self.server:
            found = self.server.read_as_traefik()
            return len(found), sum(len(key) + len(value) for key, value in found.items())
        return 0, sum(path.stat().st_size for path in self.out.glob("gatefile.*"))

    def cpu(self):
        fields = Path(f"/proc/{self.traefik.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self):
        text = Path(f"/proc/{self.traefik.process.pid}/status").read_text()
        return int(text.partition("VmRSS:")[2].split()[0]) // 1024

    def rest(self):
        """Until Traefik has done with what came last; on a machine that does something else one cannot tell for long."""
        before, quiet = self.cpu(), 0
        end = time.monotonic() + REST_LIMIT
        while quiet < 3 and time.monotonic() < end:
            time.sleep(0.1)
            now = self.cpu()
            quiet = quiet + 1 if now - before <= 0.01 else 0
            before = now

    def change(self, path):
        self.route("probe", path)
        taken = self.until(200, "probe.bench", path)
        self.rest()
        return taken

    def changes(self, rounds):
        taken = []
        spent = self.cpu()
        for number in rounds:
            taken.append(self.change(f"/p{number}"))
        return (statistics.median(taken), (self.cpu() - spent) / len(taken)) if taken else (math.nan, math.nan)

    def burst(self):
        """A hundred routes at once, and away again."""
        objects = [item for number in range(100) for item in self.objects(f"burst{number}", "/")]
        began = time.monotonic()
        self.write("burst", objects)
        self.until(200, "burst99.bench", "/", began)
        came = time.monotonic() - began
        self.rest()
        (self.manifests / "burst.json").unlink()
        return came, self.until(404, "burst99.bench", "/")

    def close(self):
        if self.agent:
            self.agent.terminate()
            self.agent.wait(30)
        self.client.stop()
        self.traefik.stop()
        if self.server:
            self.server.stop()


def measure(way, rounds, keep):
    """{what: number}, with `keep` seconds left for the other ways."""
    budget = way.budget
    with budget:
        result = {"first": way.start(), "burst": math.nan, "gone": math.nan}
    failures = 0

    def act(_):
        with budget:
            way.change("/p")  # the first one after a start costs Traefik more than the others
        result["change"], result["cpu"] = way.changes(budget.rounds(rounds, keep + BURST))
        if budget.left > keep:
            with budget:
                result["burst"], result["gone"] = way.burst()

    try:
        never_half(1, act, "always.bench", PAUSE)
    except Late:
        raise
    except Failure as failure:
        print(f"# {way.name}: {failure}", flush=True)
        failures = int(str(failure).split()[0]) if str(failure)[0].isdigit() else -1
    way.rest()
    result["keys"], result["bytes"] = way.size()
    result["memory"], result["failures"] = way.memory(), failures
    result["held"] = sum("gatefile is writing" in line for line in way.traefik.errors())
    return result


def line(name, routes, found):
    """A line of the table; what the last line has of it."""
    print(f"{name:8}{routes:7}{found['keys']:8}{found['bytes'] // 1024:7}{found['first']:9.1f}{found['change'] * 1000:11.0f}"
          f"{found['cpu'] * 1000:8.0f}{found['burst']:8.2f}{found['gone']:8.2f}{found['memory']:6}{found['held']:6}"
          f"{found['failures']:8}", flush=True)
    figures = {"serves": "1", "first_s": f"{found['first']:.2f}", "change_ms": f"{found['change'] * 1000:.0f}",
               "cpu_ms": f"{found['cpu'] * 1000:.0f}", "burst_s": f"{found['burst']:.2f}", "keys": str(found["keys"]),
               "kib": str(found["bytes"] // 1024), "mib": str(found["memory"]), "held": str(found["held"]), "failures": str(found["failures"])}
    return [f"{name}_{routes}_{key}={value}" for key, value in figures.items() if value != "nan"]


def compare(work, names, sizes, rounds, budget):
    """The table; the words of the last line."""
    words = []
    print(f"{'way':8}{'routes':>7}{'keys':>8}{'KiB':>7}{'first s':>9}{'change ms':>11}{'CPU ms':>8}{'+100 s':>8}{'-100 s':>8}"
          f"{'MiB':>6}{'held':>6}{'failed':>8}")
    for routes in sizes:
        for number, name in enumerate(names, 1):
            if budget.left <= 0:
                print(f"{name:8}{routes:7} no time left")
                continue
            way = None
            try:
                way = Way(work, name, routes, budget)
                words += line(name, routes, measure(way, rounds, QUICK * (1 - number / len(names))))
            except Missing as missing:
                print(f"{name:8}{routes:7} skipped: {missing}")
            except Late as late:
                print(f"{name:8}{routes:7} does not serve this: {late}", flush=True)
                words.append(f"{name}_{routes}_serves=0")
            finally:
                if way:
                    way.close()
    return words


def run(work):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="1,000 routes and fewer changes")
    parser.add_argument("--only", help="names, with commas between")
    arguments = parser.parse_args()
    prepare_network()
    backend = subprocess.Popen([os.environ["E2E_BACKEND"], "serve", "-admin", f"127.0.0.1:{ADMIN}"],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    backend.stdout.readline()
    names = arguments.only.split(",") if arguments.only else WAYS
    sizes, rounds = ((1_000,), 3) if arguments.quick else ((1_000, 10_000), 9)
    words = compare(work, names, sizes, rounds, Budget(arguments.quick))
    backend.stdin.close()
    backend.wait()
    print("publish", *words)
    return 0


if __name__ == "__main__":
    sys.exit(run_in_namespace(run))
