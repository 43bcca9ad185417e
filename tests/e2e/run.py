#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""End-to-end runner: loads what the cases publish into a stock Traefik and sends requests through it.

README.md beside this file has the format of requests.txt. Everything happens in a network
namespace of its own, where every address of 10.0.0.0/8 is local: one backend process
answers for all endpoints, and the address that was asked tells which one it stood in for.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from case_requests import Client, Request
from cases import FORMATS, find_cases
from sandbox import ADMIN, INSIDE, ROOT, Failure, Report, enter_namespace, prepare_network
from stock_traefik import Traefik


def run_case(case, name, traefik, client, report):
    title = f"{case.name} [{name}]"
    try:
        traefik.load(name, (case.path / FORMATS[name]).read_text())
        traefik.check(name)
    except Failure as failure:
        report.add(f"{title} loads", failure)
        return
    report.add(f"{title} loads")

    if not case.lines and not case.says_why_not:
        report.add(f"{title} is asked something", "requests.txt has no request, and no comment in its first line that says why not")
    for number, line in case.lines:
        try:
            request = Request(line, case)
            if request.only in (None, name):
                request.play(client, traefik)
                report.add(f"{title} {number}: {line}")
        except (Failure, ValueError, OSError) as failure:
            report.add(f"{title} {number}: {line}", failure)


def run(options, work):
    cases = find_cases(options.testdata, options.only)
    formats = [options.format] if options.format else list(FORMATS)
    prepare_network()
    backend = subprocess.Popen([os.environ["E2E_BACKEND"], "serve", "-admin", f"127.0.0.1:{ADMIN}"],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    backend.stdout.readline()
    client = Client()
    report = Report()
    try:
        for static in dict.fromkeys(case.static for case in cases):
            group = [case for case in cases if case.static == static]
            traefik = None
            try:
                traefik = Traefik(static, work)
                for name in formats:
                    for case in group:
                        if (case.path / FORMATS[name]).exists():
                            run_case(case, name, traefik, client, report)
                    content, _ = traefik.idle(name)
                    traefik.load(name, content)
            except Failure as failure:
                report.add("Traefik for " + ", ".join(case.name for case in group), failure)
            finally:
                if traefik:
                    traefik.stop()
    finally:
        client.stop()
        backend.stdin.close()
        backend.wait()

    print(f"1..{report.passed + report.failed}")
    print(f"{report.passed} passed, {report.failed} failed")
    return 1 if report.failed or not report.passed else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="*", metavar="GLOB", help="cases to run, such as http/* or path-prefix")
    parser.add_argument("--format", choices=FORMATS, help="one output format (default: both)")
    parser.add_argument("--testdata", type=Path, default=ROOT / "tests" / "testdata", metavar="DIR")
    parser.add_argument("--keep", action="store_true", help="keep the working directory, with Traefik's logs, and name it")
    options = parser.parse_args()
    options.testdata = options.testdata.resolve()

    if INSIDE in os.environ:
        return run(options, Path(os.environ[INSIDE]))

    work = Path(tempfile.mkdtemp(prefix="gatefile-e2e-"))
    try:
        return enter_namespace(work)
    finally:
        if options.keep:
            print(f"# {work}")
        else:
            shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
