#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The agent as its operators see it: status, history, rollback, pause and resume beside a stock Traefik, a start from --state-dir,
and what listens."""

import http.client
import http.server
import json
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

sys.dont_write_bytecode = True  # nothing next to the sources
from agent import GATEWAY, GRACE, ROUTE, Setting, pods_of  # noqa: E402
from case_requests import Client  # noqa: E402
from cases import DEFAULT_STATIC, FORMATS  # noqa: E402
from sandbox import ROOT, Failure, Report, play_in_formats, prepare_network, run_in_namespace, running_backend  # noqa: E402
from stock_traefik import API, PROVIDER  # noqa: E402

BINARY = os.environ.get("GATEFILE", str(ROOT / "build/dev/src/cli/gatefile"))
VISIBLE = 5  # seconds within which a fault is in the status
PUBLISHED = {"file": "gatefile.yml", "plugin": "gatefile.json"}
INNER = 8099
LISTEN = "127.0.0.1:9191"
BEFORE = 9188  # the port of an Api
QUIET = """
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: quiet, namespace: infra}
spec:
  gatewayClassName: gatefile
  listeners:
    - {name: web, port: 80, protocol: HTTP, hostname: quiet.example, allowedRoutes: {namespaces: {from: All}}}
---
"""
AUTHORITY = """
[ca]
default_ca = own
[own]
database = index
new_certs_dir = .
rand_serial = yes
policy = any
default_md = sha256
copy_extensions = copy
[any]
commonName = supplied
"""
TLS = """
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: secure, namespace: infra}
spec:
  gatewayClassName: gatefile
  listeners:
    - name: https
      port: 443
      protocol: HTTPS
      hostname: old.example
      tls: {certificateRefs: [{name: old}]}
