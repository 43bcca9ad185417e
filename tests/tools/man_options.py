#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""man/gatefile-options.7 out of the table that options, --help and completion are made from.

    man_options.py             fails if the page is not what it would be made now
    man_options.py --update    makes it
"""

import argparse
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / "man" / "gatefile-options.7"
BINARY = os.environ.get("GATEFILE", str(ROOT / "build/dev/src/cli/gatefile"))
OPTION = re.compile(r"^  (?:-(?P<letter>\w),)?--(?P<name>[a-z][a-z-]*)(?P<rest>.*)$")
HEAD = r""".\" SPDX-License-Identifier: Apache-2.0
.\" Made by tests/tools/man_options.py.
.Dd November 29, 2026
.Dt GATEFILE-OPTIONS 7
.Os
.Sh NAME
.Nm gatefile-options
.Nd the options of each command of gatefile
.Sh DESCRIPTION
What each option is for, and how they work together, is told in
.Xr gatefile 1 ;
this is the list.
An option that is not given on the command line is taken from its environment variable, if it has one, and then from
the configuration file.
"""
TAIL = """.Sh SEE ALSO
.Xr gatefile 1 ,
.Xr gatefile-diagnostics 7
"""


def helped(*words):
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GATEFILE_")}
    return subprocess.run([BINARY, *words, "--help"], capture_output=True, text=True, check=True, env=environment).stdout


def escaped(text):
    """A line that starts with a control character is none for mdoc."""
    text = text.replace("\\", "\\e")
    return "\\&" + text if text.startswith((".", "'")) else text


def argument(words):
    value, _, default = words[0].partition("=") if words and not words[0].startswith(("(", "REQUIRED", "Excludes:", "...")) else ("", "", "")
    if value == "80":  # LISTENER-PORT=ENTRYPOINT-PORT by example
        value, default = words[0], ""
    elif default and default.isupper():  # NAME=ADDRESS, NS=KEY=VALUE
        value, default = words[0], ""
    elif "[=" in words[0] if words else False:
        value, default = words[0], ""
    return value, default


def options(command):
    lines = helped(command).splitlines()
    for number, line in enumerate(lines):
        found = OPTION.match(line)
        if not found or found["name"] == "help":
            continue
        text = lines[number + 1].strip() if number + 1 < len(lines) and lines[number + 1].startswith(" " * 20) else ""
        words = found["rest"].split("  ")[0].split()
        if not text:
            text = found["rest"].partition("  ")[2].strip()
        yield found["letter"], found["name"], words, text, re.search(r"\(Env:(\w+)\)", found["rest"])


def item(letter, name, words, text, variable):
    value, default = argument(words)
    out = ".It " + (f"Fl {letter} , " if letter else "") + f"Fl -{name}" + (f" Ar {value}" if value else "")
    out += "\n" + escaped(text.removesuffix(".")) + "."
    if default:
        out += f"\nBy default\n.Ql {default} ."
    if "..." in words:
        out += "\nMay be repeated."
    if "REQUIRED" in words:
        out += "\nHas to be given."
    if variable:
        out += f"\n.Ev {variable[1]}"
    return out + "\n"


def page():
    out = HEAD
    for command in re.findall(r"(?m)^  ([a-z][a-z-]+) ", helped().partition("ubcommands")[2]):
        text = helped(command)
        out += f".Ss gatefile {command}\n{escaped(text.splitlines()[0].removesuffix('.'))}.\n"
        items = "".join(item(*option) for option in options(command))
        if items:
            out += f".Bl -tag -width Ds\n{items}.El\n"
    return out + TAIL


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--update", action="store_true")
    if parser.parse_args().update:
        PAGE.write_text(page())
    if not PAGE.exists() or PAGE.read_text() != page():
        print("not ok - man/gatefile-options.7 is not what the options are now: tests/tools/man_options.py --update")
        sys.exit(1)
    print("ok - gatefile-options(7)")


if __name__ == "__main__":
    main()
