# SPDX-License-Identifier: Apache-2.0
"""What tests of an operated agent need: the agent beside a stock Traefik, its status, an API that tells a version, load."""

import http.client
import http.server
import json
import os
import shutil
import subprocess
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

from agent import GRACE, Setting
from case_requests import Client
from cases import DEFAULT_STATIC
from sandbox import ROOT, Failure
from stock_traefik import API

BINARY = os.environ.get("GATEFILE", str(ROOT / "build/dev/src/cli/gatefile"))
VISIBLE = 5  # seconds within which a fault is in the status
PUBLISHED = {"file": "gatefile.yml", "plugin": "gatefile.json"}
INNER = 8099
LISTEN = "127.0.0.1:9191"
BEFORE = 9188  # the port of an Api


def equal(what, found, wanted):
    if found != wanted:
        raise Failure(f"{what} is {found!r}, not {wanted!r}")


def until(condition, what, within):
    end = time.monotonic() + within
    while not condition():
        if time.monotonic() > end:
            raise Failure(f"not within {within} s: {what() if callable(what) else what}")
        time.sleep(0.05)


def sockets_of(pid):
    """Addresses of the TCP and UDP sockets of a process that wait for others."""
    inodes = set()
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        try:
            inodes.add(os.readlink(entry))
        except OSError:
            continue
    found = set()
    for protocol, states in (("tcp", ("0A",)), ("tcp6", ("0A",)), ("udp", ("07",)), ("udp6", ("07",))):
        for line in Path(f"/proc/{pid}/net/{protocol}").read_text().splitlines()[1:]:
            fields = line.split()
            if f"socket:[{fields[9]}]" in inodes and fields[3] in states:
                address, _, port = fields[1].rpartition(":")
                found.add((protocol, address, int(port, 16)))
    return found


class Api:
    """Traefik's API at another port, which comes and goes, knows who may ask, and may tell another version."""

    def __init__(self, version=None):
        self.version = version
        api = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                if self.headers.get("Authorization") != "Basic bWU6d29yZA==":  # me:word
                    self.send_error(401)
                    return
                try:
                    with urllib.request.urlopen(f"http://127.0.0.1:{API}{self.path}", timeout=5) as answer:
                        status, body = answer.status, answer.read()
                except urllib.error.HTTPError as error:
                    status, body = error.code, error.read()
                if api.version and self.path == "/api/version":
                    body = json.dumps({**json.loads(body), "Version": api.version}).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.handler = Handler

    def __enter__(self):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", BEFORE), self.handler)
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def restart(self, version):
        self.__exit__()
        time.sleep(1)
        self.version = version
        self.__enter__()


class Load:
    """Requests for one route all the time; `with` fails if one of them was not answered 200."""

    def __init__(self, host):
        self.order = {"to": "127.0.0.1:8000", "method": "GET", "host": host, "target": "/"}
        self.bad, self.sent, self.over = [], 0, threading.Event()
        self.thread = threading.Thread(target=self._run)

    def _run(self):
        client = Client()
        while not self.over.is_set():
            answer = client.send(self.order)
            self.sent += 1
            if answer["status"] != 200:
                self.bad.append(answer)
        client.stop()

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, kind, *_):
        self.over.set()
        self.thread.join()
        if kind is None and (self.bad or not self.sent):
            raise Failure(f"{len(self.bad)} of {self.sent} requests failed: {self.bad[:1]}")


class Operated(Setting):
    static = DEFAULT_STATIC + (f'  gatefile-inner:\n    address: "127.0.0.1:{INNER}"\n    forwardedHeaders: {{trustedIPs: ["127.0.0.1/32"]}}\n')

    def __init__(self, form, work):
        super().__init__(form, work)
        self.state = work / f"state-{form}"
        self.api = f"127.0.0.1:{API}"
        self.told = ("--traefik-config", str(self.traefik.work / "static.yaml"))

    def start(self, *more):
        before = self.starts()
        self.agent = subprocess.Popen(
            [BINARY, "agent", "-f", str(self.manifests), "--to", self.form, "--out", str(self.out), *self.told,
             "--port-map", "80=8000,443=8443", "--grace", f"{GRACE}s", "--traefik-api",
             f"http://{self.api}", *more], stderr=self.log)
        until(lambda: self.starts() > before or self.agent.poll() is not None, self.said, 10)
        if self.agent.poll() is not None:
            raise Failure(self.said())
        until(self.socket.exists, "there is a control socket", 5)

    @property
    def socket(self):
        return self.out / ".gatefile" / "agent.sock"

    def said(self):
        return Path(self.log.name).read_text()[-2000:]

    def do(self, *words, code=0):
        # Where nothing else may be written, as in a container with a file system that is read only.
        done = subprocess.run([BINARY, words[0], "--out", str(self.out), *words[1:]], capture_output=True, text=True, timeout=40,
                              env={**os.environ, "TMPDIR": "/proc"}, check=False)
        if code is not None and done.returncode != code:
            raise Failure(f"{words} ends with {done.returncode}, not {code}: {done.stdout}{done.stderr}")
        return done.stdout

    def facts(self):
        return json.loads(self.do("status", "--report", "json", code=None))

    def codes(self):
        return {problem["code"] for problem in self.facts().get("problems", [])}

    def shows(self, code, *words, within=VISIBLE):
        """A problem is told, with these words in its text."""
        def told():
            text = self.do("status", code=None)
            return code in self.codes() and all(word in text for word in (code, *words))

        until(told, lambda: f"the status says {code}, {words}: {self.do('status', code=None)}", within)
        self.do("status", code=1)

    def is_well(self, within=15):
        def well():
            facts = self.facts()
            return facts.get("ok") and facts["traefik"].get("serves") != "soon"

        until(well, lambda: self.do("status", code=None), within)

    def history(self):
        return json.loads(self.do("history", "--report", "json"))

    # The tests, in order.

    def published_says(self):
        return self.asked("/readyz/published")

    def seconds(self):
        """Of processor time, since the agent's start."""
        fields = Path(f"/proc/{self.agent.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def reboot(self):
        """What is in memory is gone, for Traefik, too."""
        for entry in self.out.iterdir():
            if entry.is_dir():
                shutil.rmtree(entry)
            else:
                entry.unlink()
        if self.form == "file":  # the plugin goes on with what it has read
            self.expect(404, "a", within=10)
