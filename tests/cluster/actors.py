# SPDX-License-Identifier: Apache-2.0
"""Who takes part beside the API server: Traefik, the agent, backends, a network that fails, a load."""

import http.client
import json
import os
import re
import select
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import time
import traceback
from pathlib import Path

import objects
from cluster import AGENT, ROOT, Failure, Process, until
from sandbox import ADMIN as BACKEND_ADMIN
from stock_traefik import PLUGIN as PLUGIN_SOURCE

PLUGIN, FILE, NATIVE = "plugin", "file", "native"
CONTROLLER = "gatefile.dev"
API_PORT, LISTEN_PORT = 9000, 9100
HTTP, HTTPS, PROBE = 80, 443, 81
TICKS = os.sysconf("SC_CLK_TCK")


def cpu_of(process):
    """User and system seconds so far."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def memory_of(process, field="VmRSS"):
    """Resident KiB; the most so far with VmHWM."""
    return int(re.search(rf"{field}:\s+(\d+)", Path(f"/proc/{process.pid}/status").read_text())[1])


def get(address, port, host, path="/", timeout=5.0, context=None, headers=None):
    """The status of one request on a connection of its own; 0 without an answer."""
    if context:
        connection = http.client.HTTPSConnection(address, port, timeout=timeout, context=context)
    else:
        connection = http.client.HTTPConnection(address, port, timeout=timeout)
    try:
        connection.request("GET", path, headers={"Host": host, **(headers or {})})
        answer = connection.getresponse()
        answer.read()
        return answer.status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


def start_backend(work):
    """One process answers for every endpoint: port 13000 of every address of 10.0.0.0/8."""
    process = subprocess.Popen([os.environ["E2E_BACKEND"], "serve", "-admin", f"127.0.0.1:{BACKEND_ADMIN}"],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    process.stdout.readline()
    return process  # it ends with its standard input, that is with us


class Traefik:
    """A stock Traefik at an address of its own, with one provider; `beside` names a namespace whose Ingress and
    IngressRoute objects Traefik's own providers serve beside it."""

    count = 0

    def __init__(self, work, provider=PLUGIN, throttle="0s", plane=None, options=(), default_pair=None, beside=None):
        Traefik.count += 1
        self.address = f"10.1.0.{Traefik.count}"
        self.provider = provider
        self.work = Path(tempfile.mkdtemp(prefix=f"traefik-{provider}-", dir=work))
        self.out = self.work / "dynamic"
        self.out.mkdir()
        self.static = self.work / "static.yaml"
        self.log = self.work / "traefik.log"
        self.throttle = throttle
        self.plane, self.options, self.default_pair, self.beside = plane, options, default_pair, beside
        self.process = None
        if provider == PLUGIN:
            shutil.copytree(PLUGIN_SOURCE, self.work / "plugins-local/src/gatefile.dev/traefik-plugin",
                            ignore=shutil.ignore_patterns("*_test.go"))
        self.configure()

    def configure(self):
        providers = {
            FILE: f"  file: {{directory: {self.out}, watch: true}}\n",
            PLUGIN: f"  plugin: {{gatefile: {{directory: {self.out}}}}}\n"
                    "experimental: {localPlugins: {gatefile: {moduleName: gatefile.dev/traefik-plugin}}}\n",
        }
        if self.provider == NATIVE:
            providers[NATIVE] = self.own_gateway(self.options)
            if self.default_pair:
                pair = dict(zip(("certFile", "keyFile"), self.default_pair))
                (self.out / "default.yaml").write_text(json.dumps({"tls": {"stores": {"default": {"defaultCertificate": pair}}}}))
                providers[NATIVE] += providers[FILE]
        if self.beside:
            access = (f"{{endpoint: {self.plane.SERVER}, token: {self.plane.token('providers')}, "
                      f"certAuthFilePath: {self.plane.work}/ca.crt, namespaces: [{self.beside}]}}")
            providers[self.provider] = f"  kubernetesIngress: {access}\n  kubernetesCRD: {access}\n" + providers[self.provider]
        self.static.write_text(
            "global: {checkNewVersion: false, sendAnonymousUsage: false}\n"
            "log: {level: INFO, format: json}\napi: {insecure: true}\nping: {}\nentryPoints:\n"
            f'  web: {{address: "{self.address}:{HTTP}"}}\n'
            f'  websecure: {{address: "{self.address}:{HTTPS}"}}\n'
            f'  probe: {{address: "{self.address}:{PROBE}"}}\n'
            f'  traefik: {{address: "{self.address}:{API_PORT}"}}\n'
            f"providers:\n  providersThrottleDuration: {self.throttle}\n{providers[self.provider]}")

    def own_gateway(self, options):
        """Traefik's own Gateway API provider, as a part of the static configuration."""
        return (f"  kubernetesGateway:\n    endpoint: {self.plane.SERVER}\n    token: {self.plane.token('native')}\n"
                f"    certAuthFilePath: {self.plane.work}/ca.crt\n    statusAddress: {{ip: 198.51.100.7}}\n"
                + "".join(f"    {option}\n" for option in options))

    @property
    def api_url(self):
        return f"http://{self.address}:{API_PORT}"

    def start(self):
        self.process = Process([os.environ["TRAEFIK"], f"--configFile={self.static}"], self.log, cwd=self.work)
        until(lambda: self.process.ended() or self.get("traefik", "/ping", API_PORT) == 200, "Traefik starts", 30)
        if self.process.ended():
            raise Failure("Traefik ends\n" + self.process.tail())
        return self

    def stop(self):
        self.process.stop(30)

    def get(self, host, path="/", port=HTTP, **more):
        return get(self.address, port, host, path, **more)

    def api(self, path):
        connection = http.client.HTTPConnection(self.address, API_PORT, timeout=60)
        try:
            connection.request("GET", path)
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()

    def connect(self, host):
        """A TLS connection for a server name, whatever certificate is served."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return context.wrap_socket(socket.create_connection((self.address, HTTPS), 5), server_hostname=host)

    def certificate(self, host):
        """What is served for a server name, as DER; None without a handshake."""
        try:
            with self.connect(host) as stream:
                return stream.getpeercert(binary_form=True)
        except OSError:
            return None

    def expect(self, status, host, path="/", within=10.0, port=HTTP):
        """Waits for a status; the seconds that it took."""
        began = time.monotonic()
        until(lambda: self.get(host, path, port) == status,
              lambda: f"{host}{path} answers {self.get(host, path, port)}, not {status}", within, 0.005)
        return time.monotonic() - began

    def stays(self, status, host, path="/", seconds=1.0):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            found = self.get(host, path)
            if found != status:
                raise Failure(f"{host}{path} answers {found} instead of going on with {status}")
            time.sleep(0.05)

    def errors(self):
        found = []
        for line in self.process.text().splitlines():
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            if entry.get("level") in ("error", "fatal", "panic"):
                found.append(entry)
        return found


class Agent:
    """`gatefile agent --from cluster` for one Traefik."""

    count = 0

    def __init__(self, plane, traefik, *flags, name=None, kubeconfig=None, form=None, debounce=None):
        Agent.count += 1
        self.name = name or f"agent-{Agent.count}"
        self.listen = f"10.2.0.{Agent.count}:{LISTEN_PORT}"
        self.traefik = traefik
        self.log = traefik.work / f"{self.name}.log"
        self.process = None
        self.words = [
            os.environ.get("GATEFILE", str(ROOT / "build/dev/src/cli/gatefile")), "agent", "--from", "cluster",
            "--kubeconfig", kubeconfig or plane.kubeconfig(self.name), "--out", traefik.out,
            "--to", form or traefik.provider, "--traefik-config", traefik.static, "--traefik-api", traefik.api_url,
            "--listen", self.listen, *(["--debounce", debounce] if debounce else []), *flags]
        # What kubectl would read on this machine is nobody's business here.
        self.environment = {key: value for key, value in os.environ.items()
                            if key not in ("KUBECONFIG", "KUBERNETES_SERVICE_HOST") and not key.lower().endswith("_proxy")}

    def start(self, wait=None):
        self.process = Process(self.words, self.log, env=self.environment)
        if wait:
            self.ready(wait)
        return self

    def ready(self, within=15.0):
        """Waits for /readyz."""
        until(lambda: self.process.ended() or self.get("/readyz")[0] == 200, lambda: f"{self.name} is ready\n" + self.say(),
              within)
        if self.process.ended():
            raise Failure(f"{self.name} ends\n" + self.process.tail())

    def say(self):
        metrics = [line for line in self.get("/metrics")[1].splitlines() if re.match("gatefile_(synced|publish_held|publish_total)", line)]
        log = [line for line in self.process.text().splitlines() if "code=route-detached" not in line]
        return "\n".join([f"/readyz?verbose: {self.get('/readyz?verbose')}", " ".join(metrics), *log[-15:]])

    def stop(self):
        return self.process.stop(12)

    def kill(self):
        self.process.kill()

    def hup(self):
        self.process.signal(signal.SIGHUP)

    def get(self, path):
        address, _, port = self.listen.partition(":")
        connection = http.client.HTTPConnection(address, int(port), timeout=5)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode(errors="replace")
        except (OSError, http.client.HTTPException) as error:
            return 0, str(error)
        finally:
            connection.close()

    def metric(self, name, **labels):
        """The sum of a metric over its series that have these labels; None without any."""
        found = None
        for line in self.get("/metrics")[1].splitlines():
            series = re.match(r"(\w+)(?:\{(.*)\})? (\S+)", line)
            if series and series[1] == name and all(f'{key}="{value}"' in (series[2] or "") for key, value in labels.items()):
                found = (found or 0.0) + float(series[3])
        return found

    def says(self, pattern, within=10.0):
        """Waits for a line of the log."""
        return until(lambda: re.search(pattern, self.process.text()), lambda: f"the agent says {pattern}\n" + self.say(),
                     within)


class Site:
    """A GatewayClass with a controller of its own, a Gateway, a backend; a Traefik and an agent for them."""

    def __init__(self, plane, name, *flags, form=PLUGIN, listeners=(), user=AGENT, kubeconfig=None, throttle="0s",
                 beside=False):
        self.plane, self.name, self.api = plane, name, plane.admin
        self.controller = f"{CONTROLLER}/{name}"
        self.traefik = Traefik(plane.work.parent, form, throttle, plane, beside=name if beside else None)
        self.gateway = objects.gateway("gw", name, name, *(listeners or [objects.listener()]))
        self.flags = ("--controller-name", self.controller, *flags)
        self.kubeconfig = kubeconfig or plane.kubeconfig(f"site-{name}", user)
        self.agent = self.another()

    def another(self, *flags):
        return Agent(self.plane, self.traefik, *self.flags, *flags, kubeconfig=self.kubeconfig,
                     name=f"{self.name}-{Agent.count}")

    def install(self, *routes):
        """The objects, and HTTPRoutes with these names."""
        self.api.apply(objects.namespace(self.name), objects.gateway_class(self.name, self.controller), self.gateway,
                       objects.service("one", self.name), objects.endpoint_slice("one", self.name, "10.0.0.1"))
        for route in routes:
            self.route(route)
        return self

    def start(self, within=15.0):
        self.traefik.start()
        self.agent.start(within)
        return self

    def host(self, route):
        return f"{route}.{self.name}.example"

    def make(self, name, path="/", **more):
        return objects.http_route(name, self.name, [objects.parent(self.gateway)], self.host(name), path, **more)

    def route(self, name, path="/", **more):
        return self.api.apply(self.make(name, path, **more))[0]

    def drop(self, name):
        self.api.delete(self.make(name))

    def serves(self, name, path="/", within=10.0):
        return self._expect(200, name, path, within)

    def refuses(self, name, path="/", within=10.0):
        return self._expect(404, name, path, within)

    def _expect(self, status, name, path, within):
        try:
            return self.traefik.expect(status, self.host(name), path, within)
        except Failure as failure:
            raise Failure(f"{failure}\n{self.agent.say()}") from None

    def parents(self, name):
        """Our entries in a route's status."""
        status = (self.api.get(self.make(name)) or {}).get("status", {})
        return [entry for entry in status.get("parents", []) if entry["controllerName"] == self.controller]

    def route_condition(self, name, kind):
        entries = self.parents(name)
        return objects.condition(entries[0]["conditions"] if entries else (), kind)

    def gateway_condition(self, kind):
        return objects.condition(self.api.get(self.gateway).get("status", {}).get("conditions"), kind)

    def close(self):
        for actor in (self.agent, self.traefik):
            if actor.process and not actor.process.ended():
                actor.process.kill()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Load:
    """Requests for one route all the time; `with` fails if one of them was not answered as it should be, or if
    there were hardly any. With `tls` each has a connection of its own, so that none lives on a certificate of before."""

    LEAST = 0.5  # requests a second, however busy the machine is

    def __init__(self, traefik, host, path="/", status=200, pause=0.004, port=HTTP, tls=False):
        self.order = traefik, host, path
        self.status, self.pause, self.tls = status, pause, tls
        self.sent, self.bad, self.died, self.began = 0, [], None, 0.0
        self.connection = http.client.HTTPConnection(traefik.address, port, timeout=5)
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _connect(self, traefik, host):
        if self.tls:
            self.connection.close()
            self.connection.sock = traefik.connect(host)

    def _ask(self):
        """What one request is answered, or why it is not."""
        traefik, host, path = self.order
        try:
            self._connect(traefik, host)
            self.connection.request("GET", path, headers={"Host": host})
            answer = self.connection.getresponse()
            answer.read()
            return answer.status
        except (OSError, http.client.HTTPException) as error:
            self.connection.close()
            return str(error)

    def _is_good(self, found):
        return found == self.status

    def _run(self):
        try:
            while not self.over.is_set():
                found = self._ask()
                self.sent += 1
                if not self._is_good(found):
                    self.bad.append((found, time.strftime("%X")))
                self.over.wait(self.pause)
        except Exception:  # pylint: disable=broad-except
            self.died = traceback.format_exc()
        finally:
            self.connection.close()

    def __enter__(self):
        self.began = time.monotonic()
        self.thread.start()
        return self

    def __exit__(self, kind, *_):
        seconds = time.monotonic() - self.began
        self.over.set()
        self.thread.join()
        if kind is None:
            self._judge(seconds)

    def _judge(self, seconds):
        if self.died:
            raise Failure(f"the load died after {self.sent} requests: {self.died}")
        if self.bad:
            raise Failure(f"{len(self.bad)} of {self.sent} requests failed, such as {self.bad[0]}")
        if self.sent < max(1, self.LEAST * seconds):
            raise Failure(f"only {self.sent} requests were sent in {seconds:.1f} s")


