# SPDX-License-Identifier: Apache-2.0
"""A real API server for tests and benches: etcd and kube-apiserver with the Gateway API's CRDs, inside the
network namespace of tests/e2e, where every address of 10.0.0.0/8 is local (endpoints on loopback are refused
by the API server). No kubelet, no controllers: who wants endpoints writes an EndpointSlice.
"""

import contextlib
import http.client
import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "e2e"))
from sandbox import INSIDE, Failure, prepare_network, run_in_namespace  # noqa: E402

ADMIN = "admin"  # a user who may everything
AGENT = "agent"  # a user with what `rules` grant to the group of all agents
AGENTS = "gatefile-agents"
OTHER = "other"  # a user with no rights but those that a test grants
TOLD = "told"  # another one, whose rights no other test grants
NATIVE = "native"  # Traefik's own provider: may everything, but is no system:masters
PROVIDERS = "providers"  # Traefik's kubernetesIngress and kubernetesCRD
USERS = {ADMIN: "system:masters", AGENT: AGENTS, OTHER: "others", TOLD: "told", NATIVE: "natives", PROVIDERS: "traefik-providers"}

GATEWAY_API = "gateway.networking.k8s.io"
ROUTES = ["httproutes", "grpcroutes", "tlsroutes", "tcproutes", "udproutes"]
WITH_STATUS = ["gatewayclasses", "gateways", "listenersets", "backendtlspolicies", *ROUTES]
RULES = [
    {"apiGroups": [GATEWAY_API], "resources": [*WITH_STATUS, "referencegrants"], "verbs": ["get", "list", "watch"]},
    {"apiGroups": [GATEWAY_API], "resources": [f"{name}/status" for name in WITH_STATUS], "verbs": ["update", "patch"]},
    {"apiGroups": [""], "resources": ["namespaces", "services", "secrets", "configmaps", "nodes"],
     "verbs": ["get", "list", "watch"]},
    {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": ["get", "list", "watch"]},
    {"apiGroups": ["traefik.io"], "resources": ["middlewares", "traefikservices"], "verbs": ["get", "list", "watch"]},
    {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["get", "create", "update", "delete"]},
    {"apiGroups": ["", "events.k8s.io"], "resources": ["events"], "verbs": ["create", "patch", "update"]},
]


def until(condition, what, within=10.0, pause=0.02):
    """The first true answer of condition(); a Failure when none came in time."""
    end = time.monotonic() + within
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > end:
            raise Failure(f"not within {within:g} s: {what() if callable(what) else what}")
        time.sleep(pause)


# --- the namespace ---------------------------------------------------------------------------


def in_namespace(run, more=("--mount",)):
    """Calls run(work) in a network and mount namespace of its own; what it started has ended afterwards.

    `more` are the words for unshare that make it. $GATEFILE_CLUSTER_MOUNTS is then a process that nsenter can name.
    """

    def inside(work):
        # Mounts, for a full or a read-only file system, are seen by this program's children alone.
        subprocess.run(["mount", "--make-rprivate", "/"], check=True)
        prepare_network()
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        try:
            return run(work)
        except Failure as failure:
            print(f"failed: {failure}", file=sys.stderr)
            return 1
        finally:
            for process in reversed(Process.running):
                process.kill()

    if INSIDE not in os.environ:
        os.environ["CONTROLPLANE"] = subprocess.run(
            [ROOT / "tests/tools/controlplane.sh"], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
        if not shutil.which("go"):
            os.environ["PATH"] += ":" + subprocess.run(
                [ROOT / "tests/tools/go.sh"], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
    elif "GATEFILE_CLUSTER_MOUNTS" not in os.environ:
        os.environ["GATEFILE_CLUSTER_MOUNTS"] = str(os.getpid())
        os.execvp("unshare", ["unshare", *more, sys.executable, *sys.argv])
    return run_in_namespace(inside)


class Process:
    """A program with its output in a file; every one that still runs at the end is killed."""

    running = []

    def __init__(self, words, log, **options):
        self.log = Path(log)
        self.stream = self.log.open("ab")
        self.process = subprocess.Popen([str(word) for word in words], stdout=self.stream, stderr=self.stream,
                                        stdin=subprocess.DEVNULL, **options)
        self.pid = self.process.pid
        Process.running.append(self)

    def ended(self):
        return self.process.poll() is not None

    def signal(self, number):
        self.process.send_signal(number)

    def stop(self, within=15.0):
        """SIGTERM; the exit code."""
        if not self.ended():
            self.signal(signal.SIGTERM)
            try:
                self.process.wait(within)
            except subprocess.TimeoutExpired:
                self.kill()
                raise Failure(f"{self.log.stem} does not end on SIGTERM within {within:g} s") from None
        return self.forget()

    def kill(self):
        if not self.ended():
            self.signal(signal.SIGKILL)
        return self.forget()

    def forget(self):
        code = self.process.wait()
        self.stream.close()
        if self in Process.running:
            Process.running.remove(self)
        return code

    def text(self):
        return self.log.read_text(errors="replace")

    def tail(self, lines=15):
        return "\n".join(self.text().splitlines()[-lines:])


_ports = iter(range(21000, 30000))


def free_port():
    """The namespace is ours, so a count is enough."""
    return next(_ports)


# --- the API server --------------------------------------------------------------------------


class ControlPlane:
    PORT, ETCD, PEER = 6443, 2379, 2380
    SERVER = f"https://127.0.0.1:{PORT}"

    def __init__(self, work, *flags, logs=None):
        self.work = Path(work) / "controlplane"
        self.work.mkdir()
        self.logs = logs or self.work
        self.program = os.environ["CONTROLPLANE"]
        self.flags = flags
        self.etcd = self.server = None
        self._credentials()
        self.admin = Api(self, ADMIN)

    def _credentials(self):
        def openssl(*words):
            subprocess.run(["openssl", *words], cwd=self.work, check=True, capture_output=True)

        def signed(name, subject, extension=None):
            openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", f"{name}.key",
                    "-out", f"{name}.csr", "-subj", subject)
            more = []
            if extension:
                (self.work / f"{name}.ext").write_text(extension + "\n")
                more = ["-extfile", f"{name}.ext"]
            openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial",
                    "-days", "30", "-out", f"{name}.crt", *more)

        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "ca.key",
                "-out", "ca.crt", "-subj", "/CN=test-ca", "-days", "30")
        signed("server", "/CN=kube-apiserver", "subjectAltName=IP:127.0.0.1,DNS:kubernetes.default.svc")
        signed("client", "/O=system:masters/CN=certified")
        openssl("genrsa", "-out", "account.key", "2048")
        openssl("rsa", "-in", "account.key", "-pubout", "-out", "account.pub")
        (self.work / "tokens.csv").write_text("".join(
            f'{self.token(user)},{user},{user},"{group}"\n' for user, group in USERS.items()))

    @staticmethod
    def token(user):
        return f"token-of-{user}"

    def start(self):
        self.start_etcd()
        self.start_server()
        self.install()

    def start_etcd(self):
        self.etcd = Process([self.program, "etcd", self.work / "etcd", self.ETCD, self.PEER], self.logs / "etcd.log")
        until(lambda: self.etcd.text().rstrip().endswith("etcd ready") or self.etcd.ended(), "etcd starts", 30)

    def start_server(self):
        files = {"tls-cert-file": "server.crt", "tls-private-key-file": "server.key", "client-ca-file": "ca.crt",
                 "token-auth-file": "tokens.csv", "service-account-key-file": "account.pub",
                 "service-account-signing-key-file": "account.key"}
        self.server = Process(
            [self.program, "kube-apiserver", f"--etcd-servers=http://127.0.0.1:{self.ETCD}",
             f"--secure-port={self.PORT}", "--bind-address=127.0.0.1", "--advertise-address=10.255.255.254",
             "--endpoint-reconciler-type=none", "--authorization-mode=RBAC", "--service-cluster-ip-range=10.96.0.0/16",
             "--service-account-issuer=https://test", "--disable-admission-plugins=ServiceAccount",
             "--allow-privileged=true", "--shutdown-delay-duration=0", *self.flags,
             *(f"--{flag}={self.work / name}" for flag, name in files.items())],
            self.logs / "apiserver.log", cwd=self.work)
        until(self.ready, lambda: "the API server starts\n" + self.server.tail(), 60, 0.1)

    def ready(self):
        if self.server.ended():
            raise Failure("the API server ends\n" + self.server.tail())
        try:
            return self.admin.raw("GET", "/readyz")[0] == 200
        except (OSError, http.client.HTTPException):
            return False

    def crd(self, plural):
        return (Path(self.program).parent / "crds" / f"{GATEWAY_API}_{plural}.yaml").read_text()

    def install(self, without=()):
        """The CRDs, and the agents' rights."""
        for file in sorted((Path(self.program).parent / "crds").glob("gateway.networking.k8s.io_*.yaml")):
            plural = file.stem.partition("_")[2]
            if not plural.startswith("vap_") and plural not in without:
                self.admin.apply_yaml(file.read_text())
        wanted = {*WITH_STATUS, "referencegrants"} - set(without)
        until(lambda: all(self.served(plural) for plural in wanted), "the CRDs are served", 30)
        self.admin.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "default"}}, *grant("agents", AGENTS, RULES),
                         *grant("natives", "natives", [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]))

    def served(self, plural):
        return self.admin.raw("GET", f"/apis/{GATEWAY_API}/v1/{plural}?limit=1")[0] == 200 or \
            self.admin.raw("GET", f"/apis/{GATEWAY_API}/v1alpha2/{plural}?limit=1")[0] == 200

    def kill_server(self):
        self.server.kill()

    @contextlib.contextmanager
    def having(self, *more):
        """The API server, started again with more flags, and without them afterwards."""
        flags = self.flags
        try:
            self.flags = (*flags, *more)
            self.kill_server()
            self.start_server()
            yield
        finally:
            self.flags = flags
            self.kill_server()
            self.start_server()

    def stop_server(self):
        self.server.stop(60)

    def wipe(self):
        """A new, empty cluster at the same address with the same credentials; no CRDs yet."""
        self.server.kill()
        self.etcd.kill()
        shutil.rmtree(self.work / "etcd")
        self.start_etcd()
        self.start_server()
        self.admin.forget()

    def close(self):
        for process in (self.server, self.etcd):
            if process:
                process.kill()

    # Who reads these files does so again at its own time.

    def kubeconfig(self, name, user=AGENT, server=None, token_file=None, certificate=False):
        if certificate:
            who = {"client-certificate": f"{self.work}/client.crt", "client-key": f"{self.work}/client.key"}
        elif token_file:
            who = {"tokenFile": str(token_file)}
        else:
            who = {"token": self.token(user)}
        path = self.work / f"{name}.kubeconfig"
        path.write_text(json.dumps({
            "apiVersion": "v1", "kind": "Config", "current-context": "test",
            "clusters": [{"name": "test", "cluster": {"server": server or self.SERVER,
                                                      "certificate-authority": f"{self.work}/ca.crt"}}],
            "users": [{"name": "user", "user": who}],
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": "user"}}],
        }, indent=1))
        return path


