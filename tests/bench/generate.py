#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes a cluster of a wanted size for the benches: one Gateway, and HTTPRoutes of four rules each
(`per_route` makes it fewer).

Every HTTPRoute has a hostname, a Service and an EndpointSlice of its own. The same arguments give
the same bytes.

    generate.py RULES FILE [--backend ADDRESS:PORT]
"""

import argparse
import json
import random

GATEWAY = {"namespace": "infra", "name": "public"}
RULES_PER_ROUTE = 4
ROUTES_PER_NAMESPACE = 50
CANARY = ("X-Canary", "always")
SEED = 20260815

WORDS = (
    "api",
    "auth",
    "blog",
    "cdn",
    "data",
    "docs",
    "mail",
    "media",
    "pay",
    "search",
    "shop",
    "status",
    "wiki",
)
DOMAINS = ("example.com", "example.org", "apps.example.net", "corp.example")


def hostnames(count):
    """Half numbered tenants, whose names differ in the middle, half names without a pattern."""
    chance = random.Random(SEED)
    taken = []
    seen = set()
    while len(taken) < count:
        if len(taken) % 2 == 0:
            name = f"tenant-{len(taken):05d}.apps.example.com"
        else:
            letters = "".join(
                chance.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=chance.randint(3, 9))
            )
            name = f"{chance.choice(WORDS)}-{letters}.{chance.choice(DOMAINS)}"
        if name not in seen:
            seen.add(name)
            taken.append(name)
    return taken


def matches():
    """One of each kind that installations use, from the most to the least specific."""
    return (
        {"path": {"type": "Exact", "value": "/healthz"}},
        {"path": {"type": "PathPrefix", "value": "/api"}},
        {
            "path": {"type": "PathPrefix", "value": "/"},
            "headers": [{"name": CANARY[0], "value": CANARY[1]}],
        },
        {"path": {"type": "PathPrefix", "value": "/"}},
    )


def requests():
    """A request for each of these matches: path, and whether it carries the canary's header."""
    return (("/healthz", False), ("/api/v1/items", False), ("/cart", True), ("/cart", False))


def meta(name, namespace=None):
    return {"name": name, "namespace": namespace} if namespace else {"name": name}


def http_route(namespace, name, hostname, rules):
    backend = {"name": name, "port": 80}
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": meta(name, namespace),
        "spec": {
            "parentRefs": [dict(GATEWAY)],
            "hostnames": [hostname],
            "rules": [
                {"matches": [match], "backendRefs": [backend]} for match in matches()[-rules:]
            ],
        },
    }


def service(namespace, name):
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": meta(name, namespace),
        "spec": {"ports": [{"name": "http", "port": 80, "targetPort": 8080, "protocol": "TCP"}]},
    }


def endpoint_slice(namespace, name, backend):
    address, port = backend
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            **meta(f"{name}-1", namespace),
            "labels": {"kubernetes.io/service-name": name},
        },
        "addressType": "IPv4",
        "ports": [{"name": "http", "port": port, "protocol": "TCP"}],
        "endpoints": [{"addresses": [address], "conditions": {"ready": True}}],
    }


def routes(rules, per_route=RULES_PER_ROUTE):
    """(namespace, name, hostname, number of rules) of each HTTPRoute."""
    count = -(-rules // per_route)
    left = rules
    for index, hostname in enumerate(hostnames(count)):
        namespace = f"team-{index // ROUTES_PER_NAMESPACE:04d}"
        yield namespace, f"app-{index:05d}", hostname, min(left, per_route)
        left -= per_route


def cluster(rules, backend=("10.0.0.1", 8080), per_route=RULES_PER_ROUTE):
    """All objects, in the order in which kubectl would print them one by one."""
    yield {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "GatewayClass",
        "metadata": meta("gatefile"),
        "spec": {"controllerName": "gatefile.dev/gateway-controller"},
    }
    yield {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "Gateway",
        "metadata": meta(GATEWAY["name"], GATEWAY["namespace"]),
        "spec": {
            "gatewayClassName": "gatefile",
            "listeners": [
                {
                    "name": "http",
                    "port": 80,
                    "protocol": "HTTP",
                    "allowedRoutes": {"namespaces": {"from": "All"}},
                }
            ],
        },
    }
    yield {"apiVersion": "v1", "kind": "Namespace", "metadata": meta(GATEWAY["namespace"])}
    namespaces = set()
    for namespace, name, hostname, count in routes(rules, per_route):
        if namespace not in namespaces:
            namespaces.add(namespace)
            yield {"apiVersion": "v1", "kind": "Namespace", "metadata": meta(namespace)}
        yield http_route(namespace, name, hostname, count)
        yield service(namespace, name)
        yield endpoint_slice(namespace, name, backend)


def write(path, objects):
    """A stream of JSON objects, one a line."""
    with open(path, "w", encoding="utf-8") as file:
        for item in objects:
            file.write(json.dumps(item, separators=(",", ":")))
            file.write("\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rules", type=int)
    parser.add_argument("file")
    parser.add_argument("--backend", default="10.0.0.1:8080", metavar="ADDRESS:PORT")
    arguments = parser.parse_args()
    address, _, port = arguments.backend.rpartition(":")
    write(arguments.file, cluster(arguments.rules, (address, int(port))))


if __name__ == "__main__":
    main()