class Network:
    """A TCP proxy in front of the API server, for a network that fails."""

    def __init__(self, port):
        self.target = port
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.server = f"https://127.0.0.1:{self.port}"
        self.pairs, self.lock = [], threading.Lock()
        self.refused, self.swallowed = False, set()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            near, _ = self.listener.accept()
            if self.refused:
                near.close()
                continue
            try:
                far = socket.create_connection(("127.0.0.1", self.target), 5)
            except OSError:
                near.close()
                continue
            with self.lock:
                self.pairs.append((near, far))
            threading.Thread(target=self._forward, args=(near, far), daemon=True).start()

    def _forward(self, near, far):
        other = {near: far, far: near}
        try:
            while True:
                for stream in select.select([near, far], [], [])[0]:
                    data = stream.recv(65536)
                    if (near, far) in self.swallowed:
                        if not data:
                            return
                        continue  # as if it were lost on the way; the connection looks alive
                    if not data:
                        return
                    other[stream].sendall(data)
        except (OSError, ValueError):
            pass
        finally:
            with self.lock:
                if (near, far) in self.pairs:
                    self.pairs.remove((near, far))
            for stream in (near, far):
                stream.close()

    def swallow(self):
        """What goes over today's connections is lost; new connections are good."""
        with self.lock:
            self.swallowed |= set(self.pairs)
            return len(self.pairs)

    def cut(self):
        """Resets today's connections and takes no others."""
        self.refused = True
        with self.lock:
            for pair in self.pairs:
                for stream in pair:
                    try:
                        stream.shutdown(socket.SHUT_RDWR)
                    except OSError:
                        pass

    def mend(self):
        self.refused = False


