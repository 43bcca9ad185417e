#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`gatefile test --against` a stock Traefik: the samples' tests hold, what `--record` writes of each sample's requests holds, and what is
wrong is told: expectations, certificates, clients that are refused, addresses where nobody is.
"""

import http.client
import json
import os
import re
import shlex
import socket
import ssl
import subprocess
import sys
from pathlib import Path

sys.dont_write_bytecode = True  # nothing next to the sources
import explained  # noqa: E402  (what an offline answer leaves to the backend)
from case_requests import Request  # noqa: E402
from cases import FORMATS, Case  # noqa: E402
from sandbox import ADMIN, ROOT, Failure, Report, prepare_network, run_in_namespace  # noqa: E402
from stock_traefik import Traefik  # noqa: E402

BINARY = os.environ.get("GATEFILE", str(ROOT / "build/dev/src/cli/gatefile"))
TESTDATA = ROOT / "tests" / "testdata"
HTTP, HTTPS = "http://127.0.0.1:80", "https://127.0.0.1:443"
ALL = ["--against", HTTP, "--against", HTTPS, "--against", "8080=http://127.0.0.1:8080", "--against", "8443=https://127.0.0.1:8443"]
NOW = "2026-11-26T12:00:00Z"


def gatefile(*words, folder="."):
    return subprocess.run([BINARY, *map(str, words)], cwd=folder, capture_output=True, text=True, check=False, timeout=120)


def want(done, code, *parts):
    """The exit code, and texts of what was printed."""
    text = done.stdout + done.stderr
    missing = [part for part in parts if part not in text]
    if done.returncode != code or missing:
        raise Failure(f"exit code {done.returncode}, expected {code}; lacks {missing}\n{text}")


def tell_backend(case):
    services = {address: sorted(names)[0] for address, names in case.backends.items() if len(names) == 1}
    connection = http.client.HTTPConnection("127.0.0.1", ADMIN, timeout=10)
    connection.request("PUT", "/services", json.dumps(services))
    if connection.getresponse().status != 200:
        raise Failure("the backend takes no names")
    connection.close()


def context(case, form):
    """The words that say of which manifests, for which Traefik."""
    args = case.path / "args"
    more = shlex.split(args.read_text(), comments=True) if args.exists() else []
    return ["-f", "in.yaml", "--to", form, "--traefik-config", TESTDATA / "_base/static.yaml", "--now", NOW, *more]


def tests_of(case, form):
    """The requests that a case proves, as tests without expectations."""
    tests = []
    for _, line in case.lines:
        request = Request(line, case)
        fits = request.url.startswith(("http://", "https://")) and not explained.OF_THE_BACKEND.search(request.url)
        if request.only not in (None, form) or not fits or set(request.controls) - {"sni"} or request.times > 1:
            continue
        test = {"method": request.method, "url": request.url, "headers": {}}
        for name, value in request.headers:
            test["headers"].setdefault(name, []).append(value)
        if "sni" in request.controls:
            test["sni"] = request.controls["sni"]
        tests.append({"name": line, "request": test})
    return tests


class Against:
    """A Traefik with the entry points of most cases."""

    def __init__(self, work):
        self.work = work
        self.traefik = Traefik((TESTDATA / "_base/static.yaml").read_text(), work)

    def load(self, name, form):
        case = Case(TESTDATA / name, TESTDATA)
        tell_backend(case)
        self.traefik.load(form, (case.path / FORMATS[form]).read_text())
        return case

    def clear(self, form):
        self.traefik.load(form, self.traefik.idle(form)[0])

    def file(self, tests):
        path = self.work / "tests.yaml"
        path.write_text(tests if isinstance(tests, str) else json.dumps(tests, indent=1))
        return path

    def samples_tests(self, form):
        """The files of samples/tests, whose manifests are those of samples/http with the same name."""
        for path in sorted((ROOT / "samples/tests").glob("*.yaml")):
            self.load(f"samples/http-{path.stem}", form)
            done = gatefile("test", path, "--against", HTTP)
            want(done, 0, "\n1..", "not judged: ")
            if "not ok" in done.stdout or "# SKIP" in done.stdout:
                raise Failure(done.stdout)

    def recorded(self, name, form):
        """What holds offline holds live."""
        case = self.load(name, form)
        tests = tests_of(case, form)
        if not tests:
            return 0
        recorded = gatefile("test", "--record", self.file(tests), *context(case, form), folder=case.path)
        want(recorded, 0)
        want(gatefile("test", self.file(recorded.stdout), *ALL, "--insecure"), 0, f"\n1..{len(tests)}\n")
        return len(tests)

    # The tests, in order.

    def wrong_expectations(self):
        self.load("samples/http-path-matches", "plugin")
        tests = self.file("""
