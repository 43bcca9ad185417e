#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Times `gatefile check` on manifests of many routes, from start to exit; run.sh check calls it.

    check.py --gatefile FILE [--quick]
"""

import argparse
import pathlib
import subprocess
import sys
import tempfile
import time

from budget import Budget

ROUTES_PER_NAMESPACE = 50
HEAD = """\
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: gatefile}
spec: {controllerName: gatefile.dev/gateway-controller}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: public, namespace: infra}
spec:
  gatewayClassName: gatefile
  listeners:
    - {name: http, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: All}}}
"""
SERVICE = """\
---
apiVersion: v1
kind: Service
metadata: {{name: app, namespace: team-{ns}}}
spec: {{clusterIP: 10.0.0.1, ports: [{{name: http, port: 80}}]}}
"""
ROUTE = """\
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: app-{i}
  namespace: team-{ns}
spec:
  parentRefs:
    - {{name: public, namespace: infra}}
  hostnames: [app-{i}.team-{ns}.example.com]
  rules:
    - matches:
        - path: {{type: PathPrefix, value: /api}}
        - path: {{type: Exact, value: /health}}
      backendRefs:
        - {{name: app, port: 80}}
"""


def manifests(routes):
    parts = [HEAD]
    for i in range(routes):
        ns = i // ROUTES_PER_NAMESPACE
        if i % ROUTES_PER_NAMESPACE == 0:
            parts.append(SERVICE.format(ns=ns))
        parts.append(ROUTE.format(i=i, ns=ns))
    return "".join(parts)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--gatefile", required=True)
    parser.add_argument("--quick", action="store_true")
    given = parser.parse_args()
    keys, budget = [], Budget(given.quick)
    for routes in (1000, 10000):
        with tempfile.TemporaryDirectory() as work:
            path = pathlib.Path(work) / "routes.yaml"
            path.write_text(manifests(routes))
            took = []
            for _ in budget.rounds(3 if given.quick else 7):
                start = time.perf_counter()
                done = subprocess.run([given.gatefile, "check", "-f", path], capture_output=True, text=True)
                took.append((time.perf_counter() - start) * 1000)
                if done.returncode != 0 or done.stdout:
                    sys.exit(f"these are without a fault, and check says:\n{done.stdout[:2000]}{done.stderr[:2000]}")
        if not took:
            break
        took.sort()
        print(f"{routes:6d} routes: {took[0]:.0f} ms at best, {took[len(took) // 2]:.0f} ms in the middle")
        keys.append(f"best_{routes}_ms={took[0]:.0f} median_{routes}_ms={took[len(took) // 2]:.0f}")
    print("check", *keys)


main()
