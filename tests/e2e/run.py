#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""End-to-end runner: loads what the cases publish into a stock Traefik and sends requests through it.

README.md beside this file has the format of requests.txt. Everything happens in a network
namespace of its own, where every address of 10.0.0.0/8 is local: one backend process
answers for all endpoints, and the address that was asked tells which one it stood in for.
"""

import argparse
import fnmatch
import http.client
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PLUGIN = ROOT / "src" / "plugin"
FORMATS = {"file": "out.yaml", "plugin": "out.json"}
PUBLISHED = {"file": "gatefile.yaml", "plugin": "gatefile.json"}
# TLS options of a provider that has to be there and is not in these tests.
ELSEWHERE = re.compile(r"unknown TLS options: \S+@kubernetescrd")
PROVIDER = {"file": "file", "plugin": "plugin-gatefile"}
MARKER = "gatefile-generation"
INSIDE = "GATEFILE_E2E_INSIDE"
SKIP = 77  # Meson's exit code for a test that cannot run here

API = 13998
ADMIN = 13999
LOAD_TIMEOUT = 10.0
CHART_PORTS = {80: 8000, 443: 8443}
DEFAULT_STATIC = 'entryPoints:\n  web:\n    address: ":8000"\n  websecure:\n    address: ":8443"\n'


class Failure(Exception):
    """Something a case expects did not happen; the text says what."""


# --- the namespace ---------------------------------------------------------------------------


def find_program(variable, name):
    path = os.environ.get(variable) or shutil.which(name)
    if not path:
        skip(f"no {name}: set {variable}")
    return path


def skip(reason):
    print(f"1..0 # SKIP {reason}")
    sys.exit(SKIP)


def enter_namespace(work):
    """Gets what needs the network, then starts this program again inside a new namespace."""
    environment = dict(os.environ, **{INSIDE: str(work)})
    if "TRAEFIK" not in environment:
        done = subprocess.run([ROOT / "tests" / "tools" / "traefik.sh"], stdout=subprocess.PIPE, text=True, check=False)
        if done.returncode != 0:
            skip("no Traefik: set TRAEFIK")
        environment["TRAEFIK"] = done.stdout.strip().splitlines()[-1]
    if "E2E_BACKEND" not in environment:
        backend = work / "backend"
        go = dict(environment, CGO_ENABLED="0", GOPROXY="off", GOTOOLCHAIN="local", GOFLAGS="-trimpath -buildvcs=false")
        subprocess.run([find_program("GO", "go"), "build", "-o", backend, "."], cwd=HERE / "backend", env=go, check=True)
        environment["E2E_BACKEND"] = str(backend)

    unshare = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--net"]
    if subprocess.run([*unshare, "true"], stderr=subprocess.DEVNULL, check=False).returncode != 0:
        skip("no network namespaces here")
    return subprocess.run([*unshare, sys.executable, *sys.argv], env=environment, check=False).returncode


def run_in_namespace(run):
    """Calls run(work) inside a new namespace, with a scratch folder that goes afterwards; the exit code."""
    if INSIDE in os.environ:
        return run(Path(os.environ[INSIDE]))
    work = Path(tempfile.mkdtemp(prefix="gatefile-e2e-"))
    try:
        return enter_namespace(work)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def prepare_network():
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    subprocess.run(["ip", "route", "add", "local", "10.0.0.0/8", "dev", "lo"], check=True)
    # Cases with IPv6 endpoints use fd00::/8; a kernel without IPv6 fails those cases only.
    subprocess.run(["ip", "-6", "route", "add", "local", "fd00::/8", "dev", "lo"], stderr=subprocess.DEVNULL, check=False)


# --- cases -----------------------------------------------------------------------------------


class Case:
    def __init__(self, path, testdata):
        self.path = path
        self.name = str(path.relative_to(testdata))
        static = path / "static.yaml"
        if not static.exists():
            static = testdata / "_base" / "static.yaml"
        self.static = static.read_text() if static.exists() else DEFAULT_STATIC
        self.port_map = port_map(path / "args")
        source = path / "in.yaml"
        self.backends = backends(source.read_text()) if source.exists() else {}
        requests = path / "requests.txt"
        self.lines = list(request_lines(requests.read_text())) if requests.exists() else []


def find_cases(testdata, pattern):
    cases = []
    for directory in sorted({path.parent for name in FORMATS.values() for path in testdata.rglob(name)}):
        name = str(directory.relative_to(testdata))
        if any(fnmatch.fnmatch(name, p) for p in (pattern, pattern + "/*", "*/" + pattern)):
            cases.append(Case(directory, testdata))
    return cases


def port_map(path):
    """--port-map 80=8000,443=8443 out of a case's extra command line words."""
    if not path.exists():
        return {}
    words = shlex.split(path.read_text(), comments=True)
    found = {}
    for i, word in enumerate(words):
        value = word.partition("=")[2] if word.startswith("--port-map=") else None
        if word == "--port-map" and i + 1 < len(words):
            value = words[i + 1]
        for pair in (value or "").split(","):
            outer, _, inner = pair.partition("=")
            if inner:
                found[int(outer)] = int(inner.rpartition(":")[2])
    return found


