#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The agent against a real API server, with stock Traefik: tests/cluster/run.py [--long] [NAME...]

NAME is a glob over the names of the tests. README.md beside this file says what takes part. Prints
`ok NAME` or `not ok NAME: why` for each, and as the last line `N passed, N failed`.
"""

import argparse
import fnmatch
import os
import subprocess
import sys
import time
import traceback
from pathlib import Path

sys.dont_write_bytecode = True  # nothing next to the sources
sys.path.insert(0, str(Path(__file__).resolve().parent))

from actors import start_backend  # noqa: E402
from cluster import INSIDE, ROOT, ControlPlane, Failure, Process, in_namespace  # noqa: E402
from suite import TESTS, Lab  # noqa: E402
import api_faults  # noqa: E402,F401
import local_faults  # noqa: E402,F401
import serving  # noqa: E402,F401
import selecting  # noqa: E402,F401
import listing  # noqa: E402,F401
import kinds  # noqa: E402,F401
import connecting  # noqa: E402,F401
import mutants  # noqa: E402,F401
import operating  # noqa: E402,F401
import several  # noqa: E402,F401
import several_faults  # noqa: E402,F401
import snapshots  # noqa: E402,F401
import coexist  # noqa: E402,F401
import loading  # noqa: E402,F401
import solvers  # noqa: E402,F401
import coexist_tls  # noqa: E402,F401
import migrating  # noqa: E402,F401
import leaving  # noqa: E402,F401
import handing_over  # noqa: E402,F401
import sharing  # noqa: E402,F401
import rights  # noqa: E402,F401
import scenario  # noqa: E402,F401
import last  # noqa: E402,F401

KEPT = ("apiserver", "etcd")


def run_one(test, lab):
    """None, or why it failed."""
    before = [process for process in Process.running]
    try:
        test(lab)
        return None
    except Failure as failure:
        return str(failure)
    except Exception:  # pylint: disable=broad-except
        return traceback.format_exc()
    finally:
        for process in [one for one in Process.running if one not in before]:
            if process.log.stem not in KEPT:
                process.kill()


def main(work):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--long", action="store_true", help="ten times as many random kills")
    parser.add_argument("names", nargs="*", metavar="NAME")
    arguments = parser.parse_args()
    tests = [test for test in TESTS
             if not arguments.names or any(fnmatch.fnmatch(test.__name__, name) for name in arguments.names)]
    start_backend(work)
    plane = ControlPlane(work)
    began = time.monotonic()
    plane.start()
    print(f"# the API server took {time.monotonic() - began:.1f} s", flush=True)
    lab = Lab(plane, work, arguments.long)
    failed = 0
    for test in tests:
        began = time.monotonic()
        why = run_one(test, lab)
        if why is None:
            print(f"ok {test.__name__} ({time.monotonic() - began:.1f} s)", flush=True)
        else:
            failed += 1
            print(f"not ok {test.__name__}: {why}", flush=True)
    plane.close()
    print(f"{len(tests) - failed} passed, {failed} failed")
    return 1 if failed else 0


def fetch_kubectl():
    """With which the commands of the pages are tried; the namespace has no network."""
    if INSIDE not in os.environ:
        done = subprocess.run([ROOT / "tests/tools/kubectl.sh"], stdout=subprocess.PIPE, text=True, check=False)
        os.environ["KUBECTL"] = done.stdout.strip()


if __name__ == "__main__":
    fetch_kubectl()
    sys.exit(in_namespace(main))
