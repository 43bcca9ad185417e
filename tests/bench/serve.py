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
import hashlib
import http.client
import json
import os
import random
import re
import resource
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import generate

CONNECTIONS = 32
SEED = 4711
DRAWN_REQUESTS = 20_000
ENTRY_POINT = "web"
TICKS = os.sysconf("SC_CLK_TCK")
LOAD_LIMIT = 600  # seconds; the flat shape needs most of a minute at 50,000 rules

# What a browser sends along, so that a request has an everyday size.
BROWSER = {
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Encoding": "gzip, deflate, br, zstd",
    "Accept-Language": "en-GB,en;q=0.7,de;q=0.3",
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Backend:
    def __init__(self, program):
        self.process = subprocess.Popen([program], stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())
        self.url = f"http://127.0.0.1:{self.port}"

    def stop(self):
        self.process.terminate()
        self.process.wait()


def cpu_of(process):
    """User and system seconds so far."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def cpu_of_children():
    """The same of those that have ended and were waited for."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


class Traefik:
    """One Traefik with one provider: rest, file or plugin."""

    def __init__(self, tools, work, provider):
        self.work = Path(work)
        self.provider = provider
        self.port, self.admin = free_port(), free_port()
        self.directory = self.work / "dynamic"
        self.directory.mkdir(parents=True)
        self.static = self.work / "traefik.yaml"
        self.static.write_text(self._static())
        if provider == "plugin":
            tools.install_plugin(self)
        self.log = open(self.work / "traefik.log", "wb")
        self.tools = tools
        self.process = None

    def _static(self):
        providers = {
            "rest": "  rest: {insecure: true}\n",
            "file": f"  file: {{directory: {self.directory}, watch: true}}\n",
            "plugin": f"  plugin: {{gatefile: {{directory: {self.directory}}}}}\n",
        }
        plugin = (
            "experimental:\n  localPlugins: {gatefile: {moduleName: gatefile.dev/traefik-plugin}}\n"
        )
        return (
            "global: {checkNewVersion: false, sendAnonymousUsage: false}\n"
            "log: {level: ERROR}\n"
            "api: {insecure: true}\n"
            "ping: {}\n"
            "entryPoints:\n"
            f'  {ENTRY_POINT}: {{address: "127.0.0.1:{self.port}"}}\n'
            f'  traefik: {{address: "127.0.0.1:{self.admin}"}}\n'
            f"{plugin if self.provider == 'plugin' else ''}"
            "providers:\n  providersThrottleDuration: 0s\n"
            f"{providers[self.provider]}"
        )

    def start(self):
        self.process = subprocess.Popen(
            [self.tools.traefik, f"--configFile={self.static}"],
            cwd=self.work,
            stdout=self.log,
            stderr=self.log,
        )
        self.wait(lambda: self.status("traefik", "/ping") == 200, "starts", 30)

    def wait(self, condition, what, limit=LOAD_LIMIT, pause=0.02):
        end = time.monotonic() + limit
        while True:
            if self.process.poll() is not None:
                raise SystemExit(
                    f"traefik ended: {(self.work / 'traefik.log').read_text()[-2000:]}"
                )
            try:
                if condition():
                    return
            except (OSError, http.client.HTTPException):
                pass
            if time.monotonic() > end:
                raise SystemExit(f"not within {limit} s: traefik {what}")
            time.sleep(pause)

    def put(self, configuration):
        connection = http.client.HTTPConnection("127.0.0.1", self.admin, timeout=LOAD_LIMIT)
        connection.request("PUT", "/api/providers/rest", json.dumps(configuration))
        if connection.getresponse().status != 200:
            raise SystemExit("traefik refuses the configuration")
        connection.close()

    def status(self, host, path="/", canary=False):
        port = self.admin if host == "traefik" else self.port
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LOAD_LIMIT)
        headers = {"Host": host, **({generate.CANARY[0]: generate.CANARY[1]} if canary else {})}
        try:
            connection.request("GET", path, headers=headers)
            return connection.getresponse().status
        finally:
            connection.close()

    def loaded(self, hosts):
        self.wait(lambda: all(self.status(host) == 200 for host in (hosts[0], hosts[-1])), "serves")

    def cpu(self):
        return cpu_of(self.process)

    def idle(self):
        """Waits until Traefik has nothing left to do."""
        before = self.cpu()
        while True:
            time.sleep(0.4)
            now = self.cpu()
            if now - before <= 0.03:
                return
            before = now

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait()
        self.log.close()


