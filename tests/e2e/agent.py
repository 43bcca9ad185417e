#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The agent between a directory of manifests and a stock Traefik: what changes is served, what breaks is not lost."""

import json
import os
import re
import signal
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.dont_write_bytecode = True  # nothing next to the sources
from case_requests import Client  # noqa: E402
from cases import DEFAULT_STATIC, FORMATS  # noqa: E402
from sandbox import ROOT, Failure, Report, play_in_formats, prepare_network, run_in_namespace, running_backend  # noqa: E402
from stock_traefik import API, PUBLISHED, Traefik  # noqa: E402

GRACE = 3
GATEWAY = """
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: gatefile}
spec: {controllerName: gatefile.dev/gateway-controller}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: gw, namespace: infra}
spec:
  gatewayClassName: gatefile
  listeners:
    - {name: web, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: All}}}
---
apiVersion: v1
kind: Service
metadata: {name: one, namespace: shop}
spec: {ports: [{name: http, port: 80}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: one-1, namespace: shop, labels: {kubernetes.io/service-name: one}}
addressType: IPv4
ports: [{name: http, port: 13000}]
endpoints: [{addresses: [10.0.0.1]}]
"""
ROUTE = """
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{name: {name}, namespace: shop}}
spec:
  parentRefs: [{{name: gw, namespace: infra}}]
  hostnames: [{name}.example]
  rules:
    - matches: [{{path: {{type: Exact, value: {path}}}}}]
      backendRefs: [{{name: one, port: 80}}]
"""

PODS = """
apiVersion: v1
kind: Service
metadata: {{name: pods, namespace: shop}}
spec: {{ports: [{{name: http, port: 80}}]}}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {{name: pods-1, namespace: shop, labels: {{kubernetes.io/service-name: pods}}}}
addressType: IPv4
ports: [{{name: http, port: 13000}}]
endpoints: [{endpoints}]
"""


def pods_of(*addresses):
    """The Service `pods` with these endpoints."""
    return PODS.format(endpoints=", ".join(f"{{addresses: [{address}]}}" for address in addresses))


SECURE = """
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: secure, namespace: infra}
spec:
  gatewayClassName: gatefile
  listeners:
    - {name: https, port: 443, protocol: HTTPS, hostname: pair.example, tls: {certificateRefs: [{name: pair}]}}
---
apiVersion: v1
kind: Secret
metadata: {name: pair, namespace: infra}
type: Opaque
"""


def key_pair(work, name):
    """{"tls.crt": ..., "tls.key": ...}, self-signed for a host."""
    words = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "key", "-out", "crt", "-days", "60",
             "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}"]
    with tempfile.TemporaryDirectory(dir=work) as folder:
        subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)
        return {f"tls.{part}": (Path(folder) / part).read_text() for part in ("crt", "key")}


