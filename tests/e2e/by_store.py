# SPDX-License-Identifier: Apache-2.0
"""A key-value store between one agent and a stock Traefik: the same cases for each store."""

import threading
import time
from pathlib import Path

from agent import GATEWAY
from remote import Setting, Traefik, never_half, wait
from case_requests import Log
from sandbox import Failure
from stores import PASSWORD, ROOT_KEY, Consul, Etcd, Redis

HOLD = f"{ROOT_KEY}/http/routers/gatefile-writes/priority"


def used(found):
    """The part of the keys that routers refer to, and the generation that it says it is."""
    objects, entries, generation = {}, set(), None
    for key, value in found.items():
        parts = key[len(ROOT_KEY) + 1:].split("/")
        if parts[0] not in ("http", "tcp", "udp", "tls") or len(parts) < 3:
            continue
        objects.setdefault(tuple(parts[:3]), []).append((key, value))
        if "customResponseHeaders" in key and "gatefile" in key.lower():
            generation = value
    known = [name for name in objects if name[1] not in ("services", "middlewares", "serversTransports")]
    while known:
        name = known.pop()
        for key, value in objects.pop(name, ()):
            if value != generation or "Generation" not in key:
                entries.add((key, value))
            for word in value.split(","):
                plain = word.partition("@")[0]
                known += [other for other in objects if other[2] == plain]
    return frozenset(entries), generation


