# SPDX-License-Identifier: Apache-2.0
"""Agents in situations whose status has more in it than that of one that is well: what `gatefile status --report json` says of them."""

import contextlib
import json
import subprocess
import time

import publication

GATEFILE = publication.GATEFILE
BAD_ROUTE = """
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: bad, namespace: demo}
spec:
  parentRefs: [{name: gw}]
  hostnames: [bad.example]
  rules:
    - backendRefs: [{name: nobody, port: 80}]
"""
INGRESS = """
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: theirs, namespace: demo}
spec:
  rules:
    - host: shop.example
      http: {paths: [{path: /theirs, pathType: Prefix, backend: {service: {name: stable, port: {number: 80}}}}]}
"""
KUBECONFIG = """
apiVersion: v1
kind: Config
current-context: home
clusters: [{{name: away, cluster: {{server: "http://127.0.0.1:{port}"}}}}]
users: [{{name: nobody, user: {{token: none}}}}]
contexts:
  - {{name: home, context: {{cluster: away, user: nobody}}}}
  - {{name: member, context: {{cluster: away, user: nobody}}}}
"""


@contextlib.contextmanager
def agent(out, *words):
    log = out.with_suffix(".log")
    with log.open("w") as stream:
        process = subprocess.Popen([GATEFILE, "agent", "--out", out, *map(str, words)], stdout=stream, stderr=stream)
        try:
            yield process
        except Exception as error:
            raise RuntimeError(f"{error}; the agent's log: {log.read_text()[-1500:]}") from error
        finally:
            process.terminate()
            process.wait(15)


def asked(command, out):
    done = subprocess.run([GATEFILE, command, "--out", out, "--report", "json"], capture_output=True, text=True, timeout=30, check=False)
    return json.loads(done.stdout) if done.stdout.strip() else None


def status_when(out, condition):
    end = time.monotonic() + 20
    while True:
        facts = asked("status", out)
        # Before the agent answers there is little in it.
        if facts and "problems" in facts and condition(facts):
            return facts
        if time.monotonic() > end:
            raise RuntimeError(f"the status stays {facts}")
        time.sleep(0.05)


def troubled(work):
    """A Traefik that is silent, a route that is refused, and a change that waits behind a rollback."""
    case = publication.RECORDED / "samples/http-weights"
    manifests, out = work / "manifests", work / "troubled"
    manifests.mkdir()
    sound = (case / "in.yaml").read_text()
    (manifests / "in.yaml").write_text(sound)
    with agent(out, "-f", manifests, "--traefik-config", case / "static.yaml", "--to", "file",
               "--traefik-api", f"http://127.0.0.1:{publication.free_port()}"):
        first = status_when(out, lambda facts: (facts["generation"] or {}).get("number"))["generation"]["number"]
        (work / "next").write_text(sound + BAD_ROUTE)
        (work / "next").rename(manifests / "in.yaml")
        status_when(out, lambda facts: facts["generation"]["number"] > first)
        subprocess.run([GATEFILE, "rollback", str(first), "--out", out, "--reason", "bad"], check=True, capture_output=True, timeout=30)
        wanted = {"paused", "traefik-unreachable", "backend-not-found"}
        return status_when(out, lambda facts: "waiting" in (facts["paused"] or {}) and wanted <= {one["code"] for one in facts["problems"]})


def beside_others(work):
    """Traefik's own provider serves one of our hosts, too."""
    case = publication.RECORDED / "samples/http-weights"
    manifests, static, out = work / "shared.yaml", work / "shared-static.yaml", work / "shared"
    manifests.write_text((case / "in.yaml").read_text() + INGRESS)
    static.write_text((case / "static.yaml").read_text() + "providers: {kubernetesIngress: {}}\n")
    with agent(out, "-f", manifests, "--traefik-config", static, "--to", "file"):
        return status_when(out, lambda facts: any("shared" in listener for gateway in facts["gateways"] for listener in gateway["listeners"]))


def of_clusters(work):
    """Two clusters whose API servers are away."""
    case = publication.RECORDED / "samples/http-weights"
    kubeconfig, out = work / "kubeconfig", work / "clusters"
    kubeconfig.write_text(KUBECONFIG.format(port=publication.free_port()))
    with agent(out, "--from", "cluster:home", "--from", "cluster:member", "--kubeconfig", kubeconfig, "--traefik-config", case / "static.yaml",
               "--to", "file"):
        return status_when(out, lambda facts: {"api-server-unreachable", "cluster-not-read"} <= {one["code"] for one in facts["problems"]})


def of_nobody(work):
    """A directory whose agent is gone: troubled() has left it."""
    return asked("status", work / "troubled")