def shown(name):
    """The certificate for a server name, as DER."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", 8443), 5) as plain, context.wrap_socket(plain, server_hostname=name) as stream:
        return stream.getpeercert(binary_form=True)


class Setting:
    """A Traefik, a directory of manifests, and an agent between them."""

    static = DEFAULT_STATIC

    def __init__(self, form, work):
        self.form = form
        self.traefik = Traefik(self.static, work)
        self.out = self.traefik.directories[form]
        (self.out / PUBLISHED[form]).unlink()  # the runner's own; the agent would not touch it
        self.manifests = Path(tempfile.mkdtemp(prefix="manifests-", dir=work))
        self.log = (work / f"agent-{form}.log").open("w+")
        self.client = Client()
        self.agent = None
        self.path = 0

    def starts(self):
        return Path(self.log.name).read_text().count(" started ")

    def start(self, *flags):
        """Before it says so, a signal ends it as it would any program."""
        before = self.starts()
        binary = os.environ.get("GATEFILE", str(ROOT / "build/dev/src/cli/gatefile"))
        self.agent = subprocess.Popen(
            [binary, "agent", "-f", str(self.manifests), "--to", self.form, "--out", str(self.out),
             "--traefik-config", str(self.traefik.work / "static.yaml"), "--port-map", "80=8000,443=8443",
             "--grace", f"{GRACE}s", "--traefik-api", f"http://127.0.0.1:{API}", *flags],
            stderr=self.log)
        end = time.monotonic() + 10
        while self.starts() == before:
            if self.agent.poll() is not None or time.monotonic() > end:
                raise Failure("the agent does not start\n" + Path(self.log.name).read_text()[-2000:])
            time.sleep(0.005)

    def end(self, number=signal.SIGTERM):
        self.agent.send_signal(number)
        return self.agent.wait(timeout=10)

    def write(self, name, text):
        temporary = self.manifests / f".{name}.new"
        temporary.write_text(text)
        temporary.rename(self.manifests / f"{name}.yaml")

    def route(self, name, path="/"):
        self.write(name, ROUTE.format(name=name, path=path))

    def status(self, name, path="/"):
        order = {"to": "127.0.0.1:8000", "method": "GET", "host": f"{name}.example", "target": path}
        return self.client.send(order)["status"]

    def expect(self, status, name, path="/", within=5.0):
        began = time.monotonic()
        while self.status(name, path) != status:
            if time.monotonic() > began + within:
                self.log.flush()
                raise Failure(f"{name}{path} answers {self.status(name, path)}, not {status}, after {within} s\n" +
                              "\n".join(Path(self.log.name).read_text().splitlines()[-8:]))
            time.sleep(0.001)
        return time.monotonic() - began

    def stays(self, status, name, seconds=0.7):
        time.sleep(seconds)
        self.expect(status, name, within=0.1)

    # The tests, in order.

    def serves(self):
        """what the directory holds is served"""
        self.write("gateway", GATEWAY)
        for name in ("a", "b", "c", "d"):
            self.route(name)
        self.start()
        self.expect(200, "a")
        self.expect(404, "z")

    def new_route(self):
        """a new route is served, and so is a change"""
        self.route("e")
        self.expect(200, "e")
        times = []
        for number in range(20):
            path = f"/v{number}"
            self.route("e", path)
            times.append(self.expect(200, "e", path))
            time.sleep(0.05)
        print(f"# written to served: median {statistics.median(times) * 1000:.0f} ms, most {max(times) * 1000:.0f} ms")
        self.expect(404, "e", "/v0")

    def deletion(self):
        """a removed file's route goes at once"""
        (self.manifests / "e.yaml").unlink()
        self.expect(404, "e", "/v19", within=2)
        self.expect(200, "a")

    def polled(self):
        """what no inotify event tells of, as behind a link, is read every few seconds, which is said, and with --poll more often"""
        elsewhere = self.manifests.with_name(f"elsewhere-{self.form}.yaml")
        elsewhere.write_text(ROUTE.format(name="p", path="/p0"))
        (self.manifests / "p.yaml").symlink_to(elsewhere)
        self.expect(200, "p", "/p0")
        if not re.search("not watched for events; .* path=.*p.yaml", Path(self.log.name).read_text()):
            raise Failure("the log does not say that it is not watched")
        elsewhere.write_text(ROUTE.format(name="p", path="/p1"))
        self.expect(200, "p", "/p1", within=8)
        self.end()
        self.start("--poll", "200ms")
        elsewhere.write_text(ROUTE.format(name="p", path="/p2"))
        self.expect(200, "p", "/p2", within=2)
        self.end()
        self.start()
        (self.manifests / "p.yaml").unlink()
        self.expect(404, "p", "/p2", within=2)

    def broken_at_the_start(self):
        """what a file had that is broken when the agent starts stays, and changes wait for it, as long as the grace"""
        self.end()
        self.write("a", "kind: [\n")
        self.start()
        self.route("late")
        self.stays(200, "a", seconds=GRACE - 1.5)
        self.expect(404, "late", within=0.1)
        if "not all manifests can be read" not in Path(self.log.name).read_text():
            raise Failure("the log does not say why")
        self.route("a")
        self.expect(200, "late", within=2)
        self.expect(200, "a", within=0.1)
        (self.manifests / "late.yaml").unlink()
        self.expect(404, "late", within=2)

    def syntax(self):
        """a file that cannot be parsed keeps what it held"""
        self.write("a", "kind: [\n")
        self.route("f")
        self.expect(200, "f")
        self.stays(200, "a")
        self.route("a")

    def refused(self):
        """an object that the API server would refuse keeps its last good version"""
        self.write("a", ROUTE.format(name="a", path="/").replace("rules:", "rulez:"))
        self.stays(200, "a")
        self.route("a")

    def key_pairs(self):
        """a certificate and key of which one is missing or does not match keep the last good ones, until they are whole"""
        first, second = (key_pair(self.manifests.parent, "pair.example") for _ in range(2))

        def write(data):
            self.write("secure", SECURE + f"stringData: {json.dumps(data)}\n")

        def shows(pair):
            wanted, end = ssl.PEM_cert_to_DER_cert(pair["tls.crt"]), time.monotonic() + 5
            while shown("pair.example") != wanted:
                if time.monotonic() > end:
                    raise Failure("another certificate is shown\n" + Path(self.log.name).read_text()[-2000:])
                time.sleep(0.02)

        write(first)
        shows(first)
        bad = {"mismatch": {**second, "tls.key": first["tls.key"]}, "no-key": {"tls.crt": second["tls.crt"]}, "nothing": {}}
        for name, data in bad.items():
            said = Path(self.log.name).read_text().count("the last good ones are served on")
            write(data)
            self.route("pairs", f"/{name}")
            self.expect(200, "pairs", f"/{name}")
            shows(first)
            if Path(self.log.name).read_text().count("the last good ones are served on") <= said:
                raise Failure(f"{name}: the log does not say so")
        write(second)
        shows(second)
        for name in ("secure", "pairs"):
            (self.manifests / f"{name}.yaml").unlink()
        self.expect(404, "pairs", "/nothing")

    def undecided(self):
        """a directory that is gone or empty is no evidence; after the grace it is"""
        away = self.manifests.with_name("away")
        self.manifests.rename(away)
        self.stays(200, "a")
        away.rename(self.manifests)
        self.route("g")
        self.expect(200, "g")
        self.stays(200, "a")

    def no_loss(self):
        """fifty changes under load lose no request"""
        failures, stop = [], threading.Event()

        def load():
            client = Client()
            order = {"to": "127.0.0.1:8000", "method": "GET", "host": "a.example", "target": "/"}
            while not stop.is_set():
                answer = client.send(order)
                if answer["status"] != 200:
                    failures.append(answer)
            client.stop()

        loader = threading.Thread(target=load)
        loader.start()
        try:
            for number in range(50):
                self.route("churn", f"/c{number}")
                time.sleep(0.04)
            self.expect(200, "churn", "/c49")
        finally:
            stop.set()
            loader.join()
        if failures:
            raise Failure(f"{len(failures)} requests failed, such as {failures[0]}")

    def killed(self):
        """killed in the middle of changes, the next one takes over"""
        for number in range(10):
            self.route("killed", f"/k{number}")
            time.sleep(0.02 + 0.005 * number)
            self.end(signal.SIGKILL)
            self.expect(200, "a", within=0.5)
            self.start()
        self.expect(200, "killed", "/k9")

    def restarted_empty(self):
        """restarted on an empty directory it holds what is served, and SIGHUP lets it go"""
        if self.end() != 0:
            raise Failure("SIGTERM: the exit code is not 0")
        self.expect(200, "a", within=0.5)
        kept = self.manifests.with_name("kept")
        self.manifests.rename(kept)
        self.manifests.mkdir()
        try:
            self.start()
            self.stays(200, "a", seconds=1.0)
            self.agent.send_signal(signal.SIGHUP)
            self.expect(404, "a", within=2)
        finally:  # The tests that follow need the files.
            self.end()
            self.manifests.rmdir()
            kept.rename(self.manifests)
        self.start()
        self.expect(200, "a")

    def grace(self):
        """what stays missing is believed after the grace"""
        self.end()
        for name in ("a", "b", "c", "d", "f", "g"):
            (self.manifests / f"{name}.yaml").unlink()
        self.start()
        self.stays(200, "b", seconds=1.0)
        self.expect(404, "b", within=GRACE + 3)

    def loads_cleanly(self):
        """Traefik's log has no error"""
        if self.traefik.errors():
            raise Failure(self.traefik.errors_text())
        if self.end() != 0:
            raise Failure("SIGTERM: the exit code is not 0")

    def tests(self):
        return (self.serves, self.new_route, self.deletion, self.polled, self.broken_at_the_start, self.syntax, self.refused, self.key_pairs, self.undecided, self.no_loss,
                self.killed, self.restarted_empty, self.grace, self.loads_cleanly)

    def close(self):
        if self.agent and self.agent.poll() is None:
            self.end(signal.SIGKILL)
        self.client.stop()
        self.traefik.stop()


