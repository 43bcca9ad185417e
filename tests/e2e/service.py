#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The agent as a service: what it tells systemd and when, its log beside Traefik's, a port that is taken, and a Traefik that is
newer than what it knows."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time

sys.dont_write_bytecode = True  # nothing next to the sources
from agent import GATEWAY  # noqa: E402
from cases import FORMATS  # noqa: E402
from operated import BEFORE, BINARY, LISTEN, PUBLISHED, Api, Load, Operated, equal, until  # noqa: E402
from sandbox import Failure, Report, play_in_formats, prepare_network, run_in_namespace, running_backend  # noqa: E402

WATCHDOG = 1.0  # seconds, as WatchdogSec= would say
NEWER = "3.99.0"
INFO = re.compile(r'(?m)^.*(?:"level":"info"| INF ).*\n')
KUBECONFIG = """
apiVersion: v1
kind: Config
current-context: away
clusters: [{{name: away, cluster: {{server: "http://127.0.0.1:{port}"}}}}]
users: [{{name: nobody, user: {{token: none}}}}]
contexts: [{{name: away, context: {{cluster: away, user: nobody}}}}]
"""


def plain(log):
    """Without Traefik's colours."""
    return re.sub(r"\x1b\[\d*m", "", log.read_text())


class Systemd:
    """The socket of $NOTIFY_SOCKET: what came, when, and whether there was a file for Traefik by then."""

    def __init__(self, path, published):
        self.path, self.published = path, published
        self.told_by = {"NOTIFY_SOCKET": str(path), "WATCHDOG_USEC": str(int(WATCHDOG * 1e6))}
        self.told = []
        self.began = time.monotonic()
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(path))
        self.socket.settimeout(0.1)
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self):
        while not self.over.is_set():
            try:
                text = self.socket.recv(4096).decode()
            except TimeoutError:
                continue
            self.told.append((time.monotonic() - self.began, text.split("\n"), self.published.exists()))

    def all(self, word):
        return [one for one in list(self.told) if word in one[1]]

    def close(self):
        self.over.set()
        self.thread.join()
        self.socket.close()
        self.path.unlink()


