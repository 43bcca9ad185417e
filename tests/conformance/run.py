#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The official Gateway API conformance suite against gatefile: run.sh beside this file builds what it needs.

Prints `ok - TEST` or `not ok - TEST` for each test that ran, and a table. A test that fails is run once more
alone, and then only counts if it fails again.
"""

import argparse
import os
import shutil
import signal
import sys
import time
from pathlib import Path

sys.dont_write_bytecode = True  # nothing next to the sources
HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(HERE), str(ROOT / "tests" / "cluster")]

from cluster import in_namespace  # noqa: E402
from environment import UNUSABLE, USABLE, Environment  # noqa: E402
from suite import Suite, table  # noqa: E402

# Everything ends with the program, however it ends.
NAMESPACE = ("--mount", "--pid", "--fork", "--kill-child", "--mount-proc")
OUTPUT = ROOT / "build" / "conformance"


def say(text):
    print(f"# {time.strftime('%T')} {text}", flush=True)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], allow_abbrev=False)
    parser.add_argument("--format", choices=("plugin", "file"), default="plugin")
    parser.add_argument("--native", action="store_true", help="Traefik's own provider instead of gatefile")
    parser.add_argument("--features", metavar="claimed|all|A,B", help="(default: claimed; all with --native)")
    parser.add_argument("--quick", action="store_true", help="short timeouts")
    parser.add_argument("--keep", action="store_true", help="then each line of standard input is one more run")
    options, options.flags = parser.parse_known_args()
    options.form = "native" if options.native else options.format
    options.features = options.features or ("all" if options.native else "claimed")
    return options


class Conformance:
    def __init__(self, work, options):
        self.options = options
        self.suffix = "" if options.form == "plugin" else f"-{options.form}"
        self.logs = OUTPUT / f"logs{self.suffix}"
        shutil.rmtree(self.logs, ignore_errors=True)
        self.logs.mkdir(parents=True)
        self.environment = Environment(work, self.logs, options.form, say)

    def start(self):
        self.environment.start()
        self.suite = Suite(self.environment, USABLE, UNUSABLE, self.options.quick)
        chosen = self.options.features
        names = self.suite.known_features() if chosen == "all" else chosen.split(",")
        self.features = [] if chosen == "claimed" else [f"-supported-features={','.join(names)}"]

    def report(self, flags):
        """Where the report goes: one of a part of the suite is none to keep."""
        if any("run-test" in flag or "test.run" in flag for flag in flags):
            return self.logs / "report.yaml"
        return OUTPUT / f"report{self.suffix}.yaml"

    def run(self, flags):
        """All of it with these flags of the suite; whether nothing failed."""
        report = self.report(flags)
        say("the suite")
        began = time.monotonic()
        run = self.suite.run(self.logs / "suite.log", report, [*self.features, *flags], self.tell)
        say(f"the suite took {time.monotonic() - began:.0f} s")
        failed = run.named("FAIL")
        forgiven = [name for name in failed if self.again(name)]
        for line in table(run.profiles(), forgiven):
            print(line)
        if forgiven:
            print(f"failed, then passed alone: {', '.join(forgiven)}")
        if report.parent == OUTPUT:
            passed = sorted({*run.named("PASS"), *forgiven})
            (OUTPUT / f"passed{self.suffix}.txt").write_text("".join(f"{name}\n" for name in passed))
        complaints = self.environment.traefik.errors()
        if complaints:
            print(f"# Traefik logged {len(complaints)} errors, such as {complaints[-1]}")
        if run.code != 0 and not failed:
            print("not ok - the suite")
            self.show(run.last_words())
        print(f"{len(run.named('PASS')) + len(forgiven)} passed, {len(failed) - len(forgiven)} failed; {report}", flush=True)
        return bool(run.named("PASS") or forgiven) and len(forgiven) == len(failed) and (run.code == 0 or bool(failed))

    @staticmethod
    def tell(result):
        if result.outcome == "PASS":
            print(f"ok - {result.name} ({result.seconds:.1f} s)", flush=True)
        elif result.outcome == "FAIL":
            print(f"# {result.name} failed after {result.seconds:.1f} s; it is run again, alone, at the end", flush=True)

    def again(self, name):
        """Whether a test passes alone."""
        report = self.logs / f"again-{name}.yaml"
        run = self.suite.run(self.logs / f"again-{name}.log", report, [f"-run-test={name}"], lambda result: None)
        found = run.results.get(name)
        if found and found.outcome == "PASS":
            print(f"ok - {name} (failed, then passed alone in {found.seconds:.1f} s)", flush=True)
            return True
        print(f"not ok - {name} (twice)")
        self.show(found.lines if found else run.last_words())
        return False

    @staticmethod
    def show(lines):
        for line in lines:
            print(f"#   {line}")
        sys.stdout.flush()

    def serve(self):
        """Runs the suite with the flags that each line of standard input holds, the agent started anew."""
        print(f"# kept: nsenter --net --target {os.environ['GATEFILE_CLUSTER_MOUNTS']} env KUBECONFIG={self.environment.kubeconfig} sh\n"
              f"# Traefik's API is at {self.environment.traefik.api_url}. A line of flags of the suite is one more run.", flush=True)
        for line in sys.stdin:
            self.environment.restart_agent()
            self.run(line.split())


def main(work):
    conformance = Conformance(work, arguments())
    conformance.start()
    passed = conformance.run(conformance.options.flags)
    if conformance.options.keep:
        conformance.serve()
    return 0 if passed else 1


if __name__ == "__main__":
    arguments()  # what is wrong with them is said before anything starts
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        sys.exit(in_namespace(main, NAMESPACE))
    except KeyboardInterrupt:
        sys.exit(130)
