#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""One agent and Traefiks that are elsewhere: their HTTP provider, plain and over TLS, and a Redis, etcd or Consul between.

Names of these take part of it; Consul, which takes minutes to build, is skipped where it was not built
yet, but for --long."""

import argparse
import http.client
import os
import ssl
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path

sys.dont_write_bytecode = True  # nothing next to the sources
from agent import GATEWAY  # noqa: E402
from authority import Authority  # noqa: E402
from by_store import ByConsul, ByEtcd, ByRedis  # noqa: E402
from remote import Setting, Traefik, never_half, wait  # noqa: E402
from sandbox import ROOT, Failure, Report, prepare_network, run_in_namespace, running_backend  # noqa: E402
from stores import Missing  # noqa: E402

HTTP = 9192


class Http:
    scheme, address = "http", f"127.0.0.1:{HTTP}"

    def __init__(self, work):
        self.token = work / "token"
        self.token.write_text("let me in\n")
        self.setting = Setting(work, f"http={self.address}/lan", "--publish-token-file", str(self.token), *self.options(work))
        self.traefik = Traefik(work, f'http: {{endpoint: "{self.scheme}://127.0.0.1:{HTTP}/lan", pollInterval: "100ms", '
                                     f'headers: {{Authorization: "Bearer let me in"}}{self.more_of_traefik(work)}}}')

    def options(self, _):
        return ()

    def more_of_traefik(self, _):
        return ""

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", HTTP, timeout=10)

    def ask(self, path="/", method="GET", **headers):
        connection = self.connect()
        connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer.status, dict(answer.getheaders()), body

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
        status, headers, body = self.ask("/lan", Authorization="Bearer let me in")
        generation = headers["X-Gatefile-Generation"]
        checks = [
            (status, 200), (headers["ETag"], f'"{generation}"'), (generation.encode() in body, True),
            (body, (self.setting.out / "gatefile.yml").read_bytes()),
            (self.ask("/lan", Authorization="Bearer let me in", If_None_Match=f'W/"x", "{generation}"')[::2], (304, b"")),
            (self.ask("/lan", Authorization="Bearer let me in", If_None_Match='"x"')[0], 200),
            (self.ask("/lan", Authorization="Bearer let me")[0], 401), (self.ask("/lan")[0], 401),
            (self.ask("/", Authorization="Bearer let me in")[0], 404), (self.ask("/lan", "POST")[0], 405),
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
        wait(lambda: self.ask("/lan", Authorization="Bearer let me in")[0] == 200, "what was published before")
        self.traefik.stop()
        self.traefik.start()
        self.setting.expect(200, "always")
        away.rename(self.setting.manifests)

    def paused(self):
        """pause: the addresses of Pods that come and go are followed, and nothing else"""
        self.setting.pauses()

    def rolled_back(self):
        """rollback: an older generation is served, with the addresses of Pods of now, until resume"""
        self.setting.moving("/old", "10.0.0.2")
        self.setting.moving_is_served("/old", "10.0.0.2")
        number = self.setting.number()
        self.setting.moving("/new", "10.0.0.2")
        self.setting.moving_is_served("/new", "10.0.0.2")
        self.setting.do("rollback", number)
        self.setting.moving_is_served("/old", "10.0.0.2")
        self.setting.pods_are_followed("/old", "/new")
        self.setting.do("resume")
        self.setting.moving_is_served("/new", "10.0.0.4")
        self.setting.forget_moving("/new")

    def whole(self):
        """changes under load fail no request"""
        never_half(20, lambda number: (self.setting.route("churn", f"/c{number}"), time.sleep(0.05)))
        self.setting.expect(200, "churn", "/c19")

    def tests(self):
        return self.serves, self.speaks, self.changes, self.paused, self.rolled_back, self.restarts, self.whole

    def close(self):
        self.setting.close()
        self.traefik.stop()


class Https(Http):
    """At all addresses, where a token and TLS are wanted."""

    scheme, address = "https", f":{HTTP}"
    METRICS = "127.0.0.1:9191"

    def options(self, work):
        self.folder = work / "https"
        self.folder.mkdir()
        self.authority = Authority(self.folder)
        self.shown, self.key = self.authority.issue("agent", "/O=agent")
        return "--publish-certificate", str(self.shown), "--publish-key", str(self.key), "--listen", self.METRICS

    def more_of_traefik(self, _):
        return f', tls: {{ca: "{self.folder}/ca.pem"}}'

    def connect(self):
        context = ssl.create_default_context(cafile=f"{self.folder}/ca.pem")
        return http.client.HTTPSConnection("127.0.0.1", HTTP, timeout=10, context=context)

    def put(self, pem, key):
        """What is not None, as tools that renew certificates do it."""
        for new, old in ((pem, self.shown), (key, self.key)):
            if new:
                new.rename(old)

    def shows(self, text):
        """What is on disk is what whoever connects is shown, though it may have ended."""
        return ssl.get_server_certificate(("127.0.0.1", HTTP)) == text

    def tells(self, *codes):
        wait(lambda: all(f"[{code}]" in self.setting.asked() for code in codes), f"the status tells of {codes}")

    def tells_no_more(self, *codes):
        wait(lambda: not any(f"[{code}]" in self.setting.asked() for code in codes), f"the status forgets {codes}")

    def ends_in_days(self):
        """As the metric has it."""
        with urllib.request.urlopen(f"http://{self.METRICS}/metrics", timeout=5) as answer:
            text = answer.read().decode()
        line = next(line for line in text.splitlines() if f'name="{self.shown}"' in line)
        return round((float(line.rpartition(" ")[2]) - time.time()) / 86400)

    def is_told(self):
        """a certificate that ends soon is in the status and the metrics"""
        self.tells("certificate-expiring")
        if f"--publish-certificate {self.shown}" not in self.setting.asked():
            raise Failure(self.setting.asked())
        if self.ends_in_days() != 2:
            raise Failure(f"it ends in {self.ends_in_days()} days")

    def is_renewed(self):
        """a certificate that is renewed on disk is shown; while its key is missing that is told of, and the one from before is shown"""
        before = self.shown.read_text()
        pem, key = self.authority.issue("next", "/O=agent", 60)
        after = pem.read_text()
        self.put(pem, None)
        self.tells("certificate-not-renewed")
        if not self.shows(before):
            raise Failure("the one from before is not shown")
        self.setting.route("meanwhile")
        self.setting.expect(200, "meanwhile")
        self.put(None, key)
        wait(lambda: self.shows(after), "it is shown")
        self.tells_no_more("certificate-not-renewed", "certificate-expiring")
        wait(lambda: self.ends_in_days() == 60, "the metric")
        (self.setting.manifests / "meanwhile.yaml").unlink()
        self.setting.expect(404, "meanwhile")

    def is_renewed_under_load(self):
        """renewals break off no more than what is under way, for a moment"""
        gaps, stop = [], threading.Event()

        def poll():
            good = time.monotonic()
            while not stop.is_set():
                try:
                    if self.ask("/lan", Authorization="Bearer let me in")[0] == 200:
                        gaps.append(time.monotonic() - good)
                        good = time.monotonic()
                except (OSError, http.client.HTTPException):
                    pass
                time.sleep(0.01)

        def renew(_):
            pem, key = self.authority.issue("next", "/O=agent", 60)
            after = pem.read_text()
            self.put(pem, key)
            wait(lambda: self.shows(after), "it is shown")

        poller = threading.Thread(target=poll)
        poller.start()
        try:
            never_half(3, renew)
        finally:
            stop.set()
            poller.join()
        print(f"# {len(gaps)} polls, the longest wait {max(gaps):.2f} s")
        if max(gaps) > 2:
            raise Failure(f"for {max(gaps):.1f} s nothing was answered")

    def ends(self):
        """one that has ended is told of, Traefik serves on without news, and takes them with the next one"""
        pem, key = self.authority.issue("next", "/O=agent", -1)
        after = pem.read_text()
        self.put(pem, key)
        wait(lambda: self.shows(after), "it is shown")
        self.tells("certificate-expired")
        self.setting.route("late")
        time.sleep(1)
        self.setting.expect(200, "always", within=0.5)
        self.setting.expect(404, "late", within=0.5)
        self.put(*self.authority.issue("next", "/O=agent", 60))
        self.setting.expect(200, "late", within=40)
        self.tells_no_more("certificate-expired")

    def tests(self):
        return (self.serves, self.speaks, self.changes, self.is_told, self.is_renewed, self.restarts, self.is_renewed_under_load,
                self.whole, self.ends)


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


CASES = {"http": Http, "https": Https, "redis": ByRedis, "etcd": ByEtcd, "consul": ByConsul}

if __name__ == "__main__":
    if "CONSUL" not in os.environ:
        how = [] if "--long" in sys.argv else ["--if-there"]
        found = subprocess.run([ROOT / "tests/tools/consul.sh", *how], stdout=subprocess.PIPE, text=True, check=False)
        os.environ["CONSUL"] = found.stdout.strip()
    sys.exit(run_in_namespace(run))