---
"""


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

    def all_is_well(self):
        """status: all is well, with each Gateway and the generation that Traefik serves"""
        self.write("gateway", GATEWAY)
        for name in ("a", "b", "c", "d"):
            self.route(name)
        self.start("--listen", LISTEN)
        self.expect(200, "a")
        self.is_well()
        text = self.do("status")
        for word in ("API server", "serves that generation", "Gateway infra/gw: programmed; 4 routes accepted, 0 refused", "listener web"):
            if word not in text:
                raise Failure(f"{word} is not in {text}")

    def nothing_new_listens(self):
        """the agent listens on 127.0.0.1 where it was asked to, and nowhere else; its socket is its owner's"""
        equal("what the agent listens on", sockets_of(self.agent.pid), {("tcp", "0100007F", 9191)})
        equal("the socket's mode", oct(stat.S_IMODE(self.socket.lstat().st_mode)), "0o600")

    def marks(self):
        """Of rules behind the inner entry point, as Traefik has them."""
        routers = self.traefik.all("/api/http/routers")
        return {mark for router in routers if router["provider"] == PROVIDER[self.form] and "gatefile-inner" in router.get("entryPoints", ())
                for mark in re.findall(r"X-Gatefile-Hop`, `(\w+)`", router["rule"])}

    def inner_is_closed(self):
        """the inner entry point serves nobody who does not know the mark, which is another at each start"""
        deadline = ROUTE.format(name="inner", path="/").replace(
            "      backendRefs", "      timeouts: {request: 5s}\n      retry: {attempts: 2, backoff: 100ms, codes: [503]}\n      backendRefs")
        self.write("inner", deadline)
        self.expect(200, "inner")
        until(lambda: len(self.marks()) == 1, self.marks, 5)
        first = self.marks()
        # What anybody can work out: that of `convert`, which has no secret.
        printed = subprocess.run([BINARY, "convert", "-f", str(self.manifests), "--to", self.form, "--traefik-config",
                                  str(self.traefik.work / "static.yaml"), "--port-map", "80=8000,443=8443"],
                                 capture_output=True, text=True, check=False).stdout
        guess = re.findall(r"X-Gatefile-Hop`, `(\w+)`", printed)
        for mark, wanted in ((None, 404), ("", 404), (guess[0], 404), (next(iter(first)), 200)):
            headers = {} if mark is None else {"X-Gatefile-Hop": mark}
            connection = http.client.HTTPConnection("127.0.0.1", INNER, timeout=5)
            connection.request("GET", "/", headers={"Host": "inner.example", **headers})
            equal(f"what the inner entry point answers to the mark {mark}", connection.getresponse().status, wanted)
            connection.close()
        self.end()
        self.start("--listen", LISTEN)
        until(lambda: len(self.marks()) == 1 and self.marks() != first, "another start has another mark", 10)
        (self.manifests / "inner.yaml").unlink()
        self.expect(404, "inner")

    def bad_route(self):
        """status: a route that is refused is named, with the cure, and the rest is served"""
        self.write("bad", ROUTE.format(name="bad", path="/").replace("name: one", "name: nobody"))
        self.shows("backend-not-found", "HTTPRoute shop/bad", "nobody")
        (self.manifests / "bad.yaml").unlink()
        self.is_well()

    def traefik_is_silent(self):
        """status: a Traefik that hangs is at fault, and is well again by itself"""
        self.traefik.process.send_signal(signal.SIGSTOP)
        try:
            self.shows("traefik-unreachable", "Traefik     FAULT", "--traefik-api")
        finally:
            self.traefik.process.send_signal(signal.SIGCONT)
        self.is_well()

    def strangers_file(self):
        """status: another's file in the way is named, and goes on by itself once it is away"""
        file = self.out / PUBLISHED[self.form]
        mine = self.out / ".gatefile" / "owned"
        kept = mine.read_text()
        mine.write_text("gatefile owned 1\nweight 0\n")
        self.end()
        file.write_text("{}\n")
        self.start("--listen", LISTEN)
        self.shows("publication-failed", "was not written by gatefile", "move that file away")
        file.unlink()
        self.expect(200, "a", within=15)
        self.is_well()
        if not kept:
            raise Failure("nothing was owned")

    def paused(self):
        """pause: what changes waits, is told, and survives a restart; resume publishes it"""
        self.route("a2")
        self.expect(200, "a2")
        with Load("a.example"):
            self.do("pause", "--reason", "before\nthe\x1b[31m weekend")
            self.route("p")
            self.shows("paused", "weekend", "changes wait", "gatefile resume")
            self.stays(404, "p")
            if "\x1b" in self.do("status", code=1):
                raise Failure("the reason's escape reaches the terminal")
            self.end(signal.SIGKILL)
            self.start("--listen", LISTEN)
            self.shows("paused", "weekend")
            self.stays(404, "p")
            self.do("resume")
            self.expect(200, "p")
        self.is_well()

    def rolled_back(self):
        """rollback under load: an older generation is published and held until resume"""
        self.route("r", "/old")
        self.expect(200, "r", "/old")
        self.is_well()
        before = [entry for entry in self.history() if entry["current"]][0]
        self.route("r", "/new")
        self.expect(200, "r", "/new")
        until(lambda: self.history()[-1]["loaded"], "the history says that it is loaded", 5)
        changes = self.do("history", "--diff", str(before["number"]), code=1)
        if "/new" not in changes or "/tmp" in changes:
            raise Failure(f"history --diff says {changes}")
        with Load("a.example"):
            self.do("rollback", str(before["number"]), "--reason", "new is broken")
            self.expect(200, "r", "/old")
            self.expect(404, "r", "/new")
            self.route("s")
            self.stays(404, "s")
            current = [entry for entry in self.history() if entry["current"]]
            equal("what is current", [entry["number"] for entry in current], [before["number"]])
            if "rolled back to" not in self.do("history"):
                raise Failure(self.do("history"))
            self.end()
            self.start("--listen", LISTEN)
            self.shows("paused", f"rolled back to generation {before['number']}", "new is broken")
            self.stays(404, "s")
            self.do("resume")
            self.expect(200, "s")
            self.expect(200, "r", "/new")
        self.is_well()
        self.do("rollback", "999", code=2)

    def told_of(self, name):
        return next(gateway for gateway in self.facts()["gateways"] if gateway["name"] == name)

    def others_stay_programmed(self):
        """rollback: Gateways that the older generation has as they are stay Programmed, the others are not"""
        self.write("quiet", QUIET + ROUTE.format(name="quiet", path="/").replace("name: gw", "name: quiet"))
        self.route("r", "/old")
        self.expect(200, "r", "/old")
        self.expect(200, "quiet")
        self.is_well()
        number = next(entry["number"] for entry in self.history() if entry["current"])
        self.route("r", "/new")
        self.expect(200, "r", "/new")
        self.do("rollback", str(number))
        until(lambda: self.facts()["traefik"]["serves"] == "yes", self.facts, 5)
        until(lambda: not self.told_of("gw")["programmed"], lambda: self.told_of("gw"), 5)
        quiet = self.told_of("quiet")
        if not quiet["programmed"] or "rolled back to" not in quiet["message"]:
            raise Failure(f"what is told of it: {quiet}")
        self.end()
        self.start("--listen", LISTEN)
        until(lambda: "quiet" in str(self.facts()["gateways"]) and self.facts()["traefik"]["serves"] == "yes", self.facts, 5)
        equal("what is told after a restart", [self.told_of(name)["programmed"] for name in ("gw", "quiet")], [False, True])
        self.do("resume")
        self.is_well()
        (self.manifests / "quiet.yaml").unlink()
        self.expect(404, "quiet", within=GRACE + 10)

    def pods(self, *addresses):
        self.write("pods", pods_of(*addresses))

    def published(self):
        return (self.out / PUBLISHED[self.form]).read_text()

    def follows_pods(self):
        """rollback and pause: Pods come and go, and what is held has their addresses; those that nobody knows are named"""
        self.pods("10.0.0.2")
        self.write("moving", ROUTE.format(name="moving", path="/old").replace("name: one", "name: pods"))
        self.expect(200, "moving", "/old")
        self.is_well()
        number = next(entry["number"] for entry in self.history() if entry["current"])
        self.write("moving", ROUTE.format(name="moving", path="/new").replace("name: one", "name: pods"))
        self.expect(200, "moving", "/new")
        self.do("rollback", str(number))
        self.expect(200, "moving", "/old")
        with Load("a.example"):
            self.pods("10.0.0.3")
            until(lambda: "10.0.0.3:13000" in self.published() and "10.0.0.2:13000" not in self.published(), self.said, 5)
            self.expect(200, "moving", "/old")
            self.expect(404, "moving", "/new")
            current = [entry["number"] for entry in self.history() if entry["current"]]
            equal("what is current", current, [number])
            self.end()
            self.start("--listen", LISTEN)
            self.shows("paused", f"rolled back to generation {number}")
            self.pods("10.0.0.4")
            until(lambda: "10.0.0.4:13000" in self.published(), self.said, 5)
            self.goes_to_zero_and_back("/old", "10.0.0.2")
            self.do("resume")
            self.expect(200, "moving", "/new")
            self.is_well()
            self.do("pause")
            self.goes_to_zero_and_back("/new", "10.0.0.3")
            self.pods("10.0.0.5")
            until(lambda: "10.0.0.5:13000" in self.published(), self.said, 5)
            until(lambda: "changes wait" not in self.do("status", code=None), "nothing waits", 5)
            self.do("resume")
        self.write("moving", ROUTE.format(name="moving", path="/new"))
        until(lambda: "pods" not in self.published(), self.said, 5)
        said = self.do("rollback", str(number))
        if "service_shop_pods_80" not in said:
            raise Failure(f"rollback says {said}")
        self.shows("paused", "service_shop_pods_80")
        self.do("resume")
        self.is_well()
        for name in ("moving", "pods"):
            (self.manifests / f"{name}.yaml").unlink()
        self.expect(404, "moving", "/new", within=GRACE + 10)

    def goes_to_zero_and_back(self, path, address):
        """Of a text that is held."""
        self.pods()
        self.expect(503, "moving", path)
        if "nobody knows" in self.do("status", code=None):
            raise Failure(self.do("status", code=None))
        self.pods(address)
        self.expect(200, "moving", path)
        if f"{address}:13000" not in self.published():
            raise Failure(self.published())

    def filtered(self, service):
        """A rule with a filter has a load balancer of its own."""
        self.write("filtered", ROUTE.format(name="filtered", path="/").replace("name: one", f"name: {service}").replace(
            "      backendRefs", "      filters: [{type: RequestHeaderModifier, requestHeaderModifier: {set: [{name: X-A, value: b}]}}]\n"
            "      backendRefs"))

    def leads_to(self):
        return re.search(r'httproute_shop_filtered_r0"?:[\s{"]*loadBalancer.*?http://([\d.]+):', self.published(), re.DOTALL)[1]

    def comes_to(self, address):
        until(lambda: self.leads_to() == address, lambda: f"leads to {address}, not {self.leads_to()}: {self.said()}", 5)

    def moves(self, *addresses):
        """The Pods of what is held."""
        for address in addresses:
            self.pods(address)
            self.comes_to(address)

    def holds_backends(self):
        """pause and rollback: a rule with a filter keeps the Service that it had, and follows the Pods of that, after a restart, too"""
        self.pods("10.0.0.2")
        self.write("also", ROUTE.format(name="also", path="/").replace("name: one", "name: pods"))
        self.filtered("pods")
        self.expect(200, "filtered")
        self.is_well()
        number = next(entry["number"] for entry in self.history() if entry["current"])
        self.do("pause")
        self.filtered("one")
        self.shows("paused", "changes wait")
        equal("where it leads", self.leads_to(), "10.0.0.2")
        self.moves("10.0.0.3")
        self.end(signal.SIGKILL)
        self.start("--listen", LISTEN)
        self.shows("paused", "changes wait")
        equal("where it leads after a restart", self.leads_to(), "10.0.0.3")
        self.moves("10.0.0.4")
        # More than are repeated in the load balancer of a rule.
        self.pods(*(f"10.0.2.{last}" for last in range(1, 11)))
        until(lambda: self.published().count("10.0.2.10:13000") == 2, self.published, 5)
        self.moves("10.0.0.2")
        self.do("resume")
        self.comes_to("10.0.0.1")
        equal("what is kept of the pause", list((self.out / ".gatefile").glob("hold*")), [])
        self.is_well()
        if self.history()[-1]["number"] == number:
            raise Failure("the change has taken the place of what was before")
        self.do("rollback", str(number))
        equal("where a rollback leads", self.leads_to(), "10.0.0.2")
        self.expect(200, "filtered")
        self.moves("10.0.0.3")
        self.end()
        self.start("--listen", LISTEN)
        self.shows("paused", f"rolled back to generation {number}", "changes wait")
        self.moves("10.0.0.2")
        self.do("resume")
        self.comes_to("10.0.0.1")
        self.is_well()
        self.knows_no_backends(number)
        for name in ("filtered", "also", "pods"):
            (self.manifests / f"{name}.yaml").unlink()
        self.expect(404, "filtered", within=GRACE + 10)

    def knows_no_backends(self, number):
        """As an older agent has kept it."""
        self.end()
        meta = self.out / ".gatefile/generations" / f"{number}.meta"
        meta.with_suffix(".backends").unlink()
        meta.write_text(re.sub("backends .*\n", "", meta.read_text()))
        self.start("--listen", LISTEN)
        self.do("rollback", str(number))
        equal("where a rollback leads", self.leads_to(), "10.0.0.2")
        self.pods("10.0.0.3")
        until(lambda: "10.0.0.3:13000" in self.published(), self.said, 5)
        equal("where it leads though nobody knows whose it is", self.leads_to(), "10.0.0.2")
        self.shows("paused", "httproute_shop_filtered_r0")
        self.do("resume")
        self.comes_to("10.0.0.1")

    def pods_are_not_kept(self):
        """history: what differs in the addresses of Pods only, or in whether there are any, takes the place of what was kept before"""
        self.pods("10.0.0.1")
        self.write("moving", ROUTE.format(name="moving", path="/").replace("name: one", "name: pods"))
        self.expect(200, "moving")
        before = [entry["number"] for entry in self.history()]
        for number in range(6):
            self.pods(f"10.0.1.{number + 1}")
            until(lambda wanted=number: f"10.0.1.{wanted + 1}:13000" in self.published(), self.said, 5)
        for _ in range(3):
            self.pods()
            self.expect(503, "moving")
            self.pods("10.0.0.1")
            self.expect(200, "moving")
        until(lambda: self.history()[-1]["loaded"], self.history, 5)
        equal("what is kept", [entry["number"] for entry in self.history()], before)
        if not self.history()[-1]["current"]:
            raise Failure(str(self.history()))
        for name in ("moving", "pods"):
            (self.manifests / f"{name}.yaml").unlink()
        self.expect(404, "moving", within=GRACE + 10)

    def other_traefik(self):
        """status: a Traefik that was replaced within a second is looked at again, and one that is too old is at fault"""
        self.end()
        api, self.api = self.api, f"me:word@127.0.0.1:{BEFORE}"
        try:
            with Api() as before:
                self.start("--listen", LISTEN)
                self.is_well()
                before.restart("3.6.2")
                self.shows("traefik-too-old", "Traefik     FAULT", "3.6.2", "run that version", within=10)
                before.restart(None)
                self.is_well()
                if "word" in self.said() + self.do("status") + self.do("status", "--report", "json"):
                    raise Failure("the password is shown")
        finally:
            self.end()
            self.api = api
            self.start("--listen", LISTEN)

    def learns_late(self):
        """--traefik-api alone: the port is open and what is kept is served before Traefik tells its entry points, however long that takes"""
        state = self.manifests.with_name(f"learning-{self.form}")
        self.end()
        self.start("--state-dir", str(state))
        self.is_well()
        until(lambda: (state / "output").exists(), "the last good output is kept", 5)
        self.end()
        self.reboot()
        api, told = self.api, self.told
        self.api, self.told = f"me:word@127.0.0.1:{BEFORE}", ()
        try:
            self.start("--state-dir", str(state), "--listen", LISTEN)
            until(lambda: self.published_says()[0] == 200, self.published_says, 2)
            self.expect(200, "a")
            self.shows("traefik-unreachable", "entry points", "--traefik-config")
            self.route("late")
            self.end()
            self.reboot()
            self.start("--startup-timeout", "2s", "--listen", LISTEN)
            equal("/readyz/published", self.published_says()[0], 503)
            # There is no gatefile_traefik_loaded yet, so these are what alerts ask for.
            for code in ("traefik-unreachable", "nothing-published"):
                until(lambda: re.search(rf'(?m)^gatefile_problems\{{[^}}]*code="{code}"[^}}]*\}} 1$', self.asked("/metrics")[1]),
                      lambda: self.asked("/metrics")[1], 4)
            until(lambda: self.published_says()[0] == 200, self.published_says, 4)
            self.stays(404, "late")
            if self.form == "file":
                equal("whether anything is published", (self.out / PUBLISHED[self.form]).exists(), False)
            with Api():
                self.expect(200, "late")
                self.is_well()
                self.end()
        finally:
            self.api, self.told = api, told
        (self.manifests / "late.yaml").unlink()
        self.start("--listen", LISTEN)
        self.do("release")
        self.expect(404, "late", within=GRACE + 10)

    def published_says(self):
        return self.asked("/readyz/published")

    @staticmethod
    def asked(path):
        connection = http.client.HTTPConnection(LISTEN, timeout=5)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        except OSError as error:
            return 0, str(error)
        finally:
            connection.close()

    def ten_are_kept(self):
        """history: the last ten are kept, readable by nobody else, under names that Traefik passes over"""
        for number in range(14):
            self.route("many", f"/m{number}")
            self.expect(200, "many", f"/m{number}")
        equal("how many are kept", len(self.history()), 10)
        folder = self.out / ".gatefile" / "generations"
        for file in folder.iterdir():
            if file.suffix in (".yml", ".yaml", ".toml") or stat.S_IMODE(file.stat().st_mode) & 0o077:
                raise Failure(f"{file} has the mode {oct(file.stat().st_mode)}")

    def expired(self):
        """status: an expired certificate is served on and told of"""
        folder = self.manifests.with_name(f"pair-{self.form}")
        folder.mkdir()
        (folder / "index").touch()
        (folder / "ca.cnf").write_text(AUTHORITY)
        # `openssl req` of Debian 12 knows no -not_after.
        for words in (["req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "key", "-out", "csr",
                       "-subj", "/CN=old.example", "-addext", "subjectAltName=DNS:old.example"],
                      ["ca", "-batch", "-config", "ca.cnf", "-selfsign", "-keyfile", "key", "-in", "csr", "-out", "crt", "-notext",
                       "-startdate", "20200101000000Z", "-enddate", "20210101000000Z"]):
            subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)
        data = json.dumps({"tls.crt": (folder / "crt").read_text(), "tls.key": (folder / "key").read_text()})
        self.write("secure", TLS + "apiVersion: v1\nkind: Secret\nmetadata: {name: old, namespace: infra}\ntype: kubernetes.io/tls\n"
                   f"stringData: {data}\n")
        self.shows("certificate-expired", "Secret infra/old", "served on", "2021-01-01T00:00:00Z")
        published = (self.out / PUBLISHED[self.form]).read_text()
        if "BEGIN CERTIFICATE" not in published:
            raise Failure("the expired certificate is not published")
        if "PRIVATE" in self.do("status", code=1) + self.do("status", "--report", "json", code=1):
            raise Failure("the status shows a key")
        # What is held is told of, not what the Secret has by now.
        self.do("pause")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "key2", "-out",
                        "crt2", "-days", "60", "-subj", "/CN=old.example", "-addext", "subjectAltName=DNS:old.example"],
                       cwd=folder, check=True, capture_output=True)
        data = json.dumps({"tls.crt": (folder / "crt2").read_text(), "tls.key": (folder / "key2").read_text()})
        self.write("secure", TLS + "apiVersion: v1\nkind: Secret\nmetadata: {name: old, namespace: infra}\ntype: kubernetes.io/tls\n"
                   f"stringData: {data}\n")
        until(lambda: "changes wait" in self.do("status", code=1), lambda: self.do("status", code=1), VISIBLE)
        self.shows("certificate-expired", "old.example")
        self.do("resume")
        self.is_well()
        (self.manifests / "secure.yaml").unlink()
        self.is_well(within=GRACE + 10)

    def one_at_a_time(self):
        """a socket that an agent left behind is replaced, one that answers is not; without an agent status ends with 3"""
        self.end(signal.SIGKILL)
        if not self.socket.exists():
            raise Failure("the socket went with the agent")
        text = self.do("status", code=3)
        for word in ("no agent answers", "no agent has the directory", "the directory holds generation", "ago"):
            if word not in text:
                raise Failure(f"{word} is not in {text}")
        facts = self.facts()
        equal("what is told without an agent", (facts["ok"], facts.get("cure")), (False, "no agent has the directory: start it again"))
        self.start("--listen", LISTEN)
        self.is_well()
        other = self.manifests.with_name(f"other-{self.form}")
        done = subprocess.run([BINARY, "agent", "-f", str(self.manifests), "--out", str(other), "--to", "file", "--control",
                               str(self.socket)], capture_output=True, text=True, timeout=20)
        equal("the exit code of one for the same socket", done.returncode, 3)
        if "another agent answers there" not in done.stderr:
            raise Failure(done.stderr)

    def stays_paused_quietly(self):
        """a pause survives a restart without anything that waits, though the inner entry point has a mark"""
        self.write("inner", ROUTE.format(name="inner", path="/").replace(
            "      backendRefs", "      timeouts: {request: 5s}\n      retry: {attempts: 2, backoff: 100ms, codes: [503]}\n      backendRefs"))
        self.expect(200, "inner")
        self.is_well()
        self.do("pause")
        for _ in range(2):
            time.sleep(1)
            text = self.do("status", code=1)
            if "[paused]" not in text or "changes wait" in text or "Gateway infra/gw: programmed" not in text:
                raise Failure(text)
            self.end()
            self.start("--listen", LISTEN)
        self.do("resume")
        (self.manifests / "inner.yaml").unlink()
        self.expect(404, "inner")
        self.is_well()

    def paused_while_held(self):
        """a pause while something is held back costs no time, and `release` during it goes with `resume`"""
        self.end()
        away = self.manifests.with_name(f"held-{self.form}")
        away.mkdir(exist_ok=True)
        for name in ("a", "b", "c", "d", "gateway"):
            (self.manifests / f"{name}.yaml").rename(away / f"{name}.yaml")
        self.start("--listen", LISTEN)
        self.shows("publication-held")
        self.do("pause")
        time.sleep(GRACE + 0.5)
        before = self.seconds()
        time.sleep(2)
        used = self.seconds() - before
        if used > 0.5:
            raise Failure(f"{used:.2f} s of 2 s are used")
        if "publication-held" in self.codes():
            raise Failure("what is paused is told as held")
        self.do("release")
        self.do("resume")
        self.expect(404, "a", within=1)
        for file in away.iterdir():
            file.rename(self.manifests / file.name)
        self.expect(200, "a")
        self.is_well()

    def seconds(self):
        """Of processor time, since the agent's start."""
        fields = Path(f"/proc/{self.agent.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def other_format(self):
        """rollback: a generation of another format is refused, and nothing is paused by that"""
        self.end()
        number = self.history()[0]["number"]
        meta = self.out / ".gatefile/generations" / f"{number}.meta"
        meta.write_text(meta.read_text().replace(PUBLISHED[self.form], "gatefile.other"))
        self.start("--listen", LISTEN)
        done = subprocess.run([BINARY, "rollback", str(number), "--out", str(self.out)], capture_output=True, text=True, timeout=40, check=False)
        if done.returncode == 0 or "another format" not in done.stderr:
            raise Failure(done.stdout + done.stderr)
        self.is_well()

    def bad_state(self):
        """--state-dir: one that is open to all is left alone until it is not; a pause that cannot be kept is none"""
        bad = self.manifests.with_name(f"open-{self.form}")
        bad.mkdir(mode=0o755)
        self.end()
        self.start("--state-dir", str(bad))
        self.expect(200, "a")
        self.shows("state-not-kept", "chmod o=", "tried again by itself")
        equal("its mode", oct(stat.S_IMODE(bad.stat().st_mode)), "0o755")
        bad.chmod(0o700)
        self.is_well()
        until((bad / "output").exists, "the last good output is kept", 5)
        self.end()
        shutil.rmtree(bad)
        bad.mkdir()
        bad.chmod(0o770)
        (bad / ".gatefile").write_text("in the way")
        self.start("--state-dir", str(bad))
        self.is_well()
        self.do("pause", code=None)
        self.end()
        self.start("--listen", LISTEN)
        self.is_well()

    def shared_state(self):
        """--state-dir: an agent whose directory another one has serves all the same, says so, and has it once the other has ended"""
        shared = self.manifests.with_name(f"shared-{self.form}")
        out = self.manifests.with_name(f"second-{self.form}")
        self.end()
        self.start("--state-dir", str(shared))
        self.is_well()
        until((shared / "output").exists, "the last good output is kept", 5)
        self.do("pause", "--reason", "of the first alone")
        second = subprocess.Popen(
            [BINARY, "agent", "-f", str(self.manifests), "--to", self.form, "--out", str(out), *self.told, "--port-map", "80=8000,443=8443",
             "--state-dir", str(shared), "--listen", LISTEN], stderr=self.log)

        def facts():
            done = subprocess.run([BINARY, "status", "--out", str(out), "--report", "json"], capture_output=True, text=True, timeout=40, check=False)
            return json.loads(done.stdout)

        def kept():
            return facts()["generation"]["id"] in (shared / "output").read_text()

        try:
            until((out / PUBLISHED[self.form]).exists, self.said, 5)
            until(lambda: facts().get("problems"), facts, VISIBLE)
            told = facts()["problems"]
            equal("what is told", [problem["code"] for problem in told], ["state-not-kept"])
            if "another gatefile" not in told[0]["what"] or "tried again by itself" not in told[0]["cure"]:
                raise Failure(str(told))
            with urllib.request.urlopen(f"http://{LISTEN}/metrics", timeout=5) as answer:
                if 'code="state-not-kept"' not in answer.read().decode():
                    raise Failure("no metric tells of it")
            equal("whether it is paused", facts()["paused"], None)
            self.end()
            until(lambda: facts()["ok"] and kept(), facts, 15)
            equal("whether a pause is kept that was the other's", (shared / ".gatefile/hold").exists(), False)
            self.route("taken-over")
            until(lambda: "taken-over" in (out / PUBLISHED[self.form]).read_text() and kept(), facts, 10)
        finally:
            second.terminate()
            second.wait()
            (self.manifests / "taken-over.yaml").unlink(missing_ok=True)
        self.start("--listen", LISTEN)
        self.do("resume")
        self.is_well()

    def starts_from_state(self):
        """--state-dir: with an empty directory and no manifests what was served is served at once"""
        self.end()
        self.start("--state-dir", str(self.state))
        self.is_well()
        until(lambda: (self.state / "output").exists(), "the last good output is kept", 5)
        equal("the mode of the state directory", oct(stat.S_IMODE(self.state.stat().st_mode)), "0o700")
        until(lambda: len(list((self.state / ".gatefile/generations").glob("*.meta"))) == len(self.history()), "generations are kept", 5)
        for file in self.state.rglob("*"):
            if file.is_file() and stat.S_IMODE(file.stat().st_mode) & 0o077:
                raise Failure(f"{file.name} may be read by others")
        numbers = [entry["number"] for entry in self.history()]
        self.do("rollback", str(numbers[-2]))
        self.end()
        self.reboot()
        away = self.manifests.with_name("away")
        self.manifests.rename(away)
        began = time.monotonic()
        self.start("--state-dir", str(self.state))
        until((self.out / PUBLISHED[self.form]).exists, self.said, 3)
        self.expect(200, "a", within=3)
        equal("the generations after a reboot", [entry["number"] for entry in self.history()], numbers)
        equal("what is current", [entry["number"] for entry in self.history() if entry["current"]], [numbers[-2]])
        if not self.facts().get("paused", {}).get("rolledBackTo") == numbers[-2]:
            raise Failure(str(self.facts()))
        self.do("resume")
        print(f"# served {time.monotonic() - began:.2f} s after the start")
        self.end()
        self.reboot()
        kept = next(path for path in self.state.glob("*.kept"))
        kept.write_text(kept.read_text()[:-1])
        self.start("--state-dir", str(self.state))
        until(lambda: "is not what was kept" in self.said(), self.said, 3)
        self.end()
        away.rename(self.manifests)
        self.start()
        self.expect(200, "a")

    def reboot(self):
        """What is in memory is gone, for Traefik, too."""
        for entry in self.out.iterdir():
            if entry.is_dir():
                shutil.rmtree(entry)
            else:
                entry.unlink()
        if self.form == "file":  # the plugin goes on with what it has read
            self.expect(404, "a", within=10)

    def long_paths(self):
        """a directory whose name is too long for a socket's address has a socket all the same"""
        deep = self.manifests.with_name("d" * 100)
        process = subprocess.Popen([BINARY, "agent", "-f", str(self.manifests), "--to", "file", "--out", str(deep), "--traefik-config",
                                    str(self.traefik.work / "static.yaml")], stderr=self.log)
        try:
            until(lambda: (deep / ".gatefile" / "agent.sock").exists(), self.said, 10)
            done = subprocess.run([BINARY, "status", "--out", str(deep)], capture_output=True, text=True, timeout=20)
            if "gatefile" not in done.stdout or done.returncode == 3:
                raise Failure(done.stdout + done.stderr)
        finally:
            process.terminate()
            process.wait()

    def loads_cleanly(self):
        """SIGTERM takes the socket away, and Traefik's log has no error"""
        if self.end() != 0:
            raise Failure("SIGTERM: the exit code is not 0")
        equal("whether the socket is there", self.socket.exists(), False)
        # reboot() takes a folder away while Traefik may be reading it.
        errors = [error for error in self.traefik.errors() if not re.search(r"/\.gatefile/.*no such file or directory", error)]
        if errors:
            raise Failure("\n".join(errors))

    def tests(self):
        return (self.all_is_well, self.nothing_new_listens, self.inner_is_closed, self.bad_route, self.traefik_is_silent, self.strangers_file, self.paused,
                self.rolled_back, self.others_stay_programmed, self.follows_pods, self.holds_backends, self.pods_are_not_kept,
                self.other_traefik, self.ten_are_kept, self.expired, self.one_at_a_time, self.stays_paused_quietly,
                self.paused_while_held, self.other_format, self.bad_state, self.shared_state, self.learns_late, self.starts_from_state, self.long_paths,
                self.loads_cleanly)


def run(work):
    prepare_network()
    report = Report()
    with running_backend():
        play_in_formats(Operated, FORMATS, work, report)
    return report.end()


if __name__ == "__main__":
    sys.exit(run_in_namespace(run))
