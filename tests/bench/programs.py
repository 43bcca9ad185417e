# SPDX-License-Identifier: Apache-2.0
"""The programs that `serve` measures: the backend, a stock Traefik with one provider, gatefile."""

import http.client
import json
import os
import resource
import socket
import subprocess
import time
from pathlib import Path

import generate

ENTRY_POINT = "web"
TICKS = os.sysconf("SC_CLK_TCK")
LOAD_LIMIT = 600  # seconds; the flat shape needs most of a minute at 50,000 rules


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