class ByStore:
    server_class = None
    neighbour = f"{ROOT_KEY}2"  # a root whose name begins like ours
    resets = True  # whether the store's restart means that its data are gone

    def __init__(self, work):
        self.server = self.server_class(work)
        self.setting = Setting(work, f"{self.server.target}/{ROOT_KEY}", *self.server.options)
        self.traefik = Traefik(work, self.server.provider)

    def log(self):
        return Path(self.setting.log.name).read_text()

    def serves(self):
        """keys below the root are served; agent and Traefik have no more rights than the manual gives"""
        self.setting.write("gateway", GATEWAY)
        self.setting.route("always", version="1")
        self.setting.start()
        self.setting.expect(200, "always")
        self.setting.expect(404, "z")
        wait(lambda: "Traefik serves the generation" in self.log(), "the proof")

    def sets_header(self):
        Log.reset()
        self.setting.send("always")
        headers = {name.lower(): value for name, value in Log.read()[-1]["headers"].items()}
        if headers.get("x-version") != ["1"]:
            raise Failure(f"the backend got {headers}")

    def filters(self):
        """headers are set and taken away"""
        self.sets_header()
        self.setting.route("gone", version="1", remove="X-Gone")
        self.setting.expect(200, "gone")
        Log.reset()
        self.setting.client.send({"to": "127.0.0.1:8000", "method": "GET", "host": "gone.example", "target": "/",
                                  "headers": [["X-Gone", "1"]]})
        if any(name.lower() == "x-gone" for name in Log.read()[-1]["headers"]):
            raise Failure("X-Gone reached the backend")
        if "[store-loses]" in self.setting.asked():
            raise Failure("the status has a loss")
        (self.setting.manifests / "gone.yaml").unlink()
        self.setting.expect(404, "gone")

    def loses(self):
        """what keys cannot say answers 500, and the status names it"""
        self.setting.write("lost", LOST)
        self.setting.expect(500, "lost")
        wait(lambda: "[store-loses]" in self.setting.asked(), "the status")
        (self.setting.manifests / "lost.yaml").unlink()
        self.setting.expect(404, "lost")
        wait(lambda: "[store-loses]" not in self.setting.asked(), "the status forgets it")

    def removal(self):
        """what goes leaves no key"""
        before = set(self.server.keys())
        self.setting.route("b")
        self.setting.expect(200, "b")
        if set(self.server.keys()) <= before:
            raise Failure("no new keys")
        (self.setting.manifests / "b.yaml").unlink()
        self.setting.expect(404, "b")
        wait(lambda: set(self.server.keys()) <= before, "the keys go")

    def away(self):
        """the store is away and comes back: Traefik serves on, the agent writes what is new"""
        self.server.stop()
        self.setting.route("c")
        wait(lambda: "[store-not-published]" in self.setting.asked(), "the status names the store")
        self.setting.expect(200, "always", within=0.5)
        if self.resets:
            self.server.lose()
        self.server.start()
        self.setting.expect(200, "c", within=40)
        self.setting.expect(200, "always", within=0.5)

    def stale(self):
        """after a restart the agent removes what went meanwhile, and what somebody else put there"""
        self.setting.end()
        (self.setting.manifests / "c.yaml").unlink()
        self.server.put(f"{ROOT_KEY}/http/services/stray/loadBalancer/passHostHeader", "true")
        if self.neighbour:
            self.server.put(f"{self.neighbour}/http/services/stray2/loadBalancer/passHostHeader", "true")
        self.setting.start()
        self.setting.expect(404, "c", within=30)
        wait(lambda: not any("stray/" in key or "_c_" in key for key in self.server.keys()), "the stale keys go")
        if self.neighbour and not any("stray2" in key for key in self.server.keys()):
            raise Failure("the keys of a root with a longer name went, too")

    def other(self, *options):
        other = Setting(self.setting.out, f"{self.server.target}/other", *options, api=False)
        other.write("gateway", GATEWAY)
        other.start()
        return other

    def paused(self):
        """pause: the store gets the addresses of Pods that come and go, and nothing else; a rollback is refused, with what to do"""
        self.setting.pauses()
        said = self.setting.do("rollback", self.setting.number(), code=3)
        if "--publish has a store" not in said:
            raise Failure(f"rollback says {said}")
        self.setting.route("still")
        self.setting.expect(200, "still")
        (self.setting.manifests / "still.yaml").unlink()
        self.setting.expect(404, "still")

    def foreign(self):
        """keys of others below the root are not touched"""
        self.server.put("other/http/routers/x/rule", "PathPrefix(`/`)")
        other = self.other(*self.server.options)
        try:
            wait(lambda: "that gatefile did not write" in Path(other.log.name).read_text(), "the refusal")
        finally:
            other.close()
        if [key for key in self.server.keys() if key.startswith("other")] != ["other/http/routers/x/rule"]:
            raise Failure("it wrote all the same")

    refusal = ""

    def wrong_password(self):
        """a wrong password is told in words, and no password is told"""
        wrong = self.server.work / "wrong"
        wrong.write_text("a wrong one\n")
        options = [str(wrong) if option.endswith("/password") else option for option in self.server.options]
        other = self.other(*options)
        try:
            wait(lambda: self.refusal in Path(other.log.name).read_text(), "the refusal")
            wait(lambda: "[store-not-published]" in other.asked() and self.refusal in other.asked(), "the status")
            told = Path(other.log.name).read_text() + other.asked() + Path(f"/proc/{other.agent.pid}/cmdline").read_text()
            if "a wrong one" in told or PASSWORD in told + self.log():
                raise Failure("a password is told")
        finally:
            other.close()

    def two(self):
        """a second agent on the same root is told, and what is served is one or the other"""
        other = Setting(self.setting.out, f"{self.server.target}/{ROOT_KEY}", *self.server.options, api=False)
        other.write("gateway", GATEWAY)
        other.route("always")
        other.start()
        try:
            never_half(10, lambda number: (self.setting.route("churn", f"/a{number}"), other.route("churn", f"/b{number}"),
                                                         time.sleep(0.1)))
        finally:
            other.close()
        self.setting.route("churn", "/mine")
        self.setting.expect(200, "churn", "/mine", within=30)

    def fresh(self):
        """a Traefik that starts later serves it at once"""
        self.traefik.stop()
        self.traefik.log.unlink()
        self.traefik.start()
        self.setting.expect(200, "always")

    def watched(self, act):
        """Runs act() while readers read on and on; fails when one of them saw half of a generation."""
        shapes, broken, held, stop = {}, [], [], threading.Event()

        def read():
            while not stop.is_set():
                found = self.server.read_as_traefik()
                if HOLD in found:
                    held.append(1)
                elif found:
                    # The generation is a hash of all the rest: one that was seen with other keys is half.
                    shape, generation = used(found)
                    if shapes.setdefault(generation, shape) != shape:
                        broken.append(generation)

        readers = [threading.Thread(target=read) for _ in range(2)]
        for reader in readers:
            reader.start()
        try:
            act()
        finally:
            stop.set()
            for reader in readers:
                reader.join()
        if broken:
            raise Failure(f"{len(broken)} reads were of half a generation")
        return len(shapes), len(held)

    def whole(self):
        """generations are read whole or not at all while a reader reads on and on, and no request fails"""
        def step(number):
            self.setting.route("churn", f"/c{number}")
            if number % 2:
                self.setting.route(f"extra{number}")
            time.sleep(0.2)

        def act():
            never_half(15, step)
            self.setting.expect(200, "churn", "/c14")

        seen, held = self.watched(act)
        if seen < 3 or held:
            raise Failure(f"{seen} generations were read, {held} reads were held off")
        if self.traefik.errors():
            raise Failure("\n".join(self.traefik.errors()[:5]))

    many = 0

    def large(self):
        """a generation larger than a transaction, in and out: nobody reads half of it, and no request fails"""
        def act():
            text = "---".join(self.setting.route_text(f"many{number}") for number in range(self.many))
            never_half(1, lambda _: (self.setting.write("many", text),
                                                   self.setting.expect(200, f"many{self.many - 1}", within=60)))
            never_half(1, lambda _: ((self.setting.manifests / "many.yaml").unlink(),
                                                   self.setting.expect(404, "many0", within=60)))

        _, held = self.watched(act)
        if not held and not any("gatefile is writing" in line for line in self.traefik.errors()):
            raise Failure("it went in one transaction: this tests nothing")
        if HOLD in self.server.keys():
            raise Failure("readers are still held off")

    def tests(self):
        # The last errors in Traefik's log may come from `away`: fresh() starts a new one for whole().
        return (self.serves, self.filters, self.loses, self.removal, self.paused, self.away, self.stale, self.foreign,
                self.wrong_password, self.fresh, self.whole, self.two, self.large)

    def close(self):
        self.setting.close()
        self.traefik.stop()
        self.server.stop()


