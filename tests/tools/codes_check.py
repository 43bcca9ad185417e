#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every diagnostic code is produced by some test: in a golden case's diagnostics.txt, in tests/traefik or a command line's output, or, for what no
manifest can bring about, by name in a unit test or in a test of the agent."""
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
TABLE = ROOT / "include/gatefile/diag/code_table.hpp"


def main():
    codes = re.findall(r'^GATEFILE_CODE\((\w+),\s*"([a-z0-9-]+)"', TABLE.read_text(), re.M)
    golden = "".join(path.read_text() for folder, name in (("testdata", "diagnostics.txt"), ("traefik", "expected.txt"), ("cli", "out"))
                     for path in (ROOT / "tests" / folder).rglob(name))
    others = "".join(path.read_text() for folder, end in (("unit", "*.cpp"), ("cluster", "*.py"), ("e2e", "*.py"), ("cli", "*.py"))
                     for path in (ROOT / "tests" / folder).rglob(end))
    seen = set(re.findall(r"\[([a-z0-9-]+)\]: ", golden))
    seen |= set(re.findall(r" code=([a-z0-9-]+) ", golden))
    seen |= set(re.findall(r"\"(?:ruleId|check_name)\": ?\"([a-z0-9-]+)\"", golden))
    missing = [name for enumerator, name in codes
               if name not in seen and f"Code::{enumerator}" not in others and f'"{name}"' not in others]
    unseen = [name for enumerator, name in codes if name not in seen and name not in missing]
    if unseen:
        print(f"# no expected output shows {', '.join(unseen)}: named in a unit test, or in one of the agent or the cluster")
    for name in missing:
        print(f"not ok - no test produces the diagnostic {name}")
    if not missing:
        print(f"ok - each of {len(codes)} diagnostic codes is produced by a test")
    return 1 if missing else 0


sys.exit(main())
