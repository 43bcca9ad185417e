# SPDX-License-Identifier: Apache-2.0
"""gatefile snapshot of the cluster, and check beside it."""

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
