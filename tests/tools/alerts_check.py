#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The expressions of samples/monitoring as Prometheus' own promtool reads them: each alert fires where it should and nowhere else,
and each panel's query parses."""

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from monitoring_check import GIVEN_LABELS, SAMPLES, families

LONG = "x200"
WHERE = 'instance="a",job="gatefile"'


def problem(code, who="a"):
    return f'gatefile_problems{{code="{code}",who="{who}",{WHERE}}}', "1" + LONG


# Alert -> (its time in minutes to fire for sure, series with their values, labels that it then has).
FIRES = {
    "GatefileDown": (5, [(f"up{{{WHERE}}}", "0" + LONG)], {"instance": "a", "job": "gatefile"}),
    "GatefileApiServerUnreachable": (5, [problem("api-server-unreachable")], {}),
    "GatefileKindNotFollowed": (10, [problem("kind-missing")], {"code": "kind-missing"}),
    "GatefileNotPublished": (10, [(f'gatefile_publish_total{{result="failed",{WHERE}}}', "0+1" + LONG),
                                  problem("publication-failed")],
                             {"result": "failed", "instance": "a", "job": "gatefile"}),
    "GatefileNothingPublished": (10, [problem("nothing-published")], {"instance": "a"}),
    "GatefileStoreNotPublished": (5, [problem("store-not-published")], {}),
    "GatefileStoreLoses": (20, [problem("store-loses")], {}),
    "GatefileHeldBack": (5, [(f"gatefile_publish_held{{{WHERE}}}", "1" + LONG)], {}),
    "GatefilePaused": (65, [(f"gatefile_paused{{{WHERE}}}", "1" + LONG)], {}),
    "GatefileNotLoaded": (5, [(f"gatefile_traefik_loaded{{{WHERE}}}", "0" + LONG)], {"instance": "a", "job": "gatefile"}),
    # An agent that waits for Traefik's entry points has no gatefile_traefik_loaded.
    "GatefileTraefikUnreachable": (5, [problem("traefik-unreachable")], {"instance": "a"}),
    "GatefileTraefikTooOld": (10, [problem("traefik-too-old")], {"instance": "a"}),
    "GatefileTraefikRefuses": (5, [problem("traefik-refused")], {"code": "traefik-refused"}),
    "GatefileObjectRefused": (20, [(f'gatefile_diagnostics{{severity="error",code="certificate-ref",{WHERE}}}', "1" + LONG)],
                              {"code": "certificate-ref"}),
    "GatefileCertificateExpiring": (
        65, [(f'gatefile_certificate_not_after_seconds{{namespace="web",name="tls",{WHERE}}}', str(6 * 86400) + LONG)],
        {"namespace": "web", "name": "tls", "instance": "a", "job": "gatefile"}),
    "GatefileOwnCertificate": (15, [problem("certificate-not-renewed", "gatefile"), problem("certificate-expiring", "objects")],
                               {"code": "certificate-not-renewed"}),
    "GatefileStateNotKept": (10, [problem("state-not-kept")], {}),
    "GatefileSlow": (40, [(f'gatefile_load_duration_seconds_bucket{{le="{le}",{WHERE}}}', values + LONG)
                          for le, values in (("5", "0"), ("10", "0+1"), ("+Inf", "0+1"))], {}),
}
# All is well: none fires.
WELL = [(f"up{{{WHERE}}}", "1" + LONG), (f"gatefile_publish_held{{{WHERE}}}", "0" + LONG), (f"gatefile_paused{{{WHERE}}}", "0" + LONG),
        (f"gatefile_traefik_loaded{{{WHERE}}}", "1" + LONG), (f'gatefile_publish_total{{result="failed",{WHERE}}}', "1" + LONG),
        (f'gatefile_diagnostics{{severity="warning",code="host-captured",{WHERE}}}', "1" + LONG),
        (f'gatefile_problems{{code="certificate-expiring",who="a",{WHERE}}}', "0" + LONG),
        (f'gatefile_certificate_not_after_seconds{{namespace="web",name="tls",{WHERE}}}', str(8 * 86400) + LONG),
        *((f'gatefile_load_duration_seconds_bucket{{le="{le}",{WHERE}}}', "0+1" + LONG) for le in ("0.5", "5", "+Inf"))]


def alerts():
    """Name -> severity and annotations, as they are written."""
    text = (SAMPLES / "alerts.yaml").read_text()
    found = re.findall(r"- alert: (\w+)\n.*\n.*\n +labels: \{severity: (\w+)\}\n +annotations:\n +summary: (.+)\n +runbook: (.+)", text)
    return {name: (severity, {"summary": summary, "runbook": runbook}) for name, severity, summary, runbook in found}


def expanded(text, labels):
    return re.sub(r"\{\{ \$labels\.(\w+) \}\}", lambda found: labels[found[1]], text)


def unit_tests(known):
    def test(series, *cases):
        return {"interval": "1m", "input_series": [{"series": name, "values": values} for name, values in series],
                "alert_rule_test": list(cases)}

    tests = []
    for name, (minutes, series, labels) in FIRES.items():
        severity, annotations = known[name]
        fired = {"exp_labels": {"severity": severity, **labels},
                 "exp_annotations": {key: expanded(text, labels) for key, text in annotations.items()}}
        tests.append(test(series, {"eval_time": "0m", "alertname": name, "exp_alerts": []},
                          {"eval_time": f"{minutes}m", "alertname": name, "exp_alerts": [fired]}))
    tests.append(test(WELL, *({"eval_time": f"{minutes}m", "alertname": name, "exp_alerts": []}
                              for name in known for minutes in (5, 65, 120))))
    return {"rule_files": [str(SAMPLES / "alerts.yaml")], "evaluation_interval": "1m", "tests": tests}


def strangers():
    """Series of these tests that the agent does not have."""
    known = families()
    for series in [series for _, found, _ in FIRES.values() for series in found] + WELL:
        name, body = re.fullmatch(r"(\w+)\{(.*)\}", series[0]).groups()
        if name == "up":
            continue
        labels = set(re.findall(r"(\w+)=", body)) - GIVEN_LABELS
        if labels != known.get(name):
            yield f"{name} with the labels {sorted(labels)} is none of the agent's series"


def panels():
    """The dashboard's queries as rules, which promtool reads."""
    dashboard = json.loads((SAMPLES / "dashboard.json").read_text())
    queries = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    return {"groups": [{"name": "panels", "rules": [{"record": f"panel:{i}", "expr": query} for i, query in enumerate(queries)]}]}


def promtool(*words):
    done = subprocess.run(["promtool", *words], capture_output=True, text=True)
    return "" if done.returncode == 0 else f"promtool {' '.join(words)}: {done.stdout}{done.stderr}"


def main():
    known = alerts()
    said = list(strangers())
    if set(known) != set(FIRES):
        said.append(f"alerts without a test, or tests without an alert: {sorted(set(known) ^ set(FIRES))}")
    with tempfile.TemporaryDirectory() as scratch:
        # JSON is YAML.
        for name, content in (("tests.yaml", unit_tests(known)), ("panels.yaml", panels())):
            Path(scratch, name).write_text(json.dumps(content))
        said += [promtool("check", "rules", str(SAMPLES / "alerts.yaml")), promtool("check", "rules", f"{scratch}/panels.yaml"),
                 promtool("test", "rules", f"{scratch}/tests.yaml")]
    said = [text for text in said if text]
    print("\n".join(f"not ok - {text}" for text in said) or f"ok - {len(known)} alerts fire, and none where all is well")
    return bool(said)


if __name__ == "__main__":
    sys.exit(main())
