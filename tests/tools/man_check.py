#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The man page names every option that --help names and no other; mandoc, where present, has no complaint."""

import os
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
binary = os.environ.get("GATEFILE", str(ROOT / "build/dev/src/cli/gatefile"))


def helped():
    found = set()
    for command in ("convert", "agent", "check", "graph", "static", "rbac"):
        text = subprocess.run([binary, command, "--help"], capture_output=True, text=True, check=True).stdout
        found |= set(re.findall(r"--([a-z][a-z-]+)", text))
    return found - {"help"}


def main():
    page = (ROOT / "man/gatefile.1").read_text()
    named = set(re.findall(r"Fl -([a-z][a-z-]+)", page))
    problems = [f"gatefile(1) lacks --{name}" for name in sorted(helped() - named)]
    problems += [f"gatefile(1) has --{name}, which no command has" for name in sorted(named - helped())]
    if shutil.which("mandoc"):
        for file in sorted((ROOT / "man").glob("*.[17]")):
            lint = subprocess.run(["mandoc", "-Tlint", "-Wwarning", str(file)], capture_output=True, text=True)
            problems += lint.stdout.splitlines()
    print("\n".join(problems) or "ok - man pages")
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()