def grant(name, group, rules):
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": name},
            "rules": rules}
    binding = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {"name": name},
               "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name},
               "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": group}]}
    return role, binding


# --- its client ------------------------------------------------------------------------------


class ApiError(Failure):
    def __init__(self, verb, path, status, body):
        message = body.get("message", "") if isinstance(body, dict) else str(body)[:300]
        super().__init__(f"{verb} {path}: {status} {message}")
        self.status = status


class Api:
    """One user's requests; a connection per thread."""

    MANAGER = "test"

    def __init__(self, plane, user):
        self.plane, self.user = plane, user
        self.local = threading.local()
        self.kinds = {}

    def raw(self, verb, path, body=None, kind="application/json"):
        """(status, text)"""
        for attempt in (0, 1):
            connection = getattr(self.local, "connection", None)
            if connection is None:
                context = ssl.create_default_context(cafile=self.plane.work / "ca.crt")
                connection = http.client.HTTPSConnection("127.0.0.1", self.plane.PORT, context=context, timeout=60)
                connection.connect()
                connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.local.connection = connection
            try:
                connection.request(verb, path, body, {"Authorization": f"Bearer {self.plane.token(self.user)}",
                                                      "Content-Type": kind, "Accept": "application/json"})
                answer = connection.getresponse()
                return answer.status, answer.read()
            except (OSError, http.client.HTTPException):
                # A connection from before a restart of the server says nothing about the new one.
                self.local.connection = None
                connection.close()
                if attempt:
                    raise
        raise AssertionError

    def request(self, verb, path, body=None, kind="application/json"):
        """The answer's object; an ApiError for a refusal."""
        text = json.dumps(body) if isinstance(body, (dict, list)) else body
        status, answer = self.raw(verb, path, text, kind)
        answer = json.loads(answer) if answer[:1] in (b"{", b"[") else answer.decode(errors="replace")
        if status >= 300:
            raise ApiError(verb, path, status, answer)
        return answer

    def forget(self):
        self.kinds.clear()

    def path(self, version, kind, namespace=None, name=None):
        base = f"/apis/{version}" if "/" in version else f"/api/{version}"
        if (version, kind) not in self.kinds:
            for item in self.request("GET", base)["resources"]:
                if "/" not in item["name"]:
                    self.kinds[version, item["kind"]] = item["name"], item["namespaced"]
        if (version, kind) not in self.kinds:
            raise Failure(f"the API server has no {kind} of {version}")
        plural, namespaced = self.kinds[version, kind]
        middle = f"/namespaces/{namespace or 'default'}" if namespaced and (namespace or name) else ""
        return f"{base}{middle}/{plural}" + (f"/{name}" if name else "")

    def path_of(self, item):
        meta = item["metadata"]
        return self.path(item["apiVersion"], item["kind"], meta.get("namespace"), meta["name"])

    def apply(self, *items, dry_run=False):
        """Server-side apply of objects."""
        query = f"?fieldManager={self.MANAGER}&force=true" + ("&dryRun=All" if dry_run else "")
        return [self.request("PATCH", self.path_of(item) + query, item, "application/apply-patch+yaml")
                for item in items]

    def apply_yaml(self, text, dry_run=False):
        """The same of YAML, which goes as it is; only its address is looked for."""
        query = f"?fieldManager={self.MANAGER}&force=true" + ("&dryRun=All&fieldValidation=Strict" if dry_run else "")
        for document in documents(text):
            version, kind, namespace, name = address(document)
            self.request("PATCH", self.path(version, kind, namespace, name) + query, document.encode(),
                         "application/apply-patch+yaml")

    def create(self, *items):
        return [self.request("POST", self.path_of(item).rpartition("/")[0], item) for item in items]

    def get(self, item):
        """As it is now, or None."""
        try:
            return self.request("GET", self.path_of(item))
        except ApiError as error:
            if error.status == 404:
                return None
            raise

    def patch(self, item, change, part=""):
        return self.request("PATCH", self.path_of(item) + part, change, "application/merge-patch+json")

    def delete(self, *items):
        for item in items:
            self.request("DELETE", self.path_of(item), {"apiVersion": "v1", "kind": "DeleteOptions"})

    def list(self, version, kind, namespace=None):
        base = self.path(version, kind, namespace) if namespace else self.path(version, kind)
        return self.request("GET", base)["items"]

    def metrics(self, name):
        """{labels: value} of one of the API server's own metrics."""
        found = {}
        for line in self.raw("GET", "/metrics")[1].decode().splitlines():
            if line.startswith(name + "{"):
                labels, _, value = line[len(name):].rpartition(" ")
                found[labels] = float(value)
        return found


