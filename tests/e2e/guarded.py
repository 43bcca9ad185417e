#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Traefik's API with a password, as samples/kubernetes/kustomize/api-password has it: stock Traefik runs with the very arguments that
Kustomize makes of example-daemonset, the agent with its settings and the Secret's URL. Prints TAP."""

import base64
import http.client
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

sys.dont_write_bytecode = True  # nothing next to the sources
from agent import GATEWAY, ROUTE  # noqa: E402
from operated import equal, sockets_of, until  # noqa: E402
from sandbox import ROOT, Failure, Report, prepare_network, run_in_namespace  # noqa: E402

GATEFILE = os.environ.get("GATEFILE", str(ROOT / "build/dev/src/cli/gatefile"))
README = (ROOT / "samples/kubernetes/README.md").read_text()
RENDERED = (ROOT / "tests/install/rendered/example-daemonset.yaml").read_text()
# Where the Pods have their volumes.
PLACES = ("/run/gatefile", "/etc/traefik-api", "/etc/traefik-users")
LOOPBACK, EVERYWHERE = "0100007F", "0" * 32


def moved(text, work):
    for place in PLACES:
        text = re.sub(rf"{place}\b", str(work / place.rpartition("/")[2]), text)
    return text


def held(name):
    """What a ConfigMap has under this name."""
    return re.sub(r"(?m)^    ", "", re.search(rf"(?m)^  {name}: \|-?\n((?:    .*\n)+)", RENDERED)[1])


def secret(work):
    """The README's commands, with a kubectl that prints what it was to make."""
    commands = re.search(r"(?m)^    password=.*\n(?:.*\n)*?(?=\n)", README)[0]
    kubectl = work / "kubectl"
    kubectl.write_text("#!/bin/sh\nprintf '%s\\n' \"$@\"\n")
    kubectl.chmod(0o755)
    told = subprocess.run(["sh", "-ec", commands], env={**os.environ, "PATH": f"{work}:{os.environ['PATH']}"}, capture_output=True, text=True,
                          check=True).stdout
    return dict(re.findall(r"(?m)^--from-literal=(\w+)=(.*)$", told))


def get(port, path, url=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    user = re.search(r"//(.+)@", url)[1] if url else None
    try:
        connection.request("GET", path, headers={"Authorization": "Basic " + base64.b64encode(user.encode()).decode()} if user else {})
        return connection.getresponse().status
    finally:
        connection.close()


class Guarded:
    def __init__(self, work):
        self.work = work
        self.out = work / "gatefile"
        for place in PLACES:
            (work / place.rpartition("/")[2]).mkdir()
        self.secret = secret(work)
        (work / "traefik-users/users").write_text(self.secret["users"] + "\n")
        (work / "traefik-api/guard.yaml").write_text(moved(held("guard.yaml"), work))
        (work / "in.yaml").write_text(GATEWAY + "---" + ROUTE.format(name="a", path="/"))
        # Manifests in place of the cluster; all else is as in the ConfigMap.
        settings = re.sub(r"(?m)^(from|watch-namespace|lease): .*\n", "", moved(held("gatefile.yaml"), work))
        (work / "settings.yaml").write_text(f"filename: [{work}/in.yaml]\n{settings}")
        subprocess.run([GATEFILE, "static", "-f", ROOT / "samples/two-gateways.yaml", "--to", "plugin", "--out", self.out, "--write-plugin", work],
                       check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, timeout=30)
        arguments = re.search(r"(?m)^      - args:\n((?:        - --\S+\n)+)(?=        image: traefik:)", RENDERED)[1]
        words = [moved(word, work) for word in re.findall(r"- (--\S+)\n", arguments)]
        self.log = (work / "traefik.log").open("w+")
        self.agent_log = (work / "agent.log").open("w+")
        self.traefik = subprocess.Popen([os.environ["TRAEFIK"], *words], cwd=work, stdout=self.log, stderr=self.log)

    def said(self):
        return "".join(Path(log.name).read_text()[-1500:] for log in (self.log, self.agent_log))

    def status(self):
        done = subprocess.run([GATEFILE, "status", "--out", self.out, "--report", "json"], capture_output=True, text=True, timeout=30, check=False)
        return {"problems": [], "traefik": {}, **json.loads(done.stdout or "{}")}

    def agent_until(self, environment, condition):
        agent = subprocess.Popen([GATEFILE, "agent", "--config", self.work / "settings.yaml"], stdout=self.agent_log, stderr=self.agent_log,
                                 env={**os.environ, **environment})
        try:
            until(lambda: condition(self.status()), lambda: f"{self.status()} {self.said()}", 15)
        finally:
            agent.terminate()
            agent.wait(15)

    # The tests, in order.

    def is_guarded(self):
        """without the password the API answers 401, with it 200; /ping needs none, and both listen on loopback"""
        until(lambda: self.traefik.poll() is not None or {9190, 9192} <= {port for _, _, port in sockets_of(self.traefik.pid)}, self.said, 20)
        until(lambda: get(9190, "/api/rawdata") == 401, lambda: f"{get(9190, '/api/rawdata')} {self.said()}", 10)
        equal("with the password", get(9190, "/api/rawdata", self.secret["url"]), 200)
        equal("with another", get(9190, "/api/rawdata", self.secret["url"].replace("@", "x@")), 401)
        equal("/ping", get(9192, "/ping"), 200)
        equal("what listens", sockets_of(self.traefik.pid),
              {("tcp", LOOPBACK, 9190), ("tcp", LOOPBACK, 9192), ("tcp6", EVERYWHERE, 8000), ("tcp6", EVERYWHERE, 8443)})

    def agent_with(self):
        """the agent with the Secret's URL sees what Traefik serves, and shows the password nowhere"""
        self.agent_until({"GATEFILE_TRAEFIK_API": self.secret["url"]}, lambda facts: facts["traefik"].get("serves") == "yes")
        password = re.search(r":(\w+)@", self.secret["url"])[1]
        if password in Path(self.agent_log.name).read_text():
            raise Failure("the password is in the log")

    def agent_without(self):
        """the agent without it says that Traefik's API refuses it"""
        self.agent_until({}, lambda facts: any(one["code"] == "traefik-unreachable" and "401; --traefik-api lacks the user" in one["what"]
                                               for one in facts["problems"]))

    def loads_cleanly(self):
        """Traefik's log has no error"""
        time.sleep(0.2)
        found = [line for line in Path(self.log.name).read_text().splitlines() if re.search(r"\b(ERR|FTL|PNC)\b", line)]
        equal("errors", found, [])

    def close(self):
        self.traefik.terminate()
        self.traefik.wait(20)


def run(work):
    prepare_network()
    report = Report()
    guarded = Guarded(work)
    try:
        report.play((guarded.is_guarded, guarded.agent_with, guarded.agent_without, guarded.loads_cleanly))
    finally:
        guarded.close()
    return report.end()


if __name__ == "__main__":
    sys.exit(run_in_namespace(run))