def configured(work):
    """without options the agent takes what /etc/gatefile/gatefile.yaml says"""
    out, manifests = work / "configured", work / "configured.yaml"
    out.mkdir()
    manifests.write_text(GATEWAY + "---" + ROUTE.format(name="a", path="/"))
    binary = os.environ.get("GATEFILE", str(ROOT / "build/dev/src/cli/gatefile"))
    # On an /etc of its own, in a mount namespace of its own.
    script = 'mount -t tmpfs none /etc; mkdir /etc/gatefile; cat > /etc/gatefile/gatefile.yaml; exec "$0" agent'
    with (work / "configured.log").open("w+") as log:
        agent = subprocess.Popen(["unshare", "--mount", "sh", "-ec", script, binary], stdin=subprocess.PIPE, stderr=log)
        agent.stdin.write(f"filename: [{manifests}]\nto: file\nagent: {{out: {out}}}\n".encode())
        agent.stdin.close()
        try:
            end = time.monotonic() + 10
            while not (out / "gatefile.yml").exists():
                if time.monotonic() > end or agent.poll() is not None:
                    raise Failure(f"nothing was published: {Path(log.name).read_text()}")
                time.sleep(0.05)
        finally:
            agent.terminate()
            agent.wait()


def run(work):
    prepare_network()
    report = Report()
    with running_backend():
        try:
            configured(work)
            report.add(configured.__doc__)
        except Failure as failure:
            report.add(configured.__doc__, failure)
        play_in_formats(Setting, FORMATS, work, report)
    return report.end()


if __name__ == "__main__":
    sys.exit(run_in_namespace(run))
