# SPDX-License-Identifier: Apache-2.0
"""Where end-to-end tests run: a network namespace of their own, in which every address of 10.0.0.0/8 is local, so that
one backend process answers for all endpoints; and how they say what held.
"""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
INSIDE = "GATEFILE_E2E_INSIDE"
SKIP = 77  # Meson's exit code for a test that cannot run here
ADMIN = 13999


class Failure(Exception):
    """Something a case expects did not happen; the text says what."""


def find_program(variable, name):
    path = os.environ.get(variable) or shutil.which(name)
    if not path:
        skip(f"no {name}: set {variable}")
    return path


def skip(reason):
    print(f"1..0 # SKIP {reason}")
    sys.exit(SKIP)


def enter_namespace(work):
    """Gets what needs the network, then starts this program again inside a new namespace."""
    environment = dict(os.environ, **{INSIDE: str(work)})
    if "TRAEFIK" not in environment:
        done = subprocess.run([ROOT / "tests" / "tools" / "traefik.sh"], stdout=subprocess.PIPE, text=True, check=False)
        if done.returncode != 0:
            skip("no Traefik: set TRAEFIK")
        environment["TRAEFIK"] = done.stdout.strip().splitlines()[-1]
    if "E2E_BACKEND" not in environment:
        backend = work / "backend"
        go = dict(environment, CGO_ENABLED="0", GOPROXY="off", GOTOOLCHAIN="local", GOFLAGS="-trimpath -buildvcs=false")
        subprocess.run([find_program("GO", "go"), "build", "-o", backend, "."], cwd=HERE / "backend", env=go, check=True)
        environment["E2E_BACKEND"] = str(backend)

    unshare = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--net"]
    if subprocess.run([*unshare, "true"], stderr=subprocess.DEVNULL, check=False).returncode != 0:
        skip("no network namespaces here")
    return subprocess.run([*unshare, sys.executable, *sys.argv], env=environment, check=False).returncode


def run_in_namespace(run):
    """Calls run(work) inside a new namespace, with a scratch folder that goes afterwards; the exit code."""
    if INSIDE in os.environ:
        return run(Path(os.environ[INSIDE]))
    work = Path(tempfile.mkdtemp(prefix="gatefile-e2e-"))
    try:
        return enter_namespace(work)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def prepare_network():
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    subprocess.run(["ip", "route", "add", "local", "10.0.0.0/8", "dev", "lo"], check=True)
    # Cases with IPv6 endpoints use fd00::/8; a kernel without IPv6 fails those cases only.
    subprocess.run(["ip", "-6", "route", "add", "local", "fd00::/8", "dev", "lo"], stderr=subprocess.DEVNULL, check=False)


class Report:
    def __init__(self):
        self.passed = self.failed = 0

    def add(self, name, problem=None):
        number = self.passed + self.failed + 1
        if problem is None:
            self.passed += 1
            print(f"ok {number} - {name}", flush=True)
            return
        self.failed += 1
        print(f"not ok {number} - {name}", flush=True)
        for line in str(problem).splitlines():
            print(f"#   {line}", flush=True)

    def play(self, tests, titled="{}"):
        """Runs each test, which its docstring names."""
        for test in tests:
            try:
                test()
                self.add(titled.format(test.__doc__))
            except Failure as failure:
                self.add(titled.format(test.__doc__), failure)

    def end(self):
        """Prints the last lines; the exit code."""
        print(f"1..{self.passed + self.failed}")
        print(f"{self.passed} passed, {self.failed} failed")
        return 1 if self.failed else 0


@contextlib.contextmanager
def running_backend():
    """The process that answers for all endpoints."""
    backend = subprocess.Popen([os.environ["E2E_BACKEND"], "serve", "-admin", f"127.0.0.1:{ADMIN}"],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    backend.stdout.readline()
    try:
        yield
    finally:
        backend.stdin.close()
        backend.wait()


def play_in_formats(setting, formats, work, report):
    """The tests of a setting(form, work), for each output format."""
    for form in formats:
        made = setting(form, work)
        try:
            report.play(made.tests(), f"{{}} [{form}]")
        finally:
            made.close()
