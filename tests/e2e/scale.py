#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""One agent and Traefiks that are elsewhere: their HTTP provider, and a Redis, etcd or Consul between.

Names of these take part of it; Consul, which takes minutes to build, is skipped where it was not built
yet, but for --long."""

import argparse
import http.client
import os
import subprocess
import sys
import time
from pathlib import Path

sys.dont_write_bytecode = True  # nothing next to the sources
from agent import GATEWAY  # noqa: E402
from by_store import ByConsul, ByEtcd, ByRedis  # noqa: E402
from remote import Setting, Traefik, never_half, wait  # noqa: E402
from sandbox import ROOT, Failure, Report, prepare_network, run_in_namespace, running_backend  # noqa: E402
from stores import Missing  # noqa: E402

HTTP = 9192


def ask(path="/", method="GET", **headers):
    connection = http.client.HTTPConnection("127.0.0.1", HTTP, timeout=10)
    connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, dict(answer.getheaders()), body


class Http:
    def __init__(self, work):
        self.token = work / "token"
        self.token.write_text("let me in\n")
        self.setting = Setting(work, f"http=127.0.0.1:{HTTP}/lan", "--publish-token-file", str(self.token))
        self.traefik = Traefik(work, f'http: {{endpoint: "http://127.0.0.1:{HTTP}/lan", pollInterval: "100ms", '
                                     'headers: {Authorization: "Bearer let me in"}}')

    def serves(self):
        """a Traefik that asks serves what is published, and the agent sees it"""
        self.setting.write("gateway", GATEWAY)
        self.setting.route("always")
        self.setting.start()
        self.setting.expect(200, "always")
        self.setting.expect(404, "z")
        wait(lambda: "Traefik serves the generation" in Path(self.setting.log.name).read_text(), "the proof")

    def speaks(self):
        """ETag, generation, 304, 401, 404, 405"""
        status, headers, body = ask("/lan", Authorization="Bearer let me in")
        generation = headers["X-Gatefile-Generation"]
        checks = [
            (status, 200), (headers["ETag"], f'"{generation}"'), (generation.encode() in body, True),
            (body, (self.setting.out / "gatefile.yml").read_bytes()),
            (ask("/lan", Authorization="Bearer let me in", If_None_Match=f'W/"x", "{generation}"')[::2], (304, b"")),
            (ask("/lan", Authorization="Bearer let me in", If_None_Match='"x"')[0], 200),
            (ask("/lan", Authorization="Bearer let me")[0], 401), (ask("/lan")[0], 401),
            (ask("/", Authorization="Bearer let me in")[0], 404), (ask("/lan", "POST")[0], 405),
        ]
        for number, (have, want) in enumerate(checks):
            if have != want:
                raise Failure(f"check {number}: {have}, not {want}")

    def changes(self):
        """a change, a removal, and filters"""
        self.setting.route("b")
        self.setting.expect(200, "b")
        (self.setting.manifests / "b.yaml").unlink()
        self.setting.expect(404, "b")

    def restarts(self):
        """agent and Traefik restart, each serves what was there, the agent before it has read anything"""
        self.setting.end()
        self.setting.expect(200, "always", within=0.5)
        away = self.setting.manifests.with_name("away")
        self.setting.manifests.rename(away)
        self.setting.start()
        wait(lambda: ask("/lan", Authorization="Bearer let me in")[0] == 200, "what was published before")
        self.traefik.stop()
        self.traefik.start()
        self.setting.expect(200, "always")
        away.rename(self.setting.manifests)

    def whole(self):
        """changes under load fail no request"""
        never_half(20, lambda number: (self.setting.route("churn", f"/c{number}"), time.sleep(0.05)))
        self.setting.expect(200, "churn", "/c19")

    def tests(self):
        return self.serves, self.speaks, self.changes, self.restarts, self.whole

    def close(self):
        self.setting.close()
        self.traefik.stop()


def run(work):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="|".join(CASES))
    parser.add_argument("--long", action="store_true", help="build Consul where it is missing")
    arguments = parser.parse_args()
    prepare_network()
    report = Report()
    with running_backend():
        play_stores(arguments.names or CASES, work, report)
    return report.end()


def play_stores(names, work, report):
    for name in names:
        try:
            setting = CASES[name](work)
        except Missing as missing:
            print(f"# skipped: {name}: {missing}")
            continue
        try:
            report.play(setting.tests(), f"{name}: {{}}")
        finally:
            setting.close()


CASES = {"http": Http, "redis": ByRedis, "etcd": ByEtcd, "consul": ByConsul}

if __name__ == "__main__":
    if "CONSUL" not in os.environ:
        how = [] if "--long" in sys.argv else ["--if-there"]
        found = subprocess.run([ROOT / "tests/tools/consul.sh", *how], stdout=subprocess.PIPE, text=True, check=False)
        os.environ["CONSUL"] = found.stdout.strip()
    sys.exit(run_in_namespace(run))
