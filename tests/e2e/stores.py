# SPDX-License-Identifier: Apache-2.0
"""Key-value stores for tests: the real servers, with users that have the rights that the manual gives them and
no more. Each has keys(), put(), read_as_traefik(), start(), stop(), and lose() for what a stopped one held."""

import base64
import hashlib
import http.client
import json
import os
import shutil
import socket
import ssl
import subprocess
import tempfile
from pathlib import Path

from authority import Authority
from remote import wait
from sandbox import Failure

ROOT_KEY = "lab/traefik"
PASSWORD = "of the agent"
REDIS, ETCD, ETCD_PEER, CONSUL = 9193, 9194, 9195, 9196


class Missing(Exception):
    """The server is not on this machine."""


class Server:
    """One process with a folder of its own."""

    name = ""

    def __init__(self, work):
        self.work = Path(tempfile.mkdtemp(prefix=f"{self.name}-", dir=work))
        (self.work / "password").write_text(PASSWORD + "\n")
        self.process = None

    def run(self, *command):
        with (self.work / f"{self.name}.out").open("a") as output:
            self.process = subprocess.Popen(command, cwd=self.work, stdout=output, stderr=subprocess.STDOUT)

    def stop(self):
        self.process.kill()
        self.process.wait()

    def lose(self):
        shutil.rmtree(self.work / "data", ignore_errors=True)


class Redis(Server):
    name = "redis"

    def __init__(self, work):
        if not shutil.which("redis-server"):
            raise Missing("no redis-server")
        super().__init__(work)
        (self.work / "redis.conf").write_text(f"""
port {REDIS}
bind 127.0.0.1
dir {self.work}
save ""
appendonly no
notify-keyspace-events Kh
user default off
user admin on >admin ~* &* +@all
user agent on #{hashlib.sha256(PASSWORD.encode()).hexdigest()} ~{ROOT_KEY}/* ~other/* resetchannels +auth +scan +dbsize +get +mget +set +mset +del +hset +watch +unwatch +multi +exec
user traefik on >reader ~{ROOT_KEY} ~{ROOT_KEY}/* resetchannels &__keyspace*:{ROOT_KEY}* +auth +hello +client|setname +scan +mget +exists +psubscribe +punsubscribe +ping
""")
        self.target = f"redis=127.0.0.1:{REDIS}"
        self.options = ["--publish-user", "agent", "--publish-password-file", str(self.work / "password")]
        self.provider = f'redis: {{endpoints: ["127.0.0.1:{REDIS}"], rootKey: {ROOT_KEY}, username: traefik, password: reader}}'
        self.start()

    def start(self):
        self.run(shutil.which("redis-server"), "redis.conf")
        wait(lambda: self.ask("PING") == "PONG", "Redis")

    def ask(self, *words):
        command = ["redis-cli", "-p", str(REDIS), "--user", "admin", "--pass", "admin", "--no-auth-warning", *words]
        return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False).stdout.strip()

    def keys(self):
        return self.ask("KEYS", "*").splitlines()

    def put(self, key, value):
        self.ask("SET", key, value)

    def read_as_traefik(self):
        """SCAN by tens, then one MGET, as Traefik's client does it; empty values are passed over."""
        with RedisReader(REDIS, "traefik", "reader") as reader:
            cursor, keys = b"0", []
            while True:
                cursor, some = reader.ask("SCAN", cursor, "MATCH", f"{ROOT_KEY}*", "COUNT", "10")
                keys += some
                if cursor == b"0":
                    break
            values = reader.ask("MGET", *keys) if keys else []
        return {key.decode(): value.decode() for key, value in zip(keys, values) if value}


class RedisReader:
    """As much of the protocol as a read needs."""

    def __init__(self, port, user, password):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.file = self.socket.makefile("rb")
        self.ask("AUTH", user, password)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()
        self.socket.close()

    def ask(self, *words):
        words = [word if isinstance(word, bytes) else word.encode() for word in words]
        self.socket.sendall(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words))
        return self.answer()

    def answer(self):
        line = self.file.readline().rstrip(b"\r\n")
        kind, rest = line[:1], line[1:]
        if kind == b"*":
            return [self.answer() for _ in range(int(rest))]
        if kind == b"$":
            size = int(rest)
            return None if size < 0 else self.file.read(size + 2)[:-2]
        if kind == b"-":
            raise Failure(f"Redis: {rest.decode()}")
        return rest


