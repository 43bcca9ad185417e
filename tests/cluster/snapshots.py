# SPDX-License-Identifier: Apache-2.0
"""gatefile snapshot of the cluster, check beside it and diff against it."""

import json
import os
import subprocess
from pathlib import Path

import objects
from actors import Site, certificate
from suite import equal, test

ROOT = Path(__file__).resolve().parents[2]


def gatefile(*words, text=""):
    binary = os.environ.get("GATEFILE", str(ROOT / "build/dev/src/cli/gatefile"))
    return subprocess.run([binary, *words], input=text, capture_output=True, text=True, timeout=60)


@test
def a_snapshot_has_what_check_needs_and_no_keys(lab):
    site = Site(lab.plane, "snap", listeners=[objects.listener(), objects.tls_listener("tls")])
    with site.install("a"):
        chain, key = certificate(lab.work, site.host("a"))
        lab.api.apply(objects.secret("tls", site.name, chain, key))
        words = ("snapshot", "--from", "cluster", "--kubeconfig", site.kubeconfig, "--controller-name", site.controller)
        first, second = gatefile(*words), gatefile(*words)
        equal("its exit code", first.returncode, 0)
        equal("another of the same cluster", second.stdout, first.stdout)
        for word in ("PRIVATE", key.splitlines()[1], "managedFields", "resourceVersion", "uid:"):
            equal(f"whether {word} is in it", word in first.stdout, False)
        equal("whether times of creation are in it", "creationTimestamp" in first.stdout, True)
        file = lab.work / "snapshot.yaml"
        file.write_text(first.stdout)
        about = ("--controller-name", site.controller, "--report", "json")
        alone = gatefile("check", "-f", str(file), *about)
        equal("whether check misses a key", "tls.key" in alone.stdout, False)
        route = (f"{{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {{name: new, namespace: {site.name}}}, "
                 f"spec: {{parentRefs: [{{name: {site.gateway['metadata']['name']}}}], rules: [{{backendRefs: [{{name: nobody, port: 80}}]}}]}}}}")
        beside = gatefile("check", "-f", "-", "--with", str(file), *about, text=route)
        equal("whether a Service is known to be missing", "backend-not-found" in beside.stdout, True)


@test
def diff_asks_the_cluster(lab):
    site = Site(lab.plane, "diff")
    with site.install("a", "b"):
        about = ("--kubeconfig", site.kubeconfig, "--controller-name", site.controller)
        file = lab.work / "before.yaml"
        file.write_text(gatefile("snapshot", "--from", "cluster", *about).stdout)
        same = gatefile("diff", "cluster", "cluster", *about)
        equal("two readings of one cluster", (same.returncode, same.stdout), (0, "nothing changes for traffic\n"))
        same = gatefile("diff", str(file), "cluster", *about)
        equal("the cluster and a snapshot of it", (same.returncode, same.stdout), (0, "nothing changes for traffic\n"))
        site.drop("a")
        site.route("b", path="/b")
        found = gatefile("diff", str(file), "cluster", "--output", "json", *about)
        equal("its exit code", found.returncode, 1)
        for host in (site.host("a"), site.host("b")):
            equal(f"whether {host} is told of", host in found.stdout, True)
        # The same backwards: what the cluster had is what is new.
        back = gatefile("diff", "cluster", str(file), "--fail-on", "breaking", *about)
        equal("whether a host that comes is told of", site.host("a") in back.stdout, True)
        nobody = gatefile("diff", str(file), "cluster", "--kubeconfig", str(lab.work / "none"))
        equal("without an API server", nobody.returncode, 3)


@test
def explain_graph_and_test_ask_the_cluster(lab):
    site = Site(lab.plane, "asked")
    with site.install("a"):
        about = ("--from", "cluster", "--kubeconfig", site.kubeconfig, "--controller-name", site.controller)
        url = f"http://{site.host('a')}/"
        explained = gatefile("explain", *about, "--output", "json", "GET", url)
        equal("the exit code of explain", explained.returncode, 0)
        equal("whether explain names the route", f'"{site.name}"' in explained.stdout and '"HTTPRoute"' in explained.stdout, True)
        drawn = gatefile("graph", *about, "--output", "json")
        equal("the exit code of graph", drawn.returncode, 0)
        equal("the routes that graph draws", [node["name"] for node in json.loads(drawn.stdout)["nodes"] if node["kind"] == "route"], ["a"])
        tests = lab.work / "tests.yaml"
        tests.write_text(f"- request: {{url: '{url}'}}\n")
        recorded = gatefile("test", "--record", str(tests), *about)
        equal("the exit code of test --record", recorded.returncode, 0)
        tests.write_text(recorded.stdout)
        equal("what was recorded", gatefile("test", str(tests), *about).returncode, 0)
        site.drop("a")
        equal("the same without the route", gatefile("test", str(tests), *about).returncode, 1)
