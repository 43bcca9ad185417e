#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Requests at a constant rate for what does not change, while the rest of the cluster does: backends scale,
certificates rotate, routes are added, moved between Gateways and removed. Counts the requests that fail, for gatefile
with Traefik and for the same Traefik with its own Gateway API provider, one after the other on one real API server
(tests/cluster), both with throttle 0. A request over TLS that is shown a certificate which was replaced seconds ago has
failed, too. Exits with 1 if one failed with gatefile. run.sh builds what this needs.
"""

import argparse
import http.client
import itertools
import math
import random
import socket
import ssl
import sys
import threading
import time

sys.dont_write_bytecode = True  # nothing next to the sources
from contest import GATEWAYS, NAMESPACE, OURS, THEIRS, Cluster, Contestant, percentile  # noqa: E402
import objects  # noqa: E402
from actors import HTTP, HTTPS, certificate, der, start_backend  # noqa: E402
from cluster import Failure, in_namespace, until  # noqa: E402

RATE = 50  # requests a second of each client
CHANGES = 8  # a second
SEED = 20261123
LANDED = 3.0  # seconds after which a replaced certificate is not shown any more
LIMIT = 10  # seconds for the last change
PAIRS = 16  # far more than are replaced in that time, so that an old one is known as such


class Client:
    """A constant rate, whatever the answers take: what comes late is caught up with."""

    def __init__(self, address, port, host, path, fresh, is_current=None):
        """`is_current(certificate)` is asked of each connection, which is one over TLS then."""
        self.target = address, port, host, path
        self.fresh, self.is_current = fresh, is_current
        self.context = None
        if is_current:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            self.context.check_hostname, self.context.verify_mode = False, ssl.CERT_NONE
        self.latencies, self.failed = [], []
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _connect(self):
        address, port, host, _ = self.target
        if not self.context:
            return http.client.HTTPConnection(address, port, timeout=5)
        connection = http.client.HTTPConnection(address, port, timeout=5)
        # http.client would take the address for the server's name.
        plain = socket.create_connection((address, port), 5)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.sock = self.context.wrap_socket(plain, server_hostname=host)
        if not self.is_current(connection.sock.getpeercert(binary_form=True)):
            self.failed.append("an old certificate")
        return connection

    def _run(self):
        _, _, host, path = self.target
        connection, began = None, time.monotonic()
        for number in itertools.count():
            if self.over.wait(max(0.0, began + number / RATE - time.monotonic())):
                return
            sent = time.monotonic()
            try:
                connection = connection or self._connect()
                connection.request("GET", path, headers={"Host": host})
                answer = connection.getresponse()
                answer.read()
                if answer.status != 200:
                    self.failed.append(answer.status)
            except (OSError, http.client.HTTPException) as error:
                self.failed.append(repr(error))
                connection = None
            self.latencies.append(time.monotonic() - sent)
            if self.fresh and connection:
                connection.close()
                connection = None

    def stop(self):
        self.over.set()
        self.thread.join()


class Churn:
    """Changes of the objects that nobody asks for, and of the endpoints and the certificate of some that are asked for."""

    def __init__(self, cluster, name, work):
        self.api, self.work, self.name = cluster.api, work, f"churn-{name}"
        self.gateway = objects.gateway(self.name, NAMESPACE, GATEWAYS[name][1], objects.listener(),
                                       objects.tls_listener(f"tls-{self.name}"))
        self.other = objects.gateway(f"{self.name}-2", NAMESPACE, GATEWAYS[name][1], objects.listener())
        self.chance = random.Random(SEED)
        self.numbers = itertools.count()
        self.there = []
        self.pairs = itertools.cycle([certificate(work, f"secure.{self.name}.example") for _ in range(PAIRS)])
        self.shown = []  # (when it was replaced, certificate) of those so far; the last is in use
        self.done = dict.fromkeys(("scale", "rotate", "add", "move", "remove"), 0)

    def host(self, name):
        return f"{name}.{self.name}.example"

    def route(self, name, *gateways, service="one"):
        return objects.http_route(name, self.name, [objects.parent(one) for one in gateways or (self.gateway,)], self.host(name),
                                  "/", service=service, kind="PathPrefix")

    def install(self):
        self.api.apply(objects.namespace(self.name))
        self.rotate()
        self.api.apply(self.gateway, self.other)
        for service in ("one", "scaled"):
            self.api.apply(objects.service(service, self.name), objects.endpoint_slice(service, self.name, "10.0.0.1"))
        self.api.apply(self.route("still"), self.route("secure"), self.route("scaled", service="scaled"))

    def scale(self):
        count = self.chance.randint(1, 20)
        self.api.apply(objects.endpoint_slice("scaled", self.name, *(f"10.0.1.{number}" for number in self.chance.sample(range(1, 200), count))))

    def rotate(self):
        pair = next(self.pairs)
        self.shown.append([math.inf, der(pair[0])])  # before it is there, so that nobody sees it too early
        self.api.apply(objects.secret(f"tls-{self.name}", NAMESPACE, *pair))
        if len(self.shown) > 1:
            self.shown[-2][0] = time.monotonic()

    def is_current(self, certificate):
        """Whether it is in use, or was until a moment ago."""
        return any(certificate == one and time.monotonic() < replaced + LANDED for replaced, one in self.shown[-PAIRS:])

    def add(self):
        name = f"r{next(self.numbers)}"
        self.api.create(self.route(name))
        self.there.append(name)

    def move(self):
        if self.there:
            self.api.patch(self.route(self.there[0]), {"spec": self.route(self.there[0], self.chance.choice((self.gateway, self.other)))["spec"]})

    def remove(self):
        if len(self.there) > 5:
            self.api.delete(self.route(self.there.pop(0)))

    def is_over(self, traefik):
        """Whether what was asked for last is served."""
        return traefik.get(self.host(self.there[-1])) == 200 and traefik.certificate(self.host("secure")) == self.shown[-1][1]

    def run(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            what = self.chance.choice([*self.done, "add"])
            getattr(self, what)()
            self.done[what] += 1
            time.sleep(1 / CHANGES)


def churn(cluster, work, name, seconds):
    changes = Churn(cluster, name, work)
    changes.install()
    contestant = Contestant(cluster, work, name, "0s", ("qps: -1",))
    try:
        contestant.start([changes.host("still"), changes.host("scaled")])
        until(lambda: contestant.traefik.certificate(changes.host("secure")), "TLS is served", 30)
        contestant.rest()
        address = contestant.traefik.address
        clients = {
            "kept": Client(address, HTTP, changes.host("still"), "/", False),
            "new": Client(address, HTTP, changes.host("still"), "/", True),
            "scaled": Client(address, HTTP, changes.host("scaled"), "/", False),
            "tls": Client(address, HTTPS, changes.host("secure"), "/", True, changes.is_current),
        }
        changes.run(seconds)
        # What is there at the end is what was asked for at the end.
        began, late = time.monotonic(), []
        try:
            until(lambda: changes.is_over(contestant.traefik), "the last change is served", LIMIT)
        except Failure as failure:
            late.append(str(failure))
        last = time.monotonic() - began
        for client in clients.values():
            client.stop()
        clients["tls"].failed += late
        return {who: (len(client.latencies), client.failed, percentile(client.latencies, 0.99)) for who, client in clients.items()}, \
            changes.done, last
    finally:
        contestant.stop()


def bench(arguments, work):
    start_backend(work)
    cluster = Cluster(work)
    rules, seconds = (200, 12) if arguments.quick else (1_000, 60)
    cluster.grow(rules)
    words, wrong = [], 0
    for name in (OURS, THEIRS):
        if arguments.contestant not in (None, name):
            continue
        found, done, last = churn(cluster, work, name, seconds)
        print(f"{name}: {' '.join(f'{what} {count}' for what, count in done.items())} on top of {rules} rules in {seconds} s; "
              f"the last one served after {last:.2f} s")
        failed = 0
        for who, (count, bad, p99) in found.items():
            failed += len(bad)
            print(f"  {who:8} {count:>6} requests  {len(bad):>4} failed  p99 {p99 * 1000:>7.1f} ms  {sorted(set(map(str, bad)))[:3] or ''}", flush=True)
        prefix = "" if name == OURS else "native_"
        wrong += failed if name == OURS else 0
        words += [f"{prefix}failed={failed}", f"{prefix}requests={sum(count for count, _, _ in found.values())}",
                  f"{prefix}p99_ms={max(p99 for _, _, p99 in found.values()) * 1000:.1f}",
                  f"{prefix}rotations={done['rotate']}", f"{prefix}last_s={last:.2f}"]
    cluster.plane.close()
    print("churn", *words)
    return 1 if wrong else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="12 seconds each, on 200 rules")
    parser.add_argument("--contestant", choices=(OURS, THEIRS))
    arguments = parser.parse_args()
    return in_namespace(lambda work: bench(arguments, work))


if __name__ == "__main__":
    sys.exit(main())
