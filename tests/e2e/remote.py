# SPDX-License-Identifier: Apache-2.0
"""What the tests of one agent and Traefiks elsewhere have in common."""

import http.client
import json
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from agent import ROUTE, pods_of
from case_requests import Client, Log
from sandbox import ROOT, Failure
from stock_traefik import API, ask_api

BINARY = os.environ.get("GATEFILE", str(ROOT / "build/dev/src/cli/gatefile"))
HEADERS = """
      filters:
        - {{type: RequestHeaderModifier, requestHeaderModifier: {{set: [{{name: X-Version, value: "{version}"}}], remove: [{remove}]}}}}
"""


def wait(probe, what, within=15.0):
    end = time.monotonic() + within
    while True:
        try:
            found = probe()
            if found:
                return found
        except (OSError, http.client.HTTPException):
            pass
        if time.monotonic() > end:
            raise Failure(f"{what}: not within {within} s")
        time.sleep(0.01)


class Traefik:
    """A stock one with one provider."""

    def __init__(self, work, provider, plugin=False):
        self.work = Path(tempfile.mkdtemp(prefix="remote-", dir=work))
        if plugin:
            shutil.copytree(ROOT / "src/plugin", self.work / "plugins-local/src/gatefile.dev/traefik-plugin",
                            ignore=shutil.ignore_patterns("*_test.go"))
        self.log = self.work / "traefik.log"
        (self.work / "static.yaml").write_text(f"""
entryPoints:
  web: {{address: ":8000"}}
  traefik: {{address: "127.0.0.1:{API}"}}
global: {{checkNewVersion: false, sendAnonymousUsage: false}}
api: {{insecure: true}}
log: {{level: INFO, format: json, filePath: "{self.log}"}}
providers:
  providersThrottleDuration: 0
  {provider}
""")
        self.process = None
        self.start()

    def start(self):
        with (self.work / "traefik.out").open("a") as output:
            self.process = subprocess.Popen([os.environ["TRAEFIK"], "--configfile=static.yaml"], cwd=self.work,
                                            stdout=output, stderr=subprocess.STDOUT)
        wait(lambda: self.api("/api/overview"), "Traefik's API")

    api = staticmethod(ask_api)

    def errors(self):
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        return [line for line in lines if json.loads(line).get("level") in ("error", "fatal")]

    def stop(self):
        self.process.terminate()
        self.process.wait(20)


class Setting:
    def __init__(self, work, target, *options, api=True):
        self.manifests = Path(tempfile.mkdtemp(prefix="manifests-", dir=work))
        self.out = Path(tempfile.mkdtemp(prefix="out-", dir=work))
        self.log = (work / f"scale-{target.partition('=')[0]}.log").open("w+")
        self.command = [BINARY, "agent", "-f", str(self.manifests), "--out", str(self.out), "--entrypoint", "web=:8000",
                        "--port-map", "80=8000", "--publish", target, *options]
        if api:
            self.command += ["--traefik-api", f"http://127.0.0.1:{API}"]
        self.client = Client()
        self.agent = None

    def start(self):
        self.agent = subprocess.Popen(self.command, stderr=self.log)

    def end(self, number=signal.SIGTERM):
        self.agent.send_signal(number)
        return self.agent.wait(20)

    def asked(self):
        return subprocess.run([BINARY, "status", "--out", str(self.out)], capture_output=True, text=True, timeout=40, check=False).stdout

    def do(self, command, *words, code=0):
        done = subprocess.run([BINARY, command, "--out", str(self.out), *words], capture_output=True, text=True, timeout=40, check=False)
        if done.returncode != code:
            raise Failure(f"{command} ends with {done.returncode}, not {code}: {done.stdout}{done.stderr}")
        return done.stdout + done.stderr

    def number(self):
        """Of the generation that is published, in the history."""
        return next(str(entry["number"]) for entry in json.loads(self.do("history", "--report", "json")) if entry["current"])

    def write(self, name, text):
        temporary = self.manifests / f".{name}.new"
        temporary.write_text(text)
        temporary.rename(self.manifests / f"{name}.yaml")

    @staticmethod
    def route_text(name, path="/", version="", remove=""):
        text = ROUTE.format(name=name, path=path)
        return text + HEADERS.format(version=version, remove=remove).lstrip("\n") if version else text

    def route(self, name, path="/", version="", remove=""):
        self.write(name, self.route_text(name, path, version, remove))

    def send(self, name, path="/"):
        return self.client.send({"to": "127.0.0.1:8000", "method": "GET", "host": f"{name}.example", "target": path})

    def expect(self, status, name, path="/", within=15.0):
        began = time.monotonic()
        while (have := self.send(name, path)["status"]) != status:
            if time.monotonic() > began + within:
                raise Failure(f"{name}{path} answers {have}, not {status}, after {within} s\n" +
                              "\n".join(Path(self.log.name).read_text().splitlines()[-8:]))
            time.sleep(0.01)
        return time.monotonic() - began

    def moving(self, path, *addresses):
        """A route to a Service of its own, with these Pods."""
        self.write("pods", pods_of(*addresses))
        self.write("moving", ROUTE.format(name="moving", path=path).replace("name: one", "name: pods"))

    def moving_is_served(self, path, address):
        """By that Pod."""
        def served():
            Log.reset()
            return self.send("moving", path)["status"] == 200 and Log.read()[-1]["address"] == address

        wait(served, f"{path} is served by {address}")

    def pods_are_followed(self, path, other):
        """While something is held: they go, and come with another address, and a route that changes does not."""
        self.write("pods", pods_of("10.0.0.3"))
        self.moving_is_served(path, "10.0.0.3")
        self.write("pods", pods_of())
        self.expect(503, "moving", path)
        self.write("pods", pods_of("10.0.0.4"))
        self.moving_is_served(path, "10.0.0.4")
        self.expect(404, "moving", other, within=0.5)

    def pauses(self):
        self.moving("/old", "10.0.0.2")
        self.moving_is_served("/old", "10.0.0.2")
        self.do("pause")
        self.moving("/new", "10.0.0.2")
        self.pods_are_followed("/old", "/new")
        self.do("resume")
        self.moving_is_served("/new", "10.0.0.4")
        self.forget_moving("/new")

    def forget_moving(self, path):
        for name in ("moving", "pods"):
            (self.manifests / f"{name}.yaml").unlink()
        self.expect(404, "moving", path)

    def close(self):
        if self.agent and self.agent.poll() is None:
            self.end(signal.SIGKILL)
        self.client.stop()


def never_half(rounds, step, host="always.example", pause=0.0):
    """Runs step(number) again and again under load on a route that all generations have; `pause` is between requests."""
    wrong, stop = [], threading.Event()

    def load():
        client = Client()
        order = {"to": "127.0.0.1:8000", "method": "GET", "host": host, "target": "/"}
        while not stop.is_set():
            answer = client.send(order)
            if answer["status"] != 200:
                wrong.append(answer)
            stop.wait(pause)
        client.stop()

    loader = threading.Thread(target=load)
    loader.start()
    try:
        for number in range(rounds):
            step(number)
    finally:
        stop.set()
        loader.join()
    if wrong:
        raise Failure(f"{len(wrong)} requests failed, such as {wrong[0]}")
