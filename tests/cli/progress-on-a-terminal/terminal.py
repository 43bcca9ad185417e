# SPDX-License-Identifier: Apache-2.0
"""gatefile check with a terminal as standard error, and its manifests slowly on standard input."""

import os
import pathlib
import pty
import select
import subprocess
import sys

manifests = (pathlib.Path(sys.argv[1]).parent / "route.inc").read_bytes()


def said(slowly=0.0, terminal="xterm"):
    """`slowly`: seconds until the manifests come, sooner when something was said."""
    master, slave = pty.openpty()
    process = subprocess.Popen(["gatefile", "check", "-f", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=slave, env={**os.environ, "TERM": terminal})
    os.close(slave)
    select.select([master], [], [], slowly)
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
out, shown = said(20)
first, last = shown.split("\x1b[K")[0], shown.split("\r")[-1]
print("slow:", (out, first, last))
