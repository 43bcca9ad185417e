#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the samples' Traefiks listen on: the ports that serve, and beyond them loopback alone.

Each static configuration of samples/ is given to stock Traefik with the provider plugin beside it, and
the kernel is asked for its sockets. Where a sample is on the node's own network, all that listens there
has a port of its own, and probes ask one of these. Prints TAP.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.dont_write_bytecode = True  # nothing next to the sources
from operated import INNER, sockets_of  # noqa: E402
from sandbox import ROOT, Failure, Report, prepare_network, run_in_namespace  # noqa: E402

SAMPLES = ROOT / "samples"
GATEFILE = os.environ.get("GATEFILE", str(ROOT / "build/dev/src/cli/gatefile"))
EVERYWHERE, LOOPBACK = "0" * 32, "0100007F"
# Port, and whether anybody can reach it. 8082: the kubelet's probes.
WANTED = {
    "kubernetes/traefik.yaml": {(8000, True), (8443, True), (8082, True), (8080, False)},
    "kubernetes/dmz.yaml": {(8000, True), (8443, True), (9190, False)},
    "systemd/traefik.yaml": {(80, True), (443, True), (8080, False)},
    "compose/traefik.yaml": {(8000, True), (8443, True)},
}
# On the node's network: what is there together.
ON_THE_NODE = {
    "kubernetes/dmz.yaml": ["samples/kubernetes/dmz.yaml"],
    "kubernetes/daemonsets.yaml": ["samples/kubernetes/dmz.yaml", "samples/kubernetes/daemonsets.yaml"],
    "kubernetes/helm/values-daemonset.yaml": ["samples/kubernetes/helm/values-daemonset.yaml"],
    "kubernetes/kustomize/example-daemonset": ["tests/install/rendered/example-daemonset.yaml"],
    "systemd": ["samples/systemd/traefik.yaml", "samples/systemd/gatefile.yaml"],
}
# Where a sample says what listens: static configuration in YAML and as arguments, the agent's options, the chart's values.
PORTS = (r"(?m)^ +address: \"?[\d.]*:(\d+)", r"(?i)--entryPoints\.[\w-]+\.address=[\d.]*:(\d+)", r"(?m)--listen=[\d.]*:(\d+)$",
         r"(?m)^ *listen: \"?[\d.]*:(\d+)", r"(?m)^  \w+:\n    port: (\d+)$")
# The node exporter, etcd, the API server, the kubelet and its neighbours.
TAKEN = {9100, 2379, 2380, 6443, *range(10248, 10260)}


def static_of(path):
    """The file, or the one that a ConfigMap in it holds."""
    text = path.read_text()
    held = re.search(r"(?m)^  traefik\.yaml: \|\n((?:    .*\n|\n)+)", text)
    return re.sub(r"(?m)^    ", "", held[1]) if held else text


def listening(name, work):
    place = Path(tempfile.mkdtemp(dir=work))
    for folder in ("out", "acme"):
        (place / folder).mkdir()
    text = static_of(SAMPLES / name)
    text = text.replace("/run/gatefile", str(place / "out")).replace("/data/dynamic", str(place / "out")).replace("/data/acme", str(place / "acme"))
    (place / "traefik.yaml").write_text(text)
    subprocess.run([GATEFILE, "static", "-f", ROOT / "samples/two-gateways.yaml", "--to", "plugin", "--out", place / "out", "--write-plugin", place], check=True,
                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, timeout=30)
    log = place / "log"
    with log.open("w") as output:
        traefik = subprocess.Popen([os.environ["TRAEFIK"], "--configFile=traefik.yaml"], cwd=place, stdout=output, stderr=output)
    try:
        found, since = set(), time.monotonic()
        # Until nothing has come for a second: what is opened late counts, too.
        end = time.monotonic() + 20
        while time.monotonic() < end and (not found or time.monotonic() - since < 1.0):
            time.sleep(0.1)
            if traefik.poll() is not None:
                raise Failure(f"Traefik ended: {log.read_text()[-1500:]}")
            now = sockets_of(traefik.pid)
            if now != found:
                found, since = now, time.monotonic()
        return found
    finally:
        traefik.terminate()
        traefik.wait(20)


def judge(name, work):
    wanted = {("tcp6", EVERYWHERE, port) if anybody else ("tcp", LOOPBACK, port) for port, anybody in WANTED[name]}
    found = listening(name, work)
    if found != wanted:
        raise Failure(f"more: {sorted(found - wanted)}, missing: {sorted(wanted - found)}")


def judge_node(files):
    """Each port once, that of gatefile-inner too, which whoever needs it adds; of all files but the last one only the static configuration counts."""
    text = "\n".join([static_of(ROOT / file) for file in files[:-1]] + [(ROOT / files[-1]).read_text()])
    ports = sorted([INNER, *(int(port) for pattern in PORTS for port in re.findall(pattern, text))])
    if len(ports) < 5 or len(set(ports)) < len(ports):
        raise Failure(f"what listens there: {ports}")
    if TAKEN.intersection(ports):
        raise Failure(f"others are there: {sorted(TAKEN.intersection(ports))}")
    asked = {int(port) for port in re.findall(r"(?m)^ +(?:port|healthchecksPort): (\d+)$", text)}
    if not asked <= set(ports):
        raise Failure(f"probes ask {sorted(asked - set(ports))}, where nothing listens")


def judge_nodes():
    """Every sample with hostNetwork, and those of systemd, which has no other network."""
    there = {str(path.relative_to(SAMPLES)) for path in SAMPLES.rglob("*.yaml") if re.search(r"(?m)^ *hostNetwork: true$", path.read_text())}
    there = {re.sub(r"^(kubernetes/kustomize)/.*", r"\1/example-daemonset", name) for name in there} | {"systemd"}
    if there != set(ON_THE_NODE):
        raise Failure(f"not judged: {sorted(there - set(ON_THE_NODE))}, gone: {sorted(set(ON_THE_NODE) - there)}")
    for name, files in ON_THE_NODE.items():
        try:
            judge_node(files)
        except Failure as failure:
            raise Failure(f"{name}: {failure}") from failure


def run(work):
    prepare_network()
    report = Report()
    there = {str(path.relative_to(SAMPLES)) for path in SAMPLES.rglob("*.yaml") if re.search(r"(?m)^ *entryPoints:\n", path.read_text())
             and not re.search(r"(?m)^kind: (Ingress|Middleware)", path.read_text())}
    try:
        if there != set(WANTED):
            raise Failure(f"not judged: {sorted(there - set(WANTED))}, gone: {sorted(set(WANTED) - there)}")
        report.add("every static configuration of the samples is judged")
    except Failure as failure:
        report.add("every static configuration of the samples is judged", failure)
    try:
        judge_nodes()
        report.add("on the node's network each port is used once")
    except Failure as failure:
        report.add("on the node's network each port is used once", failure)
    for name in WANTED:
        try:
            judge(name, work)
            report.add(f"what {name} listens on")
        except (Failure, OSError, subprocess.SubprocessError) as failure:
            report.add(f"what {name} listens on", failure)
    return report.end()


if __name__ == "__main__":
    sys.exit(run_in_namespace(run))
