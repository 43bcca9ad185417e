# SPDX-License-Identifier: Apache-2.0
"""What the samples show of --state-dir: in comments, or as components of Kustomize. Without it a reboot while the API server is away is
an outage, so no sample of an agent is silent about it."""

import re
from pathlib import Path

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
# What of an agent is in the samples: its command line, its options in a file.
AGENT = re.compile(r"(?m)^ *- agent$|args: \[agent\]|^from: cluster$|^ExecStart=.* agent$")
# Its flag, its key in a file, its variable.
SHOWN = re.compile(r"(?m)^ *- --state-dir=/var/lib/gatefile$|^state-dir: /var/lib/gatefile$|^StateDirectory=gatefile$"
                   r"|name: GATEFILE_STATE_DIR\n +value: /var/lib/gatefile$")
VOLUME = re.compile(r"(?m)^ *- name: state\n +hostPath:\n +path: /var/lib/gatefile\n +type: Directory$")
MOUNT = re.compile(r"(?m)^ *- name: state\n +mountPath: /var/lib/gatefile$")
COSTS = re.compile(r"private\s+(?:# *)?keys", re.DOTALL)
# Where another file shows it, and where nothing is to be kept.
ELSEWHERE = {f"kubernetes/kustomize/{part}/{file}.yaml": f"kubernetes/kustomize/{part}-state/state.yaml"
             for part, own in (("sidecar", "sidecar"), ("daemonset", "daemonset")) for file in (own, "gatefile")}
ON_DISK = {"compose/compose.yaml"}  # what is published is in a volume of the disk, and the manifests are beside it


def with_state(text):
    """A sample with what it has in comments for --state-dir."""
    lines, inside = [], False
    for line in text.splitlines():
        found = re.match(r"( *)# ?(- --state-dir=.*|state-dir: .*|StateDirectory\w*=.*|- name: state|- \.\./\w+-state|  .*)$", line)
        inside = bool(found) and (inside or not found[2].startswith(" "))
        lines.append(found[1] + found[2] if inside else line)
    return "\n".join(lines) + "\n"


def agents():
    """The samples in which an agent is."""
    return {str(file.relative_to(SAMPLES)): file.read_text() for file in sorted(SAMPLES.rglob("*"))
            if file.suffix in (".yaml", ".service") and AGENT.search(file.read_text())}


def problems():
    """What is wrong with what the samples show."""
    found = agents()
    if len(found) < 8:
        yield f"only {sorted(found)} have an agent"
    for name, text in found.items():
        if name in ON_DISK:
            continue
        shown = ELSEWHERE.get(name, name)
        text = with_state(text) if shown == name else (SAMPLES / shown).read_text()
        told = text if shown == name else text + (SAMPLES / shown).with_name("kustomization.yaml").read_text()
        if not SHOWN.search(text):
            yield f"{name}: {shown} does not show --state-dir"
        elif not COSTS.search(told):
            yield f"{name}: {shown} does not say that private keys are on the disk then"
        if name.startswith("kubernetes/") and (len(VOLUME.findall(text)), len(MOUNT.findall(text))) != (1, 1):
            yield f"{name}: {shown} lacks the volume or its mount"


def lacks(text):
    """What is not there, or more than once, in what Kustomize has made; it sorts keys."""
    for what, pattern in (("volume", r"hostPath:\n +path: /var/lib/gatefile\n +type: Directory\n +name: state$"),
                          ("mount", r"mountPath: /var/lib/gatefile\n +name: state$"),
                          ("variable", r"name: GATEFILE_STATE_DIR\n +value: /var/lib/gatefile$")):
        if len(re.findall(f"(?m){pattern}", text)) != 1:
            yield f"no {what}, or several:\n{text}"
