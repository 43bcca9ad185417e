# SPDX-License-Identifier: Apache-2.0
"""A stock Traefik that serves what the cases publish, one after the other."""

import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from cases import FORMATS
from sandbox import HERE, ROOT, Failure

PLUGIN = ROOT / "src" / "plugin"
PUBLISHED = {"file": "gatefile.yaml", "plugin": "gatefile.json"}
# TLS options of a provider that has to be there and is not in these tests.
ELSEWHERE = re.compile(r"unknown TLS options: \S+@kubernetescrd")
PROVIDER = {"file": "file", "plugin": "plugin-gatefile"}
MARKER = "gatefile-generation"

API = 13998
LOAD_TIMEOUT = 10.0
CHART_PORTS = {80: 8000, 443: 8443}


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


def ask_api(path):
    """What Traefik's API says; None where it does not answer 200."""
    connection = http.client.HTTPConnection("127.0.0.1", API, timeout=10)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read()
        return json.loads(body) if answer.status == 200 else None
    finally:
        connection.close()


class Traefik:
    """One running Traefik for all cases with the same static configuration."""

    def __init__(self, static, work, plugin=PLUGIN):
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
        shutil.copytree(plugin, module, ignore=shutil.ignore_patterns("*_test.go"))
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

    api = staticmethod(ask_api)

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