class Tools:
    """The programs under test."""

    def __init__(self, arguments):
        self.gatefile, self.traefik, self.backend = (
            arguments.gatefile,
            arguments.traefik,
            arguments.backend,
        )

    def _run(self, *words):
        done = subprocess.run([self.gatefile, *words], check=False, capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"gatefile {' '.join(map(str, words))}\n{done.stderr[-2000:]}")
        return done.stdout

    def _common(self, traefik):
        return (
            "--traefik-config",
            traefik.static,
            "--to",
            traefik.provider,
            "--port-map",
            f"80={traefik.port}",
        )

    def install_plugin(self, traefik):
        manifests = traefik.work / "empty"
        manifests.mkdir()
        generate.write(manifests / "cluster.json", generate.cluster(0))
        self._run(
            "static",
            "-f",
            manifests,
            *self._common(traefik),
            "--out",
            traefik.directory,
            "--write-plugin",
            traefik.work,
        )

    def convert(self, manifests, traefik):
        """Endpoints on loopback are none that an API server takes: the map stands in for them."""
        self._run(
            "convert",
            "-f",
            manifests,
            *self._common(traefik),
            "--backends",
            f"map={manifests.with_suffix('.map')}",
            "--out",
            traefik.directory,
            "--allow-shrink",
        )


def write_map(manifests, rules, url):
    """Every Service of generate.cluster(rules) is the one backend."""
    with open(manifests.with_suffix(".map"), "w", encoding="utf-8") as file:
        for namespace, name, _, _ in generate.routes(rules):
            file.write(f"{namespace}/{name}={url}\n")


# ---- The three configurations ----


def balancer(url):
    return {
        "loadBalancer": {
            "servers": [{"url": url}],
            "strategy": "wrr",
            "passHostHeader": True,
            "responseForwarding": {"flushInterval": "100ms"},
        }
    }


def fixed(url):
    router = {
        "rule": "PathPrefix(`/`)",
        "entryPoints": [ENTRY_POINT],
        "service": "all",
        "priority": 1,
    }
    return {"http": {"routers": {"all": router}, "services": {"all": balancer(url)}}}


def normalized(name):
    return "-".join(part for part in re.split(r"[^A-Za-z0-9]+", name) if part)


def flat_match(hostname, match):
    """The provider's rule and priority of one match; only what generate.py makes."""
    kind, value = match["path"]["type"], match["path"]["value"]
    if kind == "Exact":
        rule, priority = f'Path("{value}")', 100_000
    elif value == "/":
        rule, priority = 'PathPrefix("/")', 1
    else:
        rule, priority = f'(Path("{value}") || PathPrefix("{value}/"))', 10_000 + 100 * len(value)
    for header in match.get("headers", ()):
        rule += f' && Header("{header["name"]}","{header["value"]}")'
        priority += 100
    return f'Host("{hostname}") && {rule}', priority + len(hostname)