# A regular expression with a comma, in a list of them.
LOST = """
apiVersion: traefik.io/v1alpha1
kind: Middleware
metadata: {name: strip, namespace: shop}
spec: {stripPrefixRegex: {regex: ["^/a{1,2}"]}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: lost, namespace: shop}
spec:
  parentRefs: [{name: gw, namespace: infra}]
  hostnames: [lost.example]
  rules:
    - filters: [{type: ExtensionRef, extensionRef: {group: traefik.io, kind: Middleware, name: strip}}]
      backendRefs: [{name: one, port: 80}]
"""


class ByRedis(ByStore):
    server_class = Redis
    neighbour = ""  # which Traefik's client would want to read, too
    refusal = "WRONGPASS"

    def filters(self):
        """a header is set; taking one away needs an empty value, which cannot be read: 500, and log and status say so"""
        self.sets_header()
        self.setting.route("gone", version="1", remove="X-Gone")
        self.setting.expect(500, "gone")
        if "keys of a store cannot say it" not in self.log():
            raise Failure("the log says nothing")
        wait(lambda: "[store-loses]" in self.setting.asked(), "the status")
        (self.setting.manifests / "gone.yaml").unlink()
        self.setting.expect(404, "gone")

    def tests(self):
        # A transaction of Redis has no limit.
        return tuple(test for test in super().tests() if test != self.large)


class ByEtcd(ByStore):
    server_class = Etcd
    # What Traefik watches is a revision, which a store that was set up anew does not reach for long.
    resets = False
    refusal = "authentication failed"
    many = 2500


class ByConsul(ByStore):
    server_class = Consul
    resets = False
    refusal = "ACL not found"
    many = 100
