#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The agent as its operators see it: status, history, rollback, pause and resume beside a stock Traefik, a start from --state-dir,
and what listens."""

import http.client
import json
import re
import shutil
import signal
import stat
import subprocess
import sys
import time
import urllib.error
import urllib.request

sys.dont_write_bytecode = True  # nothing next to the sources
from agent import GATEWAY, GRACE, ROUTE  # noqa: E402
from cases import FORMATS  # noqa: E402
from held import Held  # noqa: E402
from operated import BEFORE, BINARY, INNER, LISTEN, PUBLISHED, VISIBLE, Api, equal, sockets_of, until  # noqa: E402
from sandbox import Failure, Report, play_in_formats, prepare_network, run_in_namespace, running_backend  # noqa: E402
from stock_traefik import PROVIDER  # noqa: E402

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


class Tests(Held):
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
        play_in_formats(Tests, FORMATS, work, report)
    return report.end()


if __name__ == "__main__":
    sys.exit(run_in_namespace(run))
