#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the samples' Traefiks listen on: the ports that serve, and beyond them loopback alone.

Each static configuration of samples/ is given to stock Traefik with the provider plugin beside it, and
the kernel is asked for its sockets. Prints TAP.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.dont_write_bytecode = True  # nothing next to the sources
from operate import sockets_of  # noqa: E402
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
    for name in WANTED:
        try:
            judge(name, work)
            report.add(f"what {name} listens on")
        except (Failure, OSError, subprocess.SubprocessError) as failure:
            report.add(f"what {name} listens on", failure)
    print(f"1..{report.passed + report.failed}")
    print(f"{report.passed} passed, {report.failed} failed")
    return 1 if report.failed else 0


if __name__ == "__main__":
    sys.exit(run_in_namespace(run))
