#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Command-line cases: tests/cli/<case>/cmd, with the expected out, err and code beside it.

`cmd` is one line for sh, run in a scratch folder with $CASE, $TESTDATA, $TRAEFIK (a stock one, where
it is named) and `gatefile` on the PATH.
`out` and `err` are compared byte for byte where they exist; `code` is the exit code (0 without it).
"""

import functools
import os
import pathlib
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
NEGATED = re.compile(r"(?m)(^|[;&|({]|\bdo\b|\bthen\b)\s*! ")


@functools.cache
def traefik():
    return subprocess.run([ROOT / "tests/tools/traefik.sh"], check=True, capture_output=True, text=True).stdout.strip()


def run(case, binary):
    command = (case / "cmd").read_text()
    with tempfile.TemporaryDirectory() as scratch:
        bin_dir = pathlib.Path(scratch) / ".bin"
        bin_dir.mkdir()
        (bin_dir / "gatefile").symlink_to(binary)
        environment = {
            "PATH": f"{bin_dir}:{os.environ['PATH']}",
            "CASE": str(case),
            "TESTDATA": str(ROOT / "tests" / "testdata"),
            "LC_ALL": "C",
        }
        if "$TRAEFIK" in command:
            environment["TRAEFIK"] = traefik()
        done = subprocess.run(["sh", "-eu", str(case / "cmd")], cwd=scratch, env=environment,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
    problems = []
    if NEGATED.search(command):
        problems.append("`! COMMAND` never ends `sh -e`: write `if COMMAND; then exit 99; fi`")
    code = int((case / "code").read_text()) if (case / "code").exists() else 0
    if done.returncode != code:
        problems.append(f"exit code {done.returncode}, expected {code}")
        problems += done.stderr.decode(errors="replace").splitlines()[:20]
    for name, have in (("out", done.stdout), ("err", done.stderr)):
        if (case / name).exists() and (case / name).read_bytes() != have:
            problems.append(f"{name} differs; it is now:")
            problems += have.decode(errors="replace").splitlines()[:40]
    return problems


def judge(case, binary):
    try:
        return run(case, binary)
    except subprocess.TimeoutExpired as error:
        return [f"not within {error.timeout:.0f} s", *(error.stderr or b"").decode(errors="replace").splitlines()[:20]]


def main():
    binary = pathlib.Path(os.environ.get("GATEFILE", ROOT / "build/dev/src/cli/gatefile")).resolve()
    cases = sorted(path.parent for path in HERE.glob("*/cmd"))
    failed = 0
    pool = ThreadPoolExecutor(os.cpu_count())
    for case, problems in zip(cases, pool.map(lambda case: judge(case, binary), cases)):
        print(f"{'not ok' if problems else 'ok'} - {case.name}")
        for line in problems:
            print(f"# {line}")
        failed += bool(problems)
    print(f"{len(cases) - failed} passed, {failed} failed")
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