def encoded(text):
    return base64.b64encode(text.encode()).decode()


def decoded(text):
    return base64.b64decode(text or "").decode()


def beyond(prefix):
    return prefix[:-1] + chr(ord(prefix[-1]) + 1)


class Etcd(Server):
    """Over TLS, with client certificates, users and roles."""

    name = "etcd"

    def __init__(self, work):
        program = shutil.which("etcd")
        if not program:
            raise Missing("no etcd")
        super().__init__(work)
        self.program, self.token = program, ""
        authority = Authority(self.work)
        for subject in ("/O=server", "/O=client", "/CN=traefik"):
            authority.issue(subject.partition("=")[2], subject)
        pem = str(self.work)
        self.target = f"etcd=https://127.0.0.1:{ETCD}"
        self.options = ["--publish-user", "agent", "--publish-password-file", f"{pem}/password", "--publish-ca", f"{pem}/ca.pem",
                        "--publish-client-certificate", f"{pem}/client.pem", "--publish-client-key", f"{pem}/client.key"]
        # By the name in its certificate: with a password its watch would not outlive a restart of etcd.
        self.provider = (f'etcd: {{endpoints: ["127.0.0.1:{ETCD}"], rootKey: {ROOT_KEY}, '
                         f'tls: {{ca: {pem}/ca.pem, cert: {pem}/traefik.pem, key: {pem}/traefik.key}}}}')
        self.context = ssl.create_default_context(cafile=f"{pem}/ca.pem")
        self.context.load_cert_chain(f"{pem}/client.pem", f"{pem}/client.key")
        self.start()

    def start(self):
        peer = f"http://127.0.0.1:{ETCD_PEER}"
        client = f"https://127.0.0.1:{ETCD}"
        is_new = not (self.work / "data").exists()
        self.run(self.program, "--data-dir", "data", "--log-level", "warn", "--listen-client-urls", client,
                 "--advertise-client-urls", client, "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer,
                 "--initial-cluster", f"default={peer}", "--cert-file", "server.pem", "--key-file", "server.key",
                 "--trusted-ca-file", "ca.pem", "--client-cert-auth")
        self.token = ""
        wait(lambda: self.is_up(is_new), "etcd", within=30)
        if is_new:
            self.make_users()
        self.token = self.ask("/v3/auth/authenticate", name="root", password="admin")["token"]

    def is_up(self, is_new):
        try:
            if is_new:
                self.ask("/v3/kv/range", key=encoded("x"))
            else:
                self.ask("/v3/auth/authenticate", name="root", password="admin")
            return True
        except Failure:
            return False

    def make_users(self):
        """What the manual tells: the agent writes below the root, Traefik reads from the root on."""
        self.ask("/v3/auth/user/add", name="root", password="admin")
        self.ask("/v3/auth/role/add", name="root")
        self.ask("/v3/auth/user/grant", user="root", role="root")
        grants = {"agent": (PASSWORD, "READWRITE", [f"{ROOT_KEY}/", "other/"]), "traefik": ("reader", "READ", [ROOT_KEY])}
        for user, (password, kind, prefixes) in grants.items():
            self.ask("/v3/auth/role/add", name=user)
            for prefix in prefixes:
                self.ask("/v3/auth/role/grant", name=user,
                         perm={"permType": kind, "key": encoded(prefix), "range_end": encoded(beyond(prefix))})
            self.ask("/v3/auth/user/add", name=user, password=password)
            self.ask("/v3/auth/user/grant", user=user, role=user)
        self.ask("/v3/auth/enable")

    def ask(self, path, token=None, **body):
        connection = http.client.HTTPSConnection("127.0.0.1", ETCD, timeout=30, context=self.context)
        token = token or self.token
        try:
            connection.request("POST", path, json.dumps(body), {"Authorization": token} if token else {})
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        if answer.status != 200:
            raise Failure(f"etcd: {text[:200]}")
        return json.loads(text)

    def read(self, first, end, token=None):
        found = self.ask("/v3/kv/range", token, key=encoded(first), range_end=encoded(end))
        return {decoded(item["key"]): decoded(item.get("value")) for item in found.get("kvs", [])}

    def keys(self):
        return list(self.read("\0", "\0"))

    def put(self, key, value):
        self.ask("/v3/kv/put", key=encoded(key), value=encoded(value))

    def read_as_traefik(self):
        token = self.ask("/v3/auth/authenticate", name="traefik", password="reader")["token"]
        return self.read(ROOT_KEY, beyond(ROOT_KEY), token)