class Proxy:
    """CONNECT, with TLS where there is a context, and SOCKS5, whatever the name: all leads to the API server."""

    def __init__(self, target, context=None):
        self.target, self.context = target, context
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.asked = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            threading.Thread(target=self._serve, args=(self.listener.accept()[0],), daemon=True).start()

    def _serve(self, near):
        try:
            if self.context:
                near = self.context.wrap_socket(near, server_side=True)
            # What is encrypted cannot be peeked at, and SOCKS is not.
            is_socks = not self.context and near.recv(1, socket.MSG_PEEK) == b"\x05"
            answer = self._socks(near) if is_socks else self._connect(near)
            with socket.create_connection(("127.0.0.1", self.target), 5) as far:
                near.sendall(answer)
                back = threading.Thread(target=self._copy, args=(far, near), daemon=True)
                back.start()
                self._copy(near, far)
                back.join()
        except OSError:
            pass
        finally:
            near.close()

    @staticmethod
    def _copy(source, target):
        try:
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def _connect(self, near):
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += near.recv(1)
        self.asked.append(("connect", head.split()[1].decode()))
        return b"HTTP/1.1 200 Connection established\r\n\r\n"

    def _socks(self, near):
        def take(count):
            return b"".join(near.recv(1) for _ in range(count))

        _, methods = take(2)
        take(methods)
        near.sendall(b"\x05\x00")
        kind = take(4)[3]
        host = take(take(1)[0]).decode() if kind == 3 else ".".join(str(part) for part in take(4))
        self.asked.append(("socks5", f"{host}:{int.from_bytes(take(2), 'big')}"))
        return b"\x05\x00\x00\x01" + bytes(6)


def certificate(work, name):
    """A self-signed certificate for a host and its key, as PEM."""
    folder = Path(tempfile.mkdtemp(prefix="certificate-", dir=work))
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-keyout", folder / "key.pem", "-out", folder / "cert.pem", "-days", "30", "-subj", f"/CN={name}",
                    "-addext", f"subjectAltName=DNS:{name}"], check=True, capture_output=True)
    return (folder / "cert.pem").read_text(), (folder / "key.pem").read_text()


def der(pem):
    return ssl.PEM_cert_to_DER_cert(pem)