def backends(text):
    """{address: {"NS/SERVICE", ...}} from the EndpointSlices and Services of a manifest.

    A scan for the few fields that matter rather than a YAML parser, which Python has none of.
    """
    found = {}
    for document in re.split(r"(?m)^---.*$", text):
        document = re.sub(r"(?m)(^|\s)#.*$", "", document)
        kind = re.search(r"(?m)^\s*\{?.*?\bkind:\s*[\"']?(EndpointSlice|Service)\b[\"']?\s*(?=[,}\n]|$)", document)
        if not kind:
            continue
        namespace = re.search(r"\bnamespace:\s*[\"']?([-\w.]+)", document)
        if kind[1] == "EndpointSlice":
            name = re.search(r"kubernetes\.io/service-name[\"']?:\s*[\"']?([-\w.]+)", document)
            addresses = re.findall(r"(?<![-\w.])\d{1,3}(?:\.\d{1,3}){3}(?![-\w.])", document)
            addresses += re.findall(r"(?<![-\w.:])fd[0-9a-f]{2}:[0-9a-f:]+", document)
        else:
            name = re.search(r"\bmetadata:[^}]*?\bname:\s*[\"']?([-\w.]+)", document, re.S)
            addresses = re.findall(r"\bclusterIP:\s*[\"']?([\d.]+)", document)
        if name:
            service = f"{namespace[1] if namespace else 'default'}/{name[1]}"
            for address in addresses:
                found.setdefault(address, set()).add(service)
    return found


def request_lines(text):
    """(line number, line) with continuations joined and comments dropped."""
    number, pending = 0, ""
    for n, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("#"):
            continue
        if line[:1].isspace() and line.strip():
            pending += " " + line.strip()
            continue
        if pending:
            yield number, pending
        number, pending = n, line.strip()
    if pending:
        yield number, pending


# --- Traefik ---------------------------------------------------------------------------------


def top_level_blocks(text):
    """[(key, block)] of a YAML file in block style."""
    blocks = []
    for line in text.splitlines(keepends=True):
        key = re.match(r"([A-Za-z]\w*)\s*:", line)
        if key:
            blocks.append((key[1], line))
        elif blocks:
            blocks[-1] = (blocks[-1][0], blocks[-1][1] + line)
    return blocks


def entry_points(text):
    """{name: (host, port, protocol)} of a static configuration."""
    found = {}
    for key, block in top_level_blocks(text):
        if key != "entryPoints":
            continue
        lines = [line for line in block.splitlines()[1:] if line.strip() and not line.lstrip().startswith("#")]
        indent = min((len(line) - len(line.lstrip()) for line in lines), default=0)
        name = None
        for line in lines:
            if len(line) - len(line.lstrip()) == indent:
                name = line.strip().partition(":")[0].strip("\"'")
            address = re.search(r"\baddress:\s*[\"']?([^\"'\s,}]+)", line)
            if name and address and name not in found:
                host, _, port = address[1].rpartition(":")
                port, _, protocol = port.partition("/")
                found[name] = (host.strip("[]"), int(port), protocol or "tcp")
    return found


