#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""samples/monitoring names only metrics, labels and codes that the agent has; each code of the status is in an alert, or in a list here
that says why not; and gatefile-operations(7) has a section for each alert and no other."""

import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "samples/monitoring"
# Of Prometheus itself, and labels that it gives.
PROMETHEUS = {"up"}
GIVEN_LABELS = {"job", "instance", "le"}
# Codes of gatefile_problems, with who is at fault, that no alert asks for: an alert that asks for another metric of the same fault, or why
# nobody is to be woken.
ELSEWHERE = {
    "certificate-expired objects": "GatefileCertificateExpiring",
    "certificate-expiring objects": "GatefileCertificateExpiring",
    "generation-not-loaded Traefik": "GatefileNotLoaded",
    "objects-held API server": "GatefileHeldBack",
    "paused gatefile": "GatefilePaused",
    "publication-held gatefile": "GatefileHeldBack",
}
UNALARMING = {
    "gateway-api-newer API server": "worth knowing: all that this gatefile knows is served",
    "traefik-newer Traefik": "worth knowing: it is served as to the newest Traefik that this gatefile knows",
}
OUTER = r"\b(sum|max|rate|increase|histogram_quantile|sort|absent|time|by|on|and|or)\b"


def families():
    """Name -> labels, from the agent's one table."""
    text = (ROOT / "src/agent/metrics.cpp").read_text()
    found = {}
    for name, kind, labels in re.findall(r'Family\{Metric::\w+, "(\w+)", Type::(\w+), \{([^}]*)\}', text):
        names = {name} if kind != "Histogram" else {name + end for end in ("_bucket", "_sum", "_count")}
        found.update(dict.fromkeys(names, set(re.findall(r'"(\w+)"', labels))))
    return found


def problems_of(expression, known, codes):
    """What of an expression there is not."""
    selectors = re.findall(r"\b([a-z_:]+)\{([^}]*)\}", expression)
    grouped = {label.strip() for group in re.findall(r"\b(?:by|on) ?\(([^)]*)\)", expression) for label in group.split(",")}
    rest = re.sub(r'"[^"]*"', "", expression)
    rest = re.sub(r"\{[^}]*\}|\[[^]]*\]|\b(?:by|on) ?\([^)]*\)", "", rest)
    names = set(re.findall(r"\b[a-z][a-z_]*\b", re.sub(OUTER, "", rest)))
    if not names:
        yield "names no metric"
    for name in sorted(names - set(known) - PROMETHEUS):
        yield f"names {name}, which the agent does not have"
    for name, body in selectors:
        for label, value in re.findall(r'(\w+)(?:=~|!=|!~|=)"([^"]*)"', body):
            if label not in known.get(name, set()) | GIVEN_LABELS:
                yield f"{name} has no label {label}"
            if name == "gatefile_problems" and label == "code":
                yield from (f"no problem has the code {code}" for code in value.split("|") if code not in codes)
    labels = set().union(GIVEN_LABELS, *(known.get(name, set()) for name in names))
    yield from (f"groups by {label}, which none of its metrics has" for label in sorted(grouped - labels))


def unheard(alerts):
    """Codes without an alert, and what of the lists above is not so."""
    codes = set((ROOT / "tests/stability/problems.txt").read_text().splitlines())
    asked = set()
    for _, expression, *_ in alerts:
        for values, who in re.findall(r'gatefile_problems\{code=~?"([^"]*)"(?:,who="([^"]*)")?\}', expression):
            asked |= {line for line in codes if line.split(" ", 1)[0] in values.split("|") and who in ("", line.split(" ", 1)[1])}
    listed = set(ELSEWHERE) | set(UNALARMING)
    yield from (f"{code} is in no alert" for code in sorted(codes - asked - listed))
    yield from (f"{code} is in an alert, and in a list of those that are not" for code in sorted(asked & listed))
    yield from (f"{code}, which is listed, is no code of the status" for code in sorted(listed - codes))
    names = {alert[0] for alert in alerts}
    yield from (f"{alert}, which is to tell of {code}, is no alert" for code, alert in ELSEWHERE.items() if alert not in names)


def main():
    known = families()
    codes = set(re.findall(r'"([a-z]+(?:-[a-z]+)*)"', (ROOT / "src/agent/problems.cpp").read_text()))
    said = []
    text = (SAMPLES / "alerts.yaml").read_text()
    alerts = re.findall(r"(?m)^      - alert: (\w+)\n        expr: (.+)\n        for: (\d+[mh])\n        labels: \{severity: (\w+)\}\n"
                        r"        annotations:\n          summary: (.+)\n          runbook: man 7 gatefile-operations, (\w+)$", text)
    if len(alerts) != text.count("- alert:") or not alerts:
        said.append("alerts.yaml: an alert is not written like the others")
    for name, expression, _, severity, _, runbook in alerts:
        said += [f"{name}: {problem}" for problem in problems_of(expression, known, codes)]
        if severity not in ("critical", "warning", "info"):
            said.append(f"{name}: severity {severity}")
        if runbook != name:
            said.append(f"{name}: its runbook is {runbook}")
    said += unheard(alerts)
    dashboard = json.loads((SAMPLES / "dashboard.json").read_text())
    for panel in dashboard["panels"]:
        for target in panel["targets"]:
            said += [f"dashboard, {panel['title']}: {problem}" for problem in problems_of(target["expr"], known, codes)]
    page = (ROOT / "man/gatefile-operations.7").read_text()
    sections, names = re.findall(r"(?m)^\.Ss (\w+)$", page), [alert[0] for alert in alerts]
    said += [f"gatefile-operations(7) lacks {name}" for name in names if name not in sections]
    said += [f"gatefile-operations(7) has {name}, which is no alert" for name in sections if name not in names]
    print("\n".join(f"not ok - {problem}" for problem in said) or f"ok - {len(alerts)} alerts and {len(dashboard['panels'])} panels")
    return bool(said)


if __name__ == "__main__":
    sys.exit(main())
