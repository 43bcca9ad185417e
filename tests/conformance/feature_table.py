#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The table of features in README.md and gatefile-traefik(7), made of the reports in results/.

    feature_table.py            whether both pages say what the reports say
    feature_table.py --write    writes the table into both
    feature_table.py --tests    asks the suite's source anew which tests a feature has (results/tests.json)

results/ is filled by hand with what whole runs leave in build/conformance: report*.yaml, passed*.txt.
"""

import collections
import json
import os
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
RESULTS = HERE / "results"
FORMS = ("plugin", "file", "native")

# Each of these is a test that gatefile does not pass in one format or both, and why that is Traefik's.
ONE_NAME = "Traefik verifies a certificate by the name that it asks for (`serverName` is both)"
REASONS = {
    "BackendTLSPolicy": ONE_NAME,
    "BackendTLSPolicySANValidation": ONE_NAME,
    "HTTPRoute303RedirectStatusCode": "file: redirectRegex knows 301 and 302 for GET only",
    "HTTPRoute307RedirectStatusCode": "file: redirectRegex knows 301 and 302 for GET only",
    "HTTPRoute308RedirectStatusCode": "file: redirectRegex knows 301 and 302 for GET only",
}
APPENDS = "file: YAML cannot append to a header, which the tests do"


def suite_tests():
    """Test → features, as the suite's source has them."""
    module = ["go", "list", "-m", "-f", "{{.Dir}}", "sigs.k8s.io/gateway-api/conformance"]
    folder = subprocess.run(module, cwd=HERE / "programs", check=True, capture_output=True, text=True,
                            env={**os.environ, "GOFLAGS": "-mod=mod", "GOTOOLCHAIN": "auto"}).stdout.strip()
    tests = {}
    for source in sorted(Path(folder, "tests").rglob("*.go")):
        for name, body in re.findall(r'ConformanceTest\{\s*ShortName:\s*"(\w+)"(.*?)\n\}', source.read_text(), re.S):
            listed = re.search(r"Features:\s*\[\]features\.FeatureName\{(.*?)\}", body, re.S)
            features = sorted(re.findall(r"features\.Support(\w+)", listed[1])) if listed else []
            if "Mesh" not in features:
                tests[name] = features
    return tests


def names(report, key):
    """What all lists under a key hold, of a report in YAML."""
    return set(re.findall(r"- (\w+)", "".join(re.findall(rf"{key}:\n((?:\s+- \w+\n)+)", report))))


def passed(form, tests):
    """Of Traefik's own provider there is the report alone, of a run with every feature."""
    listed = RESULTS / f"{form}.passed.txt"
    if listed.exists():
        return set(listed.read_text().split())
    report = (RESULTS / f"{form}.yaml").read_text()
    failed = names(report, "failedTests")
    unsupported = names(report, "unsupportedFeatures")
    return {name for name, features in tests.items() if name not in failed and not unsupported & set(features)}


CORE = {"Gateway", "ReferenceGrant", "HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute", "UDPRoute"}


def rows():
    """(feature, {form: (passed, of)}, reason), core features first."""
    tests = json.loads((RESULTS / "tests.json").read_text())
    of_feature = collections.defaultdict(set)
    for name, features in tests.items():
        for feature in [feature for feature in features if feature not in CORE] or ["core"]:
            of_feature[feature].add(name)
    good = {form: passed(form, tests) for form in FORMS}
    found = []
    for feature in sorted(of_feature, key=lambda name: (name != "core", name)):
        of = of_feature[feature]
        cells = {form: (len(of & good[form]), len(of)) for form in FORMS}
        missing = any(cells[form][0] < len(of) for form in ("plugin", "file"))
        found.append((feature, cells, REASONS.get(feature, APPENDS) if missing else ""))
    return found


def cell(result):
    passed, of = result
    return f"{passed} of {of}"


def markdown(found):
    lines = ["| feature | `plugin` | `file` | Traefik's own provider | what is missing |", "| --- | --- | --- | --- | --- |"]
    for feature, cells, reason in found:
        lines.append(f"| {feature} | {' | '.join(cell(cells[form]) for form in FORMS)} | {reason} |")
    return "\n".join(lines)


def mdoc(found):
    lines = ['.Bl -column "GatewayFrontendClientCertificateValidationInsecureFallback" "plugin 1" "file 11" "own"',
             ".It Em feature Ta Em plugin Ta Em file Ta Em own provider"]
    for feature, cells, _ in found:
        lines.append(f".It {feature} Ta {' Ta '.join(cell(cells[form]) for form in FORMS)}")
    return "\n".join([*lines, ".El"])


PAGES = (
    (ROOT / "README.md", "<!-- features -->\n", "<!-- end of features -->", markdown),
    (ROOT / "man/gatefile-traefik.7", '.\\" features\n', '.\\" end of features', mdoc),
)


def main():
    if "--tests" in sys.argv:
        (RESULTS / "tests.json").write_text(json.dumps(suite_tests(), indent=1, sort_keys=True) + "\n")
    found, stale = rows(), []
    for page, begin, end, write in PAGES:
        text = page.read_text()
        before, rest = text.split(begin, 1)
        after = rest.split(end, 1)[1]
        made = before + begin + write(found) + "\n" + end + after
        if made != text:
            stale.append(page.name)
            if "--write" in sys.argv:
                page.write_text(made)
    for name in stale:
        print(f"{'written' if '--write' in sys.argv else 'not ok -'} {name}")
    if not stale:
        print("ok - the table of features")
    sys.exit(bool(stale) and "--write" not in sys.argv)


if __name__ == "__main__":
    main()