class Serviced(Operated):
    def systemd(self, name):
        return Systemd(self.manifests.with_name(f"notify-{name}-{self.form}"), self.out / PUBLISHED[self.form])

    def all_is_well(self):
        """what the directory holds is served"""
        self.write("gateway", GATEWAY)
        self.route("a")
        self.start("--listen", LISTEN)
        self.expect(200, "a")
        self.is_well()

    def tells_systemd(self):
        """sd_notify: READY once Traefik has what to serve, WATCHDOG in time, RELOADING and READY at SIGHUP, STOPPING at the end"""
        self.end()
        (self.out / PUBLISHED[self.form]).unlink()
        (self.out / ".gatefile/owned").unlink()
        systemd = self.systemd("told")
        os.environ.update(systemd.told_by)
        try:
            self.start("--listen", LISTEN)
            until(lambda: systemd.all("READY=1"), lambda: systemd.told, 5)
            if not systemd.all("READY=1")[0][2]:
                raise Failure("READY came when nothing was published")
            time.sleep(2.5 * WATCHDOG)
            times = [at for at, _, _ in systemd.all("WATCHDOG=1")]
            gaps = [later - earlier for earlier, later in zip(times, times[1:])]
            if len(times) < 3 or max(gaps) >= WATCHDOG:
                raise Failure(f"WATCHDOG came at {times}")
            self.agent.send_signal(signal.SIGHUP)
            until(lambda: len(systemd.all("READY=1")) == 2, lambda: systemd.told, 5)
            words = [line for _, lines, _ in systemd.told for line in lines if line in ("RELOADING=1", "READY=1")]
            equal("what came in which order", words, ["READY=1", "RELOADING=1", "READY=1"])
            stamp = int(next(line for line in systemd.all("RELOADING=1")[0][1] if line.startswith("MONOTONIC_USEC=")).partition("=")[2])
            if not 0 <= time.clock_gettime(time.CLOCK_MONOTONIC) - stamp / 1e6 < 10:
                raise Failure(f"MONOTONIC_USEC is {stamp}")
            self.end()
            time.sleep(0.3)
            equal("the last word", systemd.told[-1][1], ["STOPPING=1"])
        finally:
            for name in systemd.told_by:
                del os.environ[name]
            systemd.close()
        self.start("--listen", LISTEN)
        self.expect(200, "a")
        self.is_well()

    def ready_at(self, name, port, *words):
        """When READY came of an agent whose API server is at this port, and the last lines of it."""
        systemd = self.systemd(name)
        kubeconfig = self.manifests.with_name(f"away-{name}-{self.form}")
        kubeconfig.write_text(KUBECONFIG.format(port=port))
        agent = subprocess.Popen([BINARY, "agent", "--from", "cluster", "--kubeconfig", str(kubeconfig), "--to", self.form,
                                  "--out", str(self.out.with_name(f"{name}-{self.form}")), *self.told, *words],
                                 stderr=self.log, env={**os.environ, **systemd.told_by})
        try:
            until(lambda: systemd.all("READY=1"), lambda: f"{systemd.told} {self.said()}", 15)
            agent.send_signal(signal.SIGHUP)
            until(lambda: len(systemd.all("READY=1")) == 2, lambda: f"READY comes after RELOADING: {systemd.told}", 5)
            equal("how often RELOADING came", len(systemd.all("RELOADING=1")), 1)
            return systemd.all("READY=1")[0][:2]
        finally:
            agent.terminate()
            agent.wait(15)
            systemd.close()

    def ready_in_time(self):
        """--startup-timeout: nobody waits longer for READY, whether the API server refuses or is silent, nor after a reload; 10 s is the default"""
        with socket.socket() as silent, socket.socket() as refusing:
            for one in (silent, refusing):
                one.bind(("127.0.0.1", 0))
            silent.listen(64)
            for name, server, seconds, words in (("refused", refusing, 2, ("--startup-timeout", "2s")), ("silent", silent, 10, ())):
                at, lines = self.ready_at(name, server.getsockname()[1], *words)
                if not seconds - 0.5 < at < seconds + 1.5:
                    raise Failure(f"{name}: READY after {at:.1f} s, not {seconds}")
                equal("what is told with it", [line for line in lines if line.startswith("STATUS=")], ["STATUS=nothing is published yet"])
        shown = subprocess.run([BINARY, "config", "view", "agent"], capture_output=True, text=True, timeout=20, check=True).stdout
        equal("startup-timeout", re.findall(r"(?m)^startup-timeout: .*", shown), ['startup-timeout: "10s"  # default'])

    def port_is_taken(self):
        """--listen: an address that is taken is told, the agent ends with 3, and what is published is served on"""
        self.end()
        with socket.create_server(tuple([LISTEN.partition(":")[0], int(LISTEN.partition(":")[2])])):
            with Load("a.example"):
                done = subprocess.run([BINARY, "agent", "-f", str(self.manifests), "--to", self.form, "--out", str(self.out), *self.told,
                                       "--listen", LISTEN], capture_output=True, text=True, timeout=20, check=False)
                time.sleep(1)
        equal("the exit code", done.returncode, 3)
        if f"listening on {LISTEN}" not in done.stderr or "Address already in use" not in done.stderr:
            raise Failure(done.stderr)
        self.start("--listen", LISTEN)
        self.is_well()

    def lines_of(self, form):
        """(a line of stock Traefik, a line of the agent) in a form of the log, both of level info."""
        found = []
        out = self.manifests.with_name(f"logged-{form}-{self.form}")
        for name, words in (
                ("traefik", [os.environ["TRAEFIK"], f"--log.format={form}", "--log.level=INFO", "--entryPoints.one.address=127.0.0.1:0",
                             "--global.checkNewVersion=false", "--global.sendAnonymousUsage=false"]),
                ("agent", [BINARY, "agent", "-f", str(self.manifests), "--to", "file", "--out", str(out), *self.told, "--log-format", form])):
            log = self.manifests.with_name(f"log-{name}-{form}-{self.form}")
            with log.open("w") as stream:
                process = subprocess.Popen(words, stdout=stream, stderr=stream)
            try:
                until(lambda file=log: INFO.search(plain(file)), lambda file=log: f"{name} logs something: {file.read_text()}", 10)
            finally:
                process.terminate()
                process.wait(15)
            found.append(INFO.search(plain(log))[0])
        return found

    def logs_as_traefik(self):
        """--log-format: a line has what Traefik's has, by the same names and in the same form"""
        traefik, mine = (json.loads(line) for line in self.lines_of("json"))

        def form(line):
            return {key: re.sub(r"\d", "0", line[key]) if key == "time" else line[key] if key == "level" else type(line[key]).__name__
                    for key in ("level", "time", "message")}
        equal("a line", form(mine), form(traefik))
        pattern = r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:Z|[+-]\d\d:\d\d)) INF [A-Za-z].* \w+=\S+"
        for line in self.lines_of("common"):
            if not re.match(pattern, line):
                raise Failure(f"no line like the other one's: {line}")

    def newer_traefik(self):
        """status: a Traefik that is newer than what is known is told of, is no fault, and is served"""
        self.end()
        api, self.api = self.api, f"me:word@127.0.0.1:{BEFORE}"
        try:
            with Api(NEWER):
                self.start("--listen", LISTEN)
                until(lambda: "traefik-newer" in self.codes(), self.said, 10)
                self.is_well()
                text = self.do("status", code=0)
                for word in (NEWER, "traefik-newer", "newer gatefile"):
                    if word not in text:
                        raise Failure(f"{word} is not in {text}")
                self.route("new")
                self.expect(200, "new")
                until(lambda: self.facts()["traefik"]["serves"] == "yes", self.facts, 5)
                self.end()
        finally:
            self.api = api
        self.start("--listen", LISTEN)
        until(lambda: "traefik-newer" not in self.codes(), self.codes, 10)

    def loads_cleanly(self):
        """Traefik's log has no error"""
        self.end()
        if self.traefik.errors():
            raise Failure(self.traefik.errors_text())

    def tests(self):
        return (self.all_is_well, self.tells_systemd, self.ready_in_time, self.port_is_taken, self.logs_as_traefik, self.newer_traefik,
                self.loads_cleanly)


def run(work):
    prepare_network()
    report = Report()
    with running_backend():
        play_in_formats(Serviced, FORMATS, work, report)
    return report.end()


if __name__ == "__main__":
    sys.exit(run_in_namespace(run))