def flat(rules, url):
    """What Traefik's kubernetesGateway provider makes of generate.cluster(rules)."""
    routers, services = {}, {}
    gateway = f"gw-{generate.GATEWAY['namespace']}-{generate.GATEWAY['name']}"
    for namespace, name, hostname, count in generate.routes(rules):
        for index, match in enumerate(generate.matches()[-count:]):
            rule, priority = flat_match(hostname, match)
            key = normalized(f"httproute-{namespace}-{name}-{gateway}-ep-{ENTRY_POINT}-{index}")
            router = f"{key}-{hashlib.sha256(rule.encode()).hexdigest()[:20]}"
            routers[router] = {
                "entryPoints": [ENTRY_POINT],
                "rule": rule,
                "ruleSyntax": "default",
                "priority": priority + count - index,
                "service": f"{router}-wrr",
            }
            service = f"{router}-svc-{namespace}-{name}-0"
            services[f"{router}-wrr"] = {"weighted": {"services": [{"name": service, "weight": 1}]}}
            services[service] = balancer(url)
    return {"http": {"routers": routers, "services": services}}


# ---- Load ----

LUA = """-- Asks for drawn requests in a fixed order that looks random.
local requests = {}
function init(arguments)
  for line in io.lines("%(list)s") do
    local host, path, canary = line:match("^(%%S+) (%%S+) (%%S+)$")
    local headers = {["Host"] = host, %(headers)s}
    if canary ~= "-" then headers["%(canary)s"] = canary end
    requests[#requests + 1] = wrk.format("GET", path, headers)
  end
  math.randomseed(%(seed)d)
end
function request() return requests[math.random(#requests)] end
function done(summary)
  local e = summary.errors
  io.write(string.format("result %%d %%d %%d\\n", summary.requests, summary.duration,
    e.connect + e.read + e.write + e.timeout + e.status))
end
"""


def script(path, hosts, draws):
    """A wrk script; the same seed draws the same requests for every contestant."""
    chance = random.Random(SEED)
    with open(f"{path}.list", "w", encoding="utf-8") as file:
        for _ in range(draws):
            host = chance.choice(hosts)
            target, canary = chance.choice(generate.requests())
            file.write(f"{host} {target} {generate.CANARY[1] if canary else '-'}\n")
    headers = ", ".join(f'["{name}"] = "{value}"' for name, value in BROWSER.items())
    Path(path).write_text(
        LUA
        % {"list": f"{path}.list", "headers": headers, "canary": generate.CANARY[0], "seed": SEED}
    )
    return path


def load(traefik, backend, lua, seconds):
    """Requests per second; CPU microseconds per request of Traefik, and of all that took part."""
    before, others = traefik.cpu(), cpu_of(backend.process) + cpu_of_children()
    done = subprocess.run(
        [
            "wrk",
            "-t1",
            f"-c{CONNECTIONS}",
            f"-d{seconds}s",
            "--timeout",
            "60s",
            "-s",
            lua,
            f"http://127.0.0.1:{traefik.port}",
        ],
        check=False,
        capture_output=True,
        text=True,
        timeout=seconds + 120,
    )
    spent = traefik.cpu() - before
    others = cpu_of(backend.process) + cpu_of_children() - others
    found = re.search(r"^result (\d+) (\d+) (\d+)$", done.stdout, re.MULTILINE)
    if not found or found[3] != "0" or found[1] == "0":
        raise SystemExit(f"wrk: {done.stdout[-600:]}{done.stderr[-600:]}")
    count = int(found[1])
    return count / (int(found[2]) / 1e6), spent / count * 1e6, (spent + others) / count * 1e6


def rounds_of(contestants, backend, lua, rounds, seconds):
    """{name: [load(), ...]}: every contestant once a round, each in every place of the order."""
    taken = {name: [] for name in contestants}
    for number in range(rounds):
        turn = number % len(contestants)
        names = [*contestants][turn:] + [*contestants][:turn]
        for name in names if number % 2 == 0 else reversed(names):
            taken[name].append(load(contestants[name], backend, lua, seconds))
    return taken


def median(taken, name, column):
    return statistics.median(sample[column] for sample in taken[name])


