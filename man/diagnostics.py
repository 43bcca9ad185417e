#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes gatefile-diagnostics(7) out of the table of codes, the cures and the examples: diagnostics.py OUTPUT (called by the build)."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
HEAD = r""".\" Made by man/diagnostics.py.
.Dd November 29, 2026
.Dt GATEFILE-DIAGNOSTICS 7
.Os
.Sh NAME
.Nm gatefile-diagnostics
.Nd what gatefile says of manifests and Traefik configuration
.Sh DESCRIPTION
Every message of
.Xr gatefile 1
has a code in brackets, which stays the same from release to release.
.Ql gatefile explain CODE
prints what stands here.
.Pp
An
.Em error
is not served as written, or not at all; a
.Em warning
is served and likely a mistake; a
.Em note
is good to know.
The examples are what gatefile's own tests print.
.Sh CODES
"""
TAIL = """.Sh SEE ALSO
.Xr gatefile 1 ,
.Xr gatefile-traefik 7
"""


def unescape(text):
    return re.sub(r"\\(.)", r"\1", text)


def plain(text):
    """As text of mdoc: no macro at a line's start, no escape."""
    text = text.replace("\\", "\\e")
    return "\n".join(("\\&" + line if line.startswith((".", "'")) else line) for line in text.split("\n"))


def sentences(text):
    """A line each, as mdoc wants it."""
    return plain(re.sub(r"(?<=[a-z0-9)`][.:;]) (?=[A-Z])", "\n", text))


def main():
    table = (ROOT / "include/gatefile/diag/code_table.hpp").read_text()
    cures = {name: unescape("".join(re.findall(r'"((?:[^"\\]|\\.)*)"', body)))
             for name, body in re.findall(r'GATEFILE_CURE\((\w+),\n((?:\s+"(?:[^"\\]|\\.)*"\n?)+)\)', (ROOT / "src/diag/cures.inc").read_text())}
    examples = dict(re.findall(r'GATEFILE_EXAMPLE\((\w+), R"\((.*?)\)"\)', (ROOT / "src/diag/examples.inc").read_text(), re.S))
    rows = re.findall(r'^GATEFILE_CODE\((\w+),\s*"([^"]+)",\s*(\w+),\s*\w+,\s*(\w+),\s*"([^"]*)",\s*"((?:[^"\\]|\\.)*)"\)', table, re.M)
    out = [HEAD]
    for enumerator, name, severity, condition, reason, meaning in sorted(rows, key=lambda row: row[1]):
        out.append(f".Ss {name}\n.Em {severity.lower()} :\n{plain(unescape(meaning))}.\n")
        if condition != "None":
            out.append(f".Pp\nCondition {condition}, reason {reason}.\n")
        out.append(f".Pp\n{sentences(cures[enumerator])}\n")
        if enumerator in examples:
            out.append(f".Bd -literal -offset indent\n{plain(examples[enumerator])}\n.Ed\n")
    out.append(TAIL)
    pathlib.Path(sys.argv[1]).write_text("".join(out))


if __name__ == "__main__":
    main()
