#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What `gatefile completion` prints: the shells take it, and it completes every command and option that --help names."""

import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
binary = os.environ.get("GATEFILE", str(ROOT / "build/dev/src/cli/gatefile"))
BASH = """source /dev/stdin <<'END'
{script}
END
COMP_WORDS=({words})
COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
_gatefile
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


def run(*words, **more):
    return subprocess.run(words, capture_output=True, text=True, check=True, **more).stdout


def options(command):
    return set(re.findall(r"--([a-z][a-z-]+)", re.sub(r"(?m)^ {30,}.*$", "", run(binary, command, "--help"))))


def bash(script, *words):
    quoted = " ".join(f"'{word}'" for word in words)
    return set(run("bash", "-c", BASH.format(script=script, words=quoted)).split())


def fish(script, line):
    found = run("fish", "--no-config", "-c", f"source; complete -C '{line}'", input=script)
    return {entry.partition("\t")[0] for entry in found.splitlines()}


def main():
    problems = []

    def lacks(what, found, wanted):
        problems.extend(f"{what} lacks {name}" for name in sorted(wanted - found))

    scripts = {shell: run(binary, "completion", shell) for shell in ("bash", "zsh", "fish")}
    commands = set(re.findall(r"(?m)^  ([a-z][a-z-]+) ", run(binary, "--help").partition("ubcommands")[2]))
    lacks("bash", bash(scripts["bash"], "gatefile", ""), commands)
    lacks("fish", fish(scripts["fish"], "gatefile "), commands)
    for command in sorted(commands):
        wanted = {f"--{name}" for name in options(command)}
        lacks(f"bash: {command}", bash(scripts["bash"], "gatefile", command, "--"), wanted)
        lacks(f"fish: {command}", fish(scripts["fish"], f"gatefile {command} --"), wanted)
        part = re.search(rf"(?ms)^        {command}\)\n(.*?);;", scripts["zsh"])
        lacks(f"zsh: {command}", set(re.findall(r"'\*(--[a-z-]+)", part[1] if part else "")), wanted)
    lacks("bash: --to", bash(scripts["bash"], "gatefile", "convert", "--to", ""), {"file", "plugin"})
    lacks("fish: --to", fish(scripts["fish"], "gatefile convert --to "), {"file", "plugin"})
    run("zsh", "-n", "/dev/stdin", input=scripts["zsh"])
    print("\n".join(f"not ok - {problem}" for problem in problems) or f"ok - completion of {len(commands)} commands")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