def ratio(taken, name, base):
    """How much more requests than `base`: by the clock, and by the CPU time of everything."""
    pairs = list(zip(taken[name], taken[base]))
    return statistics.median(a[0] / b[0] for a, b in pairs), statistics.median(
        b[2] / a[2] for a, b in pairs
    )


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
        return rounds_of(self.contestants, self.backend, lua, rounds, seconds)

    def places(self, seconds):
        """Requests per second of the host that the flat shape tries first, in the middle, last."""
        order = sorted(self.hosts, key=lambda host: (-len(host), host))
        for place, host in (
            ("first", order[0]),
            ("middle", order[len(order) // 2]),
            ("last", order[-1]),
        ):
            lua = script(self.work / f"{place}.lua", [host], 100)
            yield (
                place,
                {
                    name: load(traefik, self.backend, lua, seconds)[0]
                    for name, traefik in self.contestants.items()
                },
            )

    def stop(self):
        for traefik in self.contestants.values():
            traefik.stop()


def serve(tools, backend, work, sizes, rounds, seconds):
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
    for rules in sizes:
        size = Size(tools, backend, Path(work) / f"{rules}", rules)
        try:
            taken = size.measure(rounds, seconds)
            (one, one_cpu), (other, other_cpu) = (
                ratio(taken, "ours", "fixed"),
                ratio(taken, "ours", "flat"),
            )
            found[rules] = {
                "ratio_one": one,
                "ratio_flat": other,
                "ratio_one_cpu": one_cpu,
                "ratio_flat_cpu": other_cpu,
            }
            print(
                f"{rules:>6}  "
                + " ".join(f"{median(taken, name, 0):>9.0f}" for name in taken)
                + f"  {one:>7.3f} {other:>7.2f}  {one_cpu:>7.3f} {other_cpu:>7.2f}  "
                + " ".join(f"{median(taken, name, 1):>7.1f}" for name in taken),
                flush=True,
            )
            for place, rps in size.places(1) if rules > 1 else ():
                print(
                    f"{place:>6}  "
                    + " ".join(f"{rps[name]:>9.0f}" for name in rps)
                    + f"  {rps['ours'] / rps['fixed']:>7.3f} {rps['ours'] / rps['flat']:>7.2f}",
                    flush=True,
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
        # The first change after a start costs Traefik more than the others.
        samples = [
            reload_once(
                tools, traefik, manifests, text, (hosts[-1], f"change-{number}.example.com")
            )
            for number in range(rounds + 1)
        ][1:]
    finally:
        traefik.stop()
    return [statistics.median(column) for column in zip(*samples)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="only 10,000 rules and fewer rounds")
    parser.add_argument("--gatefile", required=True)
    parser.add_argument("--traefik", required=True)
    parser.add_argument("--backend", required=True)
    arguments = parser.parse_args()
    sizes, rounds, seconds, reloads = [1, 100, 1_000, 10_000, 50_000], 9, 2, 5
    if arguments.quick:
        sizes, rounds, seconds, reloads = [10_000], 6, 1, 1
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started ends too
    busy = os.getloadavg()[0]
    if busy > 1:
        print(f"note: the machine is busy (load average {busy:.1f})", file=sys.stderr)
    tools = Tools(arguments)
    with tempfile.TemporaryDirectory(prefix="gatefile-serve-") as work:
        backend = Backend(arguments.backend)
        try:
            found = serve(tools, backend, work, sizes, rounds, seconds)
            print("\nreload of 10,000 rules: one route's host changes")
            reloads_of = {
                form: reload_times(tools, backend, work, form, 10_000, reloads)
                for form in ("plugin", "file")
            }
        finally:
            backend.stop()
    for form, (taken, cpu) in reloads_of.items():
        print(f"  {form:6}  published to served {taken:6.2f} s   Traefik's CPU {cpu:6.2f} s")
    words = []
    for rules, values in found.items():
        suffix = "" if rules == 10_000 else f"_{rules}"
        words += [f"{key}{suffix}={value:.3f}" for key, value in values.items()]
    for form, (taken, cpu) in reloads_of.items():
        words += [f"reload_{form}_s={taken:.3f}", f"reload_{form}_cpu_s={cpu:.2f}"]
    print("serve", *words)


if __name__ == "__main__":
    sys.exit(main())