class Consul(Server):
    name = "consul"
    ADMIN, AGENT, TRAEFIK = (f"{number}0000000-0000-4000-8000-000000000000" for number in (1, 2, 3))

    def __init__(self, work):
        self.program = os.environ.get("CONSUL", "")
        if not self.program:
            raise Missing("not built (tests/tools/consul.sh builds it)")
        super().__init__(work)
        (self.work / "password").write_text(self.AGENT + "\n")
        self.target = f"consul=127.0.0.1:{CONSUL}"
        self.options = ["--publish-password-file", str(self.work / "password")]
        self.provider = f'consul: {{endpoints: ["127.0.0.1:{CONSUL}"], rootKey: {ROOT_KEY}, token: {self.TRAEFIK}}}'
        (self.work / "consul.json").write_text(json.dumps({
            "server": True, "bootstrap_expect": 1, "node_name": "lab", "data_dir": str(self.work / "data"),
            "bind_addr": "127.0.0.1", "client_addr": "127.0.0.1", "log_level": "WARN", "disable_update_check": True,
            "connect": {"enabled": False}, "performance": {"raft_multiplier": 1},
            "ports": {"http": CONSUL, "server": CONSUL + 1, "serf_lan": CONSUL + 2, "serf_wan": -1, "dns": -1, "grpc": -1, "grpc_tls": -1},
            "acl": {"enabled": True, "default_policy": "deny", "tokens": {"initial_management": self.ADMIN}}}))
        self.start()

    def start(self):
        is_new = not (self.work / "data").exists()
        self.run(self.program, "-config-file=consul.json")
        wait(self.is_up, "Consul", within=60)
        if is_new:
            self.make_users()

    def is_up(self):
        try:
            return bool(self.ask("GET", "/v1/status/leader")) and self.ask("GET", "/v1/acl/tokens")
        except Failure:
            return False

    def make_users(self):
        rules = {"agent": (self.AGENT, f'key_prefix "{ROOT_KEY}/" {{ policy = "write" }} key_prefix "other/" {{ policy = "write" }}'),
                 "traefik": (self.TRAEFIK, f'key_prefix "{ROOT_KEY}/" {{ policy = "read" }}')}
        for name, (token, text) in rules.items():
            self.ask("PUT", "/v1/acl/policy", {"Name": name, "Rules": text})
            self.ask("PUT", "/v1/acl/token", {"SecretID": token, "Policies": [{"Name": name}]})

    def ask(self, method, path, body=None, token=ADMIN):
        connection = http.client.HTTPConnection("127.0.0.1", CONSUL, timeout=30)
        try:
            text = body if body is None or isinstance(body, str) else json.dumps(body)
            connection.request(method, path, text, {"X-Consul-Token": token})
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        if answer.status == 404:
            return []
        if answer.status != 200:
            raise Failure(f"Consul: {answer.status} {text[:200]}")
        return json.loads(text)

    def keys(self):
        return self.ask("GET", "/v1/kv/?keys")

    def put(self, key, value):
        self.ask("PUT", f"/v1/kv/{key}", value)

    def read_as_traefik(self):
        found = self.ask("GET", f"/v1/kv/{ROOT_KEY}?recurse&consistent", token=self.TRAEFIK)
        return {item["Key"]: decoded(item["Value"]) for item in found}
