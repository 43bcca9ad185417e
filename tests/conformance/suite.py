# SPDX-License-Identifier: Apache-2.0
"""One run of the official suite, and what came of each test."""

import json
import os
import re
import subprocess

PROFILES = ["GATEWAY-HTTP", "GATEWAY-GRPC", "GATEWAY-TLS", "GATEWAY-TCP", "GATEWAY-UDP"]
RESULT = re.compile(r" *--- (PASS|FAIL|SKIP): TestConformance/([^/ ]+) \((.*)s\)$")
TIME = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z?")
SPEAKER = re.compile(r"=== (?:RUN|CONT|NAME|PAUSE) +TestConformance/([^/ ]+)")
MARKER = "\x16"  # of what a Go program says about its tests, with -test.v=test2json
KEPT_LINES, KEY_LENGTH, LINE_LENGTH = 25, 150, 1000

# With these a test that fails does so within seconds. A report made with them is worth nothing.
QUICK = {
    "createTimeout": "30s", "deleteTimeout": "10s", "getTimeout": "5s", "gatewayMustHaveAddress": "10s",
    "gatewayMustHaveCondition": "10s", "gatewayStatusMustHaveListeners": "10s", "gatewayListenersMustHaveConditions": "10s",
    "listenerSetMustHaveCondition": "10s", "listenerSetListenersMustHaveConditions": "10s", "gwcMustBeAccepted": "10s",
    "httpRouteMustNotHaveParents": "10s", "httpRouteMustHaveCondition": "10s", "tlsRouteMustHaveCondition": "10s",
    "tcpRouteMustHaveCondition": "10s", "udpRouteMustHaveCondition": "10s", "routeMustHaveParents": "10s",
    "manifestFetchTimeout": "10s", "maxTimeToConsistency": "10s", "namespacesMustBeReady": "60s", "requestTimeout": "5s",
    "latestObservedGenerationSet": "10s", "defaultTestTimeout": "20s", "defaultPollInterval": "50ms",
    "requiredConsecutiveSuccesses": 3,
}


class Suite:
    """The program with the flags that all runs have in common."""

    def __init__(self, environment, usable, unusable, quick=False):
        self.environment = environment
        self.program = environment.programs / "suite"
        options = {"usableNetworkAddresses": [{"type": "IPAddress", "value": usable}],
                   "unusableNetworkAddresses": [{"type": "IPAddress", "value": unusable}]}
        if quick:
            options["timeoutConfig"] = QUICK
        self.options = environment.work / "options.yaml"
        self.options.write_text(json.dumps(options))
        project, home = environment.class_name, environment.controller.partition("/")[0]
        self.words = [
            self.program, "-test.v=test2json", "-test.run=^TestConformance$", "-test.parallel=2", "-test.timeout=3h",
            f"-gateway-class={project}", f"-conformance-options-file={self.options}",
            f"-conformance-profiles={','.join(PROFILES)}", f"-organization={project}", f"-project={project}",
            f"-contact={project}", f"-url=https://{home}", f"-version={environment.program()}"]

    def known_features(self):
        done = subprocess.run([self.program, "-test.run=^TestFeatures$"], stdout=subprocess.PIPE, text=True, check=True)
        return re.findall(r"(?m)^feature (\S+)$", done.stdout)

    def run(self, log, report, flags, tell):
        """tell(Result) for each test as it ends; the Run."""
        run = Run(log.with_suffix(".json"))
        run.json.unlink(missing_ok=True)
        words = [*self.words, f"-report-output={report}", f"-json-output={run.json}", *flags]
        environment = dict(os.environ, KUBECONFIG=str(self.environment.kubeconfig))
        with subprocess.Popen([str(word) for word in words], env=environment, cwd=self.environment.work,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace") as process, \
                log.open("w") as copy:
            for line in process.stdout:
                copy.write(line)
                copy.flush()
                result = run.read(line.rstrip("\n"))
                if result:
                    tell(result)
        run.code = process.returncode
        return run


class Result:
    def __init__(self, name, outcome, seconds, lines):
        self.name, self.outcome, self.seconds, self.lines = name, outcome, seconds, lines


class Run:
    def __init__(self, report):
        self.json = report
        self.results, self.code = {}, None
        self.said, self.speaker = {}, None

    def read(self, line):
        """The Result that a line of the output brings, if it does."""
        line = line.lstrip(MARKER)
        speaker = SPEAKER.match(line)
        found = RESULT.match(line)
        if speaker:
            self.speaker = speaker[1]
        elif found:
            name = found[2]
            self.results[name] = Result(name, found[1], float(found[3]), list(self.said.pop(name, {}).values()))
            return self.results[name]
        else:
            self.keep(line)
        return None

    def keep(self, line):
        """Of what a poll says again and again, which begins alike, the last time."""
        said, key = self.said.setdefault(self.speaker, {}), TIME.sub("", line)[:KEY_LENGTH]
        said.pop(key, None)
        said[key] = line[:LINE_LENGTH]
        while len(said) > KEPT_LINES:
            del said[next(iter(said))]

    def named(self, outcome):
        return [name for name, result in self.results.items() if result.outcome == outcome]

    def profiles(self):
        """Those of the report, in the order of PROFILES; the suite's is another each time."""
        found = json.loads(self.json.read_text()).get("profiles", []) if self.json.exists() else []
        return sorted(found, key=lambda profile: PROFILES.index(profile["name"]))

    def last_words(self):
        return list(self.said.get(self.speaker, {}).values())


def table(profiles, forgiven):
    """The report as a table; `forgiven` are tests that passed when they were run again alone."""
    rows = [["profile", "core", "passed", "failed", "skipped", "extended", "passed", "failed", "skipped", "features", "missing"]]
    for profile in profiles:
        row = [profile["name"]]
        for part in ("core", "extended"):
            found = profile.get(part, {})
            numbers = found.get("statistics", {"Passed": 0, "Failed": 0, "Skipped": 0})
            again = len(set(found.get("failedTests", [])) & set(forgiven))
            row += ["", numbers["Passed"] + again, numbers["Failed"] - again, numbers["Skipped"]]
        extended = profile.get("extended", {})
        row += [len(extended.get("supportedFeatures", [])), len(extended.get("unsupportedFeatures", []))]
        rows.append([str(cell) for cell in row])
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join([row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:]))])
             for row in rows]
    missing = {name for profile in profiles for name in profile.get("extended", {}).get("unsupportedFeatures", [])}
    if missing:
        lines.append(f"without: {', '.join(sorted(missing))}")
    return lines
