#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The quick start leaves everything running: what it prints to try works, and Ctrl-C ends all of it.

BUILD names the build folder, as for samples/quickstart/run.sh.
"""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.dont_write_bytecode = True  # nothing next to the sources
from sandbox import ROOT, Failure, Report  # noqa: E402

START, END = 300, 20
READY = "Everything is running; Ctrl-C stops it."
# In front of each command that the quick start prints: what its output has.
WANTED = {
    "curl --connect-to .*https://": "svc-demoapigateway-lan answers",
    "curl --connect-to .* -i http://": "HTTP/1.1 30",
    ".*/gatefile check ": "certificate-not-covering",
}


def of_group(group):
    done = subprocess.run(["pgrep", "-g", str(group)], capture_output=True, text=True, check=False)
    return done.stdout.split()


class QuickStart:
    def __init__(self, log):
        self.log = log
        # A group of its own, as a terminal would give it: Ctrl-C is for all of it.
        self.process = subprocess.Popen([ROOT / "samples/quickstart/run.sh"], stdout=log.open("w"), stderr=subprocess.STDOUT, cwd=ROOT,
                                        start_new_session=True)

    def text(self):
        return self.log.read_text()

    def until_ready(self):
        end = time.monotonic() + START
        while READY not in self.text() or "Traefik's log in" not in self.text():
            if self.process.poll() is not None or time.monotonic() > end:
                raise Failure(f"not ready:\n{self.text()[-3000:]}")
            time.sleep(0.1)

    def commands(self):
        """The lines to try, each as a whole."""
        shown = self.text().partition(READY)[2].replace("\\\n", " ")
        return re.findall(r"(?m)^  ((?:curl|\S+/gatefile) .*)$", shown)

    def what_it_prints_works(self):
        """what it prints to try works"""
        self.until_ready()
        commands = self.commands()
        for pattern, wanted in WANTED.items():
            command = next((one for one in commands if re.match(pattern, one)), None)
            if command is None:
                raise Failure(f"no command like {pattern} in {commands}")
            done = subprocess.run(["sh", "-c", command], cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)
            if wanted not in done.stdout + done.stderr:
                raise Failure(f"{command}\n{done.stdout}{done.stderr}\nlacks {wanted}")

    def an_interrupt_ends_all(self):
        """Ctrl-C ends all of it"""
        running = of_group(self.process.pid)
        if len(running) < 5:
            raise Failure(f"a shell, two backends, Traefik and gatefile are wanted, not {len(running)} processes")
        os.killpg(self.process.pid, signal.SIGINT)
        code = self.process.wait(END)
        end = time.monotonic() + END
        while left := of_group(self.process.pid):
            if time.monotonic() > end:
                raise Failure(f"{left} are left")
            time.sleep(0.1)
        if code != 130:
            raise Failure(f"exit code {code}, not 130")

    def close(self):
        if of_group(self.process.pid):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(END)


def main():
    report = Report()
    with tempfile.TemporaryDirectory() as scratch:
        quick_start = QuickStart(Path(scratch) / "log")
        try:
            report.play([quick_start.what_it_prints_works, quick_start.an_interrupt_ends_all])
        finally:
            quick_start.close()
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
