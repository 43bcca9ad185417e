#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""gatefile(1) against the table that options, --help and completion are made from: for each command its options with letter, value
and default; no option that no command has, nor one for a command that lacks it. mandoc, where present, has no complaint."""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
binary = os.environ.get("GATEFILE", str(ROOT / "build/dev/src/cli/gatefile"))


def commands():
    text = subprocess.run([binary, "--help"], capture_output=True, text=True, check=True).stdout
    return re.findall(r"(?m)^  ([a-z][a-z-]+) ", text.partition("ubcommands")[2])


OPTION = re.compile(r"(?m)^  (?:-(\w),)?--([a-z][a-z-]*)(?: ([^ (\n][^ \n]*))?")
# Sections that are about one command; what stands in others is for all that have the option.
SECTIONS = {"EXPLAIN": ["explain"], "TEST": ["test"], "DIFF": ["diff"], "cleanup": ["cleanup"], "eject": ["eject"]}


def helped(command):
    """Letter, name and value with its default of each option."""
    text = subprocess.run([binary, command, "--help"], capture_output=True, text=True, check=True).stdout
    for letter, name, value in OPTION.findall(text):
        if name not in ("help", "config"):
            yield letter, name, "" if value in ("...", "REQUIRED", "Excludes:") else value


class Item:
    """An .It of options, with the commands that it is for (none: all that have it) and what it says."""

    def __init__(self, line, section):
        self.letter, self.name = (re.search(rf"Fl {wanted}", line) for wanted in (r"(\w)\b", r"-([a-z][a-z-]+)"))
        self.letter = self.letter[1] if self.letter else ""
        self.name = self.name[1] if self.name else ""
        self.value = line.partition(" Ar ")[2]
        self.commands = SECTIONS.get(section, [])
        self.text = ""

    def fits(self, command, letter, value):
        if (self.commands and command not in self.commands) or letter != self.letter:
            return False
        default = value.removeprefix(self.value + "=") if value.startswith(self.value + "=") else ""
        if value != self.value and not default:
            return False
        return not default or default in self.text or "default" in self.text


def items(page):
    section, item = "", None
    for line in page.splitlines():
        if line.startswith((".Sh ", ".Ss ")):
            section, item = line[4:], None
        elif line.startswith(".It Fl "):
            item = Item(line, section)
            yield item
        elif item and line.startswith(".Pq Cm ") and not item.text:
            item.commands = line[7:].replace(",", " ").split()
        elif line.startswith((".It ", ".El")):
            item = None
        elif item:
            item.text += line + "\n"


def faults(page):
    found = list(items(page))
    table = {command: list(helped(command)) for command in commands()}
    for command, options in table.items():
        for letter, name, value in options:
            if not any(item.name == name and item.fits(command, letter, value) for item in found):
                yield f"gatefile(1) lacks {command} {'-' + letter + ', ' if letter else ''}--{name} {value}"
    for item in found:
        for command in item.commands:
            if all(name != item.name for _, name, _ in table.get(command, [])):
                yield f"gatefile(1) has --{item.name} for {command}, which lacks it"
    known = {name for options in table.values() for _, name, _ in options} | {"help", "config"}
    for name in sorted(set(re.findall(r"Fl -([a-z][a-z-]+)", page)) - known):
        yield f"gatefile(1) speaks of --{name}, which no command has"


def main():
    page = (ROOT / "man/gatefile.1").read_text()
    problems = list(faults(page))
    if shutil.which("mandoc"):
        with tempfile.TemporaryDirectory() as folder:
            made = pathlib.Path(folder) / "gatefile-diagnostics.7"
            subprocess.run([sys.executable, ROOT / "man/diagnostics.py", made], check=True)
            for file in [*sorted((ROOT / "man").glob("*.[17]")), made]:
                lint = subprocess.run(["mandoc", "-Tlint", "-Wwarning", str(file)], capture_output=True, text=True)
                problems += lint.stdout.splitlines()
    print("\n".join(problems) or "ok - man pages")
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()