class Traefik:
    """One running Traefik for all cases with the same static configuration."""

    def __init__(self, static, work):
        self.entry_points = entry_points(static)
        self.work = Path(tempfile.mkdtemp(prefix="traefik-", dir=work))
        self.log = self.work / "traefik.log"
        self.log_offset = 0
        self.directories = {}
        for name in FORMATS:
            self.directories[name] = self.work / name
            (self.directories[name] / ".gatefile").mkdir(parents=True)
            os.mkfifo(self.directories[name] / ".gatefile" / "wake")
        self.idle_count = 0
        for name in FORMATS:
            self.publish(name, self.idle(name)[0])

        module = self.work / "plugins-local" / "src" / "gatefile.dev" / "traefik-plugin"
        shutil.copytree(PLUGIN, module, ignore=shutil.ignore_patterns("*_test.go"))
        (self.work / "static.yaml").write_text(self.static(static))
        # What the cases call the system's certificates is the backend's authority.
        environment = dict(os.environ, SSL_CERT_FILE=str(HERE / "backend" / "tls" / "ca.pem"))
        self.output = (self.work / "traefik.out").open("w")
        self.process = subprocess.Popen(
            [os.environ["TRAEFIK"], "--configfile=static.yaml"],
            cwd=self.work, env=environment, stdout=self.output, stderr=subprocess.STDOUT,
        )
        self.wait_for(lambda: self.api("/api/overview"), "Traefik's API")

    def static(self, text):
        """The case's entry points and the like, with providers, API and log replaced by ours."""
        ours = {"api", "log", "accessLog", "providers", "experimental", "ping", "global"}
        blocks = [block for key, block in top_level_blocks(text) if key not in ours]
        api = f'  traefik:\n    address: "127.0.0.1:{API}"\n'
        for i, block in enumerate(blocks):
            if block.startswith("entryPoints"):
                indent = re.search(r"\n( +)\S", block)
                block = block if block.endswith("\n") else block + "\n"
                blocks[i] = block + api.replace("  ", indent[1] if indent else "  ")
        blocks.append(f"""
global: {{checkNewVersion: false, sendAnonymousUsage: false}}
api: {{insecure: true}}
log: {{level: INFO, format: json, filePath: "{self.log}"}}
providers:
  providersThrottleDuration: 0
  file: {{directory: "{self.directories['file']}", watch: true}}
  plugin:
    gatefile: {{directory: "{self.directories['plugin']}"}}
experimental:
  abortOnPluginFailure: true
  localPlugins:
    gatefile: {{moduleName: gatefile.dev/traefik-plugin}}
""")
        return "\n".join(blocks)

    def wait_for(self, probe, what, timeout=LOAD_TIMEOUT):
        end = time.monotonic() + timeout
        while True:
            try:
                found = probe()
                if found:
                    return found
            except (OSError, http.client.HTTPException):
                pass
            if self.process.poll() is not None:
                raise Failure("Traefik ended: " + (self.work / "traefik.out").read_text()[-2000:])
            late = time.monotonic() > end
            # What Traefik has refused will not come: one second is for errors that it recovers from.
            if late or (time.monotonic() > end - timeout + 1 and self.errors()):
                raise Failure(f"{what}: did not come{self.errors_text()}")
            time.sleep(0.01)

    def api(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", API, timeout=10)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            body = answer.read()
            return json.loads(body) if answer.status == 200 else None
        finally:
            connection.close()

    def all(self, path):
        return self.api(path + "?per_page=1000000") or []

    def idle(self, name):
        """What a provider serves while the other one is tested: only a marker."""
        self.idle_count += 1
        token = f"idle-{self.idle_count}"
        tree = {"http": {"middlewares": {MARKER: {"headers": {"customResponseHeaders": {"X-Generation": token}}}}}}
        return json.dumps(tree).replace("{{", "{ {").replace("}}", "} }"), token

    def publish(self, name, content):
        directory = self.directories[name]
        (directory / ".gatefile" / "next.tmp").write_text(content)
        os.rename(directory / ".gatefile" / "next.tmp", directory / PUBLISHED[name])
        try:
            pipe = os.open(directory / ".gatefile" / "wake", os.O_WRONLY | os.O_NONBLOCK)
            os.write(pipe, b"x")
            os.close(pipe)
        except OSError:
            pass  # Nobody listens yet.

    def load(self, name, content):
        self.log_offset = self.log.stat().st_size if self.log.exists() else 0
        token = generation(name, content)
        before = self.api("/api/rawdata")
        self.publish(name, content)
        if token:
            self.wait_for(lambda: self.has_marker(name, token), f"generation {token}")
        else:
            self.wait_until_settled(before)
        # The API is switched a moment before the entry points.
        time.sleep(0.03)

    def has_marker(self, name, token):
        marker = self.api(f"/api/http/middlewares/{MARKER}@{PROVIDER[name]}")
        return marker and token in json.dumps(marker)

    def wait_until_settled(self, before):
        """For what has no marker: until the data changed, or a second has gone by, and then stays."""
        changed = time.monotonic() + 1.0
        while self.api("/api/rawdata") == before and time.monotonic() < changed:
            time.sleep(0.02)
        last = None
        while last is None or self.api("/api/rawdata") != last:
            last = self.api("/api/rawdata")
            time.sleep(0.3)

    def errors(self):
        if not self.log.exists():
            return []
        found = []
        with self.log.open() as log:
            log.seek(self.log_offset)
            for line in log:
                try:
                    entry = json.loads(line)
                except ValueError:
                    continue
                if entry.get("level") in ("error", "fatal", "panic"):
                    found.append(" ".join(str(entry[key]) for key in ("message", "error", "routerName", "serviceName") if key in entry))
        return found

    def errors_text(self):
        return "".join(f"\n  Traefik's log: {error}" for error in self.errors()[:10])

    def check(self, name):
        """Nothing that was published may be refused, renamed, or fall back to a default."""
        bad = []
        elsewhere = False
        for path in ("http/routers", "http/services", "http/middlewares", "tcp/routers", "tcp/services", "tcp/middlewares",
                     "udp/routers", "udp/services"):
            for item in self.all("/api/" + path):
                if item.get("provider") != PROVIDER[name]:
                    continue
                errors = item.get("error") or item.get("err") or []
                if errors and all(ELSEWHERE.search(error) for error in errors):
                    elsewhere = True
                elif item.get("status") != "enabled" or errors or "-conflicted-" in item["name"]:
                    bad.append(f"{path} {item['name']}: {item.get('status')} {errors}")
        overview = self.api("/api/overview") or {}
        for protocol in ("http", "tcp", "udp"):
            for kind, counts in (overview.get(protocol) or {}).items():
                for level in ("errors", "warnings"):
                    if not bad and not elsewhere and counts.get(level):
                        bad.append(f"overview: {counts[level]} {level} in {protocol} {kind}")
        bad += [f"log: {error}" for error in self.errors() if not ELSEWHERE.search(error)]
        if bad:
            raise Failure("\n".join(bad[:20]))

    def address_of(self, port, mapped, protocol="tcp"):
        """Where to connect for a listener's port."""
        inner = mapped.get(port)
        points = [(host, number) for host, number, kind in self.entry_points.values() if kind == protocol]
        # Without a map: the port itself, or the one that Traefik's chart puts behind it.
        for candidate in (inner, port, CHART_PORTS.get(port)):
            for host, number in points:
                if number == candidate:
                    return f"{host or '127.0.0.1'}:{number}"
        raise Failure(f"no entry point for port {port}")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.output.close()


def generation(name, content):
    """The last value in the marker middleware, or None."""
    if name == "plugin":
        try:
            marker = json.loads(content)["http"]["middlewares"][MARKER]
        except (ValueError, KeyError, TypeError):
            return None
        while isinstance(marker, (dict, list)) and marker:
            marker = list(marker.values())[-1] if isinstance(marker, dict) else marker[-1]
        return marker if isinstance(marker, str) else None

    start = re.search(r"(?m)^( *)[\"']?" + MARKER + r"[\"']?:(.*)$", content)
    if not start:
        found = re.search(r"[\"']?" + MARKER + r"[\"']?\s*:\s*(\{.*)", content)
        return re.findall(r"[-\w.:+/=]+", found[1])[-1] if found else None
    block = start[2] + "\n"
    for line in content[start.end() + 1:].splitlines():
        if line.strip() and len(line) - len(line.lstrip()) <= len(start[1]):
            break
        block += line + "\n"
    words = re.findall(r"[^\s\"'{},\[\]]+", re.sub(r"(?m)\s#.*$", "", block))
    return words[-1] if words and not words[-1].endswith(":") else None


# --- requests --------------------------------------------------------------------------------


class Client:
    """The client mode of the backend program: one JSON line in, one out."""

    def __init__(self):
        self.process = subprocess.Popen([os.environ["E2E_BACKEND"], "request"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def send(self, order):
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def stop(self):
        self.process.stdin.close()
        self.process.wait()


class Log:
    """What the backend has seen since the last reset."""

    @staticmethod
    def ask(method):
        connection = http.client.HTTPConnection("127.0.0.1", ADMIN, timeout=10)
        try:
            connection.request(method, "/log")
            return connection.getresponse().read()
        finally:
            connection.close()

    @classmethod
    def reset(cls):
        cls.ask("DELETE")

    @classmethod
    def read(cls):
        return json.loads(cls.ask("GET")) or []


class Request:
    """One line of requests.txt."""

    def __init__(self, line, case):
        only = re.match(r"\[(\w+)\]\s*", line)
        self.only = only[1] if only else None
        if self.only and self.only not in FORMATS:
            raise Failure(f"unknown format [{self.only}]")
        left, arrow, right = line[only.end() if only else 0:].partition(" => ")
        if not arrow:
            raise Failure("no ' => ' in the line")
        first, *options = [part.strip() for part in left.split(" | ")]
        words = first.split()
        if len(words) != 2:
            raise Failure(f"not METHOD URL: {first}")
        self.method, self.url = words
        self.headers, self.controls = [], {}
        for option in options:
            name, colon, value = option.partition(":")
            if not colon:
                raise Failure(f"not NAME: VALUE: {option}")
            if name.startswith("@"):
                self.controls[name[1:].strip()] = value.strip()
            else:
                self.headers.append([name.strip(), value.strip()])
        unknown = set(self.controls) - {"proto", "sni", "to", "body", "body-size", "client-cert", "cookies", "timeout", "alpn", "client"}
        if unknown:
            raise Failure("unknown control @" + sorted(unknown)[0])

        self.expected, *assertions = shlex.split(right)
        self.assertions = [parse_assertion(text) for text in assertions]
        self.times = next((int(value) for _, name, _, value in self.assertions if name == "times"), 1)
        self.case = case

    def order(self, traefik):
        parts = re.match(r"(https?|udp|tcp|tls)://(\[[^\]]*\]|[^/:?#]*)(?::(\d+))?(.*)", self.url)
        if not parts:
            raise Failure(f"not a URL: {self.url}")
        scheme, name, port, target = parts.groups()
        default = {"http": 80, "https": 443, "udp": 53, "tcp": 0, "tls": 443}[scheme]
        port = int(port or default)
        host = name if port == default else f"{name}:{port}"
        headers = []
        for header in self.headers:
            if header[0].lower() == "host":
                host = header[1]
            else:
                headers.append(header)
        body = self.controls.get("body", "")
        if "body-size" in self.controls:
            body = "x" * int(self.controls["body-size"])
        certificate = self.controls.get("client-cert")
        return {
            "proto": {"udp": "udp", "tcp": "stream", "tls": "stream"}.get(scheme) or self.controls.get("proto", "http/1.1"),
            "to": self.controls.get("to") or traefik.address_of(port, self.case.port_map, "udp" if scheme == "udp" else "tcp"),
            "tls": scheme in ("https", "tls"),
            "sni": self.controls.get("sni", name),
            "alpn": [name for name in self.controls.get("alpn", "").split(",") if name],
            "client": self.controls.get("client", ""),
            "cert": (self.case.path / certificate).read_text() if certificate else "",
            "method": self.method,
            "host": host,
            "target": target if target.startswith("/") or scheme in ("udp", "tcp", "tls") or self.method == "OPTIONS" and target == "*" else "/" + target,
            "headers": headers,
            "body": body,
            "timeout": float(self.controls.get("timeout", 10)),
        }

    def play(self, client, traefik):
        order = self.order(traefik)
        jar, answers = {}, []
        Log.reset()
        for _ in range(self.times):
            sent = dict(order)
            if jar:
                sent["headers"] = order["headers"] + [["Cookie", "; ".join(f"{k}={v}" for k, v in jar.items())]]
            answer = client.send(sent)
            if self.controls.get("cookies") == "keep":
                for cookie in (answer.get("headers") or {}).get("Set-Cookie", []):
                    key, _, value = cookie.partition(";")[0].partition("=")
                    jar[key] = value
            try:
                answer["backend"] = json.loads(answer.get("body") or "null")
            except ValueError:
                answer["backend"] = None
            if not isinstance(answer["backend"], dict) or "address" not in answer["backend"]:
                answer["backend"] = None
            answers.append(answer)

        bad = []
        for answer in answers:
            bad = [text for text in (self.judge_status(answer), *(self.judge(a, answer) for a in self.assertions)) if text]
            if bad:
                bad.append(describe(answer))
                break
        for assertion in self.assertions:
            text = self.judge_all(assertion, answers)
            if text:
                bad.append(text)
        if bad:
            raise Failure("\n".join(bad))

    def services(self, address):
        return self.case.backends.get(address, {f"?/{address}"})

    def judge_status(self, answer):
        error = answer.get("error")
        got = f"error: {error}" if error else f"status {answer['status']}"
        for wanted in self.expected.split("|"):
            if wanted.startswith("error"):
                held = bool(error) and wanted.partition("~")[2] in error
            else:
                held = not error and re.fullmatch(wanted.lower().replace("x", "[0-9]"), str(answer["status"]))
            if held:
                return None
        return f"expected {self.expected}, got {got}"

    def judge(self, assertion, answer):
        """One assertion about one answer; those about all answers are in judge_all."""
        negated, name, operator, value = assertion
        if name in ("times", "share", "mirror", "attempts", "same"):
            return None
        backend = answer["backend"]
        headers = answer.get("headers") or {}

        if name.startswith("response."):
            return compare(assertion, header(headers, name[9:]))
        if name == "location":
            return compare(assertion, header(headers, "Location"))
        if name == "body":
            return compare(assertion, answer.get("body"))
        if name == "cert":
            names = answer.get("names") or []
            return None if (value in names) != negated else f"{show(assertion)}: the certificate has {names}"
        if name == "time":
            limit = float(value.removesuffix("ms")) / 1000 if value.endswith("ms") else float(value.removesuffix("s"))
            held = answer["seconds"] < limit if operator == "<" else answer["seconds"] > limit
            return None if held else f"{show(assertion)}: took {answer['seconds']:.3f} s"

        if backend is None:
            return None if negated else f"{show(assertion)}: no backend answered"
        if name == "backend":
            names = self.services(backend["address"])
            names = names | {f"{service}:{backend['port']}" for service in names} | {backend["address"]}
            held = bool(names & set(value.split(","))) != negated
            return None if held else f"{show(assertion)}: {' '.join(sorted(names))} answered"
        if name.startswith("request."):
            return compare(assertion, header(backend["headers"] or {}, name[8:]))
        known = {"path", "host", "method", "proto", "sni", "tls", "port", "client"}
        if name in known:
            found = backend[name]
            return compare(assertion, str(found).lower() if isinstance(found, bool) else str(found))
        if name == "body-size":
            return compare(assertion, str(backend["body"]))
        return f"unknown assertion {show(assertion)}"

    def judge_all(self, assertion, answers):
        negated, name, _, value = assertion
        if name == "same":
            addresses = {answer["backend"]["address"] if answer["backend"] else None for answer in answers}
            return None if (len(addresses) == 1) != negated else f"{show(assertion)}: answers from {addresses}"
        if name == "share":
            service, _, share = value.rpartition(":")
            got = sum(1 for a in answers if a["backend"] and service in self.services(a["backend"]["address"])) / len(answers)
            wanted = float(share)
            # The rest of one turn of the wheel is the most that a fair split can be off.
            held = got == wanted if wanted in (0.0, 1.0) else abs(got - wanted) <= 0.05 + 1 / len(answers)
            return None if held else f"{show(assertion)}: {got:.2f}"
        if name == "attempts":
            # Mirrors among them arrive after the answer.
            end = time.monotonic() + 2.0
            while (got := len(Log.read())) < int(value) and time.monotonic() < end:
                time.sleep(0.02)
            return None if got == int(value) else f"{show(assertion)}: the backends saw {got}"
        if name == "mirror":
            service, _, count = value.partition(":")
            count = 0 if negated else int(count) if count else None
            end = time.monotonic() + (0.3 if count == 0 else 2.0)
            while True:
                got = sum(1 for entry in Log.read() if service in self.services(entry["address"]))
                enough = got >= (count or 1) if count != 0 else False
                if enough or time.monotonic() > end:
                    break
                time.sleep(0.02)
            held = got == count if count is not None else got > 0
            return None if held else f"{show(assertion)}: it saw {got}"
        return None


def parse_assertion(text):
    negated = text.startswith("!")
    found = re.match(r"!?([^=~<>]+)(?:([=~<>])(.*))?$", text, re.S)
    if not found:
        raise Failure(f"not an assertion: {text}")
    return negated, found[1], found[2] or "", found[3] or ""


def show(assertion):
    negated, name, operator, value = assertion
    return f"{'!' if negated else ''}{name}{operator}{value}"


def header(headers, name):
    """All lines of a header, joined; None where there is none."""
    lines = [line for key, values in headers.items() if key.lower() == name.lower() for line in values]
    return ",".join(lines) if lines else None


def compare(assertion, found):
    negated, _, operator, value = assertion
    if operator == "=":
        # "a, b" and "a,b", and two lines with one value each, are the same list.
        held = found is not None and re.sub(r",\s+", ",", found) == re.sub(r",\s+", ",", value)
    elif operator == "~":
        held = found is not None and value in found
    else:
        held = found is not None
    return None if held != negated else f"{show(assertion)}: got {found!r}"


def describe(answer):
    text = f"answer: {answer['status']} {answer.get('error') or ''} {json.dumps(answer.get('headers'))} {answer.get('body')}"
    return text if len(text) < 1500 else text[:1500] + "…"


# --- the run ---------------------------------------------------------------------------------


class Report:
    def __init__(self):
        self.passed = self.failed = 0

    def add(self, name, problem=None):
        number = self.passed + self.failed + 1
        if problem is None:
            self.passed += 1
            print(f"ok {number} - {name}", flush=True)
            return
        self.failed += 1
        print(f"not ok {number} - {name}", flush=True)
        for line in str(problem).splitlines():
            print(f"#   {line}", flush=True)


def run_case(case, name, traefik, client, report):
    title = f"{case.name} [{name}]"
    try:
        traefik.load(name, (case.path / FORMATS[name]).read_text())
        traefik.check(name)
    except Failure as failure:
        report.add(f"{title} loads", failure)
        return
    report.add(f"{title} loads")

    for number, line in case.lines:
        try:
            request = Request(line, case)
            if request.only in (None, name):
                request.play(client, traefik)
                report.add(f"{title} {number}: {line}")
        except (Failure, ValueError, OSError) as failure:
            report.add(f"{title} {number}: {line}", failure)


def run(options, work):
    cases = find_cases(options.testdata, options.only)
    formats = [options.format] if options.format else list(FORMATS)
    prepare_network()
    backend = subprocess.Popen([os.environ["E2E_BACKEND"], "serve", "-admin", f"127.0.0.1:{ADMIN}"],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    backend.stdout.readline()
    client = Client()
    report = Report()
    try:
        for static in dict.fromkeys(case.static for case in cases):
            group = [case for case in cases if case.static == static]
            traefik = None
            try:
                traefik = Traefik(static, work)
                for name in formats:
                    for case in group:
                        if (case.path / FORMATS[name]).exists():
                            run_case(case, name, traefik, client, report)
                    content, _ = traefik.idle(name)
                    traefik.load(name, content)
            except Failure as failure:
                report.add("Traefik for " + ", ".join(case.name for case in group), failure)
            finally:
                if traefik:
                    traefik.stop()
    finally:
        client.stop()
        backend.stdin.close()
        backend.wait()

    print(f"1..{report.passed + report.failed}")
    print(f"{report.passed} passed, {report.failed} failed")
    return 1 if report.failed or not report.passed else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="*", metavar="GLOB", help="cases to run, such as http/* or path-prefix")
    parser.add_argument("--format", choices=FORMATS, help="one output format (default: both)")
    parser.add_argument("--testdata", type=Path, default=ROOT / "tests" / "testdata", metavar="DIR")
    parser.add_argument("--keep", action="store_true", help="keep the working directory, with Traefik's logs, and name it")
    options = parser.parse_args()
    options.testdata = options.testdata.resolve()

    if INSIDE in os.environ:
        return run(options, Path(os.environ[INSIDE]))

    work = Path(tempfile.mkdtemp(prefix="gatefile-e2e-"))
    try:
        return enter_namespace(work)
    finally:
        if options.keep:
            print(f"# {work}")
        else:
            shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
