# SPDX-License-Identifier: Apache-2.0
"""gatefile check with a terminal as standard error, and its manifests slowly on standard input."""

import os
import pathlib
import pty
import subprocess
import sys
import time

manifests = (pathlib.Path(sys.argv[1]).parent / "route.inc").read_bytes()


def said(slowly=0.0, terminal="xterm"):
    master, slave = pty.openpty()
    process = subprocess.Popen(["gatefile", "check", "-f", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=slave, env={**os.environ, "TERM": terminal})
    os.close(slave)
    time.sleep(slowly)
    out, _ = process.communicate(manifests)
    shown = b""
    try:
        while part := os.read(master, 4096):
            shown += part
    except OSError:  # Linux's end of a pseudo-terminal
        pass
    os.close(master)
    return out.decode(), shown.decode()


print("quick:", said())
print("dumb:", said(1.2, "dumb"))
out, shown = said(1.2)
first, last = shown.split("\x1b[K")[0], shown.split("\r")[-1]
print("slow:", (out, first, last))