def documents(text):
    return [part for part in re.split(r"(?m)^---.*$", text) if re.search(r"(?m)^\w", part)]


def address(document):
    """(apiVersion, kind, namespace, name) of a manifest in block or flow style, without a YAML parser."""
    def scalar(pattern, text):
        found = re.search(pattern, text)
        return found[1].strip("\"'") if found else None

    version = scalar(r"(?m)^apiVersion:\s*(\S+)", document)
    kind = scalar(r"(?m)^kind:\s*(\S+)", document)
    meta = re.search(r"(?m)^metadata:(.*\n(?:[ \t]+.*\n|\n)*)", document + "\n")
    # Deeper maps, such as labels, can have a `name` as well: the shallowest is meant.
    text = meta[1] if meta else ""
    names = re.findall(r"(?m)^( *)name:\s*(\S+)", text)
    name = min(names, key=lambda found: len(found[0]))[1].strip("\"'") if names else \
        scalar(r"\bname:\s*([^\s,}]+)", text)
    return version, kind, scalar(r"\bnamespace:\s*([^\s,}]+)", text), name


# --- many objects at once --------------------------------------------------------------------


def in_parallel(work, items, threads=8):
    """Calls work(item) for each; the first exception is the caller's."""
    iterator, lock, failed = iter(items), threading.Lock(), []

    def worker():
        while not failed:
            with lock:
                item = next(iterator, None)
            if item is None:
                return
            try:
                work(item)
            except Exception as error:  # pylint: disable=broad-except
                failed.append(error)

    workers = [threading.Thread(target=worker) for _ in range(threads)]
    for thread in workers:
        thread.start()
    for thread in workers:
        thread.join()
    if failed:
        raise failed[0]