- name: right
  request: {url: http://shop.example/}
  expect: {backend: demo/home:80, status: 200}
- name: wrong
  request: {url: http://shop.example/images/cat.png, headers: {X-A: "1"}}
  expect:
    backend: demo/home:80
    status: 301
    path: /cat.png
    headers: {set: {X-A: "2"}, removed: [X-A]}
    response: {set: {X-B: "1"}, removed: [Content-Type]}
- name: nobody
  request: {url: http://shop.example/images2}
  expect: {backend: demo/home:80, status: 404}
- name: unseen
  request: {url: http://shop.example/}
  expect: {route: demo/shop}
""")
        junit = self.work / "junit.xml"
        done = gatefile("test", tests, "--against", HTTP, "--report", f"junit={junit}")
        want(done, 1, "\nnot ok 2 - wrong\n", "\nnot ok 3 - nobody\n", 'backend: expected "demo/home:80", found "demo/images"',
             'status: expected "301", found "200"', 'path: expected "/cat.png", found "/images/cat.png"',
             'headers.set "X-A": expected "2", found "1"', 'headers.removed "X-A": expected it, found "1"',
             'response.set "X-B": expected "1", found none', 'response.removed "Content-Type": expected it, found "application/json"',
             'backend: expected "demo/home:80", found an answer, 404 of Traefik\'s own',
             "ok 4 - unseen # SKIP nothing of it can be judged\n", "# 1 expectation was not judged\n")
        if not re.search(r'tests="4" failures="2" errors="0" skipped="1"', junit.read_text()):
            raise Failure(junit.read_text())
        want(gatefile("test", tests, "--against", HTTP, "--unjudged", "fail"), 1, "not ok 4 - unseen",
             "found nothing that could be judged: a client cannot see it")

    def certificates(self):
        self.load("samples/https", "plugin")
        tests = self.file("""
- name: by name
  request: {url: https://shop.example/}
  expect: {backend: demo/shop:80, host: shop.example}
""")
        unverified = ssl.create_default_context()
        unverified.check_hostname, unverified.verify_mode = False, ssl.CERT_NONE
        with socket.create_connection(("127.0.0.1", 443)) as plain, unverified.wrap_socket(plain, server_hostname="shop.example") as secure:
            served = ssl.DER_cert_to_PEM_cert(secure.getpeercert(binary_form=True))
        authority = self.work / "authority.pem"
        authority.write_text(served)
        want(gatefile("test", tests, *ALL), 1, "backend: expected", "found no answer: ", "--cacert FILE")
        want(gatefile("test", tests, *ALL, "--cacert", authority), 0, "ok 1 - by name")
        want(gatefile("test", tests, *ALL, "--cacert", tests), 2, "--cacert", "no certificate")
        want(gatefile("test", tests, *ALL, "--insecure"), 0, "ok 1 - by name")
        other = self.file("""
- name: by another name
  request: {url: https://shop.example/, sni: red.tenants.example}
  expect: {outcome: misdirected, status: 421}
- name: without a name
  request: {url: https://shop.example/, sni: ""}
  expect: {status: 421}
""")
        want(gatefile("test", other, *ALL, "--insecure"), 0)

    def clients(self):
        case = self.load("client-certificates/authorities-of-several-kinds", "plugin")
        (self.work / "one.pem").write_text((case.path / "one.pem").read_text())
        (self.work / "two.pem").write_text((case.path / "two.pem").read_text())
        (self.work / "keyless.pem").write_text((case.path / "one.pem").read_text().partition("-----BEGIN PRIVATE")[0]
                                               .partition("-----BEGIN EC PRIVATE")[0])
        tests = self.file("""
- request: {url: https://a.example/, clientCertificate: one.pem}
  expect: {outcome: forwarded, backend: demo/a:80}
- request: {url: https://a.example/, clientCertificate: two.pem}
  expect: {outcome: refused}
- request: {url: https://a.example/}
  expect: {outcome: refused}
""")
        want(gatefile("test", tests, "--against", HTTPS, "--insecure"), 0, "ok 3")
        wrong = self.file("""
- request: {url: https://a.example/}
  expect: {outcome: forwarded}
- request: {url: https://a.example/, clientCertificate: one.pem}
  expect: {outcome: refused}
""")
        want(gatefile("test", wrong, "--against", HTTPS, "--insecure"), 1, "not ok 1", "not ok 2", "found no answer: ",
             "found an answer, 200, of a backend")
        keyless = self.file("- request: {url: https://a.example/, clientCertificate: keyless.pem}\n  expect: {status: 200}\n")
        want(gatefile("test", keyless, "--against", HTTPS, "--insecure"), 2, "clientCertificate: ", "key")

    def ports(self):
        self.load("samples/http-path-matches", "plugin")
        tests = self.file("""
- request: {url: http://shop.example:9000/}
  expect: {backend: demo/home:80}
""")
        want(gatefile("test", tests, "--against", "http://127.0.0.1:1", "--against", f"9000={HTTP}"), 0, "ok 1")
        want(gatefile("test", tests, "--against", HTTP, "--against", "9000=http://127.0.0.1:1"), 3,
             "--against: 9000=http://127.0.0.1:1: ", "refused")
        want(gatefile("test", tests, "--against", HTTPS), 2, "no --against is for http at port 9000")


def run(work):
    prepare_network()
    backend = subprocess.Popen([os.environ["E2E_BACKEND"], "serve", "-admin", f"127.0.0.1:{ADMIN}"],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    backend.stdout.readline()
    report = Report()
    against = None

    def attempt(name, test, *words):
        try:
            test(*words)
            report.add(name)
        except (Failure, OSError, subprocess.SubprocessError) as failure:
            report.add(name, failure)

    try:
        against = Against(Path(work))
        for form in FORMATS:
            attempt(f"the tests of samples/tests hold [{form}]", against.samples_tests, form)
            for path in sorted((TESTDATA / "samples").iterdir()):
                text = "".join(file.read_text() for file in (path / "in.yaml", path / "args") if file.exists())
                # Other entry points, or what explain does not look into.
                if (path / "static.yaml").exists() or not (path / "in.yaml").exists() or explained.NOT_EXPLAINED.search(text):
                    continue
                attempt(f"what is recorded of samples/{path.name} holds [{form}]", against.recorded, f"samples/{path.name}", form)
            against.clear(form)
        attempt("wrong expectations are told", against.wrong_expectations)
        attempt("certificates are verified", against.certificates)
        attempt("clients show certificates", against.clients)
        attempt("ports have addresses of their own", against.ports)
    except Failure as failure:
        report.add("Traefik", failure)
    finally:
        if against:
            against.traefik.stop()
        backend.stdin.close()
        backend.wait()
    print(f"1..{report.passed + report.failed}")
    print(f"{report.passed} passed, {report.failed} failed")
    return 1 if report.failed or not report.passed else 0


if __name__ == "__main__":
    sys.exit(run_in_namespace(run))
