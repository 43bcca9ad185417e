#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Golden cases: tests/testdata/<area>/<case>/, compared byte for byte. See tests/README.md.

    golden.py [--update | --unshuffled] [GLOB]      GATEFILE=path of the binary (default build/dev/src/cli/gatefile)

Prints TAP. --update rewrites what differs and exits with 77, so that it never counts as a pass.
"""

import argparse
import difflib
import fnmatch
import os
import pathlib
import random
import re
import shlex
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

ROOT = pathlib.Path(__file__).resolve().parents[2]
CASES = ROOT / "tests" / "testdata"
SAMPLES = ROOT / "samples"
NOW = "2026-11-23T12:00:00Z"
INPUTS = {"in.yaml", "in.json", "args", "static.yaml", "static.toml", "backends.txt", "requests.txt", "README.md"}
OUTPUTS = {"out.yaml", "out.json", "status.yaml", "diagnostics.txt", "status.plugin.yaml",
           "diagnostics.plugin.txt"}
EMITS = {"graph.yaml": "graph", "ir.yaml": "ir", "dynamic.yaml": "dynamic"}


def find_cases(pattern):
    for path in sorted(CASES.glob("*/*")):
        name = f"{path.parent.name}/{path.name}"
        if path.is_dir() and not name.startswith("_") and fnmatch.fnmatch(name, pattern):
            yield name, path


def case_arguments(path):
    words = shlex.split((path / "args").read_text(), comments=True) if (path / "args").exists() else []
    arguments = []
    for name in ("in.yaml", "in.json"):
        if (path / name).exists():
            arguments += ["-f", name]
    if not any(word.startswith(("--traefik-", "--entrypoint")) for word in words):
        own = [name for name in ("static.yaml", "static.toml") if (path / name).exists()]
        arguments += ["--traefik-config", own[0] if own else "../../_base/static.yaml"]
    return arguments + words + ["--now", NOW]


def convert(binary, path, arguments, scratch):
    """Runs the binary in the case's folder; (exit code, files by kind)."""
    status, report = scratch / "status.yaml", scratch / "diagnostics.txt"
    for left in (status, report):
        left.unlink(missing_ok=True)
    command = [binary, "convert", *arguments, "--keys", "inline", "-o", "-",
               "--status", str(status), "--report", f"brief={report}"]
    done = subprocess.run(command, cwd=path, stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
    if done.returncode not in (0, 1):
        raise RuntimeError(f"exit {done.returncode}: {done.stderr.decode(errors='replace')}")
    text = lambda file: file.read_bytes() if file.exists() else b""
    # What a format supports is tested where it is made; here it would be the same in every case.
    told = re.sub(rb"(?m)^    supportedFeatures:\n(?:      +- name: .*\n)+", b"", text(status))
    return {"out": done.stdout, "status": told, "diagnostics": text(report)}


def expected_files(binary, path, scratch):
    arguments = case_arguments(path)
    file = convert(binary, path, arguments + ["--to", "file"], scratch)
    plugin = convert(binary, path, arguments + ["--to", "plugin"], scratch)
    files = {"out.yaml": file["out"], "out.json": plugin["out"], "status.yaml": file["status"],
             "diagnostics.txt": file["diagnostics"]}
    for kind, name in (("status", "status.plugin.yaml"), ("diagnostics", "diagnostics.plugin.txt")):
        if plugin[kind] != file[kind]:
            files[name] = plugin[kind]
    for name, stage in EMITS.items():
        if (path / name).exists():
            done = subprocess.run([binary, "convert", *arguments, "--emit", stage],
                                  cwd=path, capture_output=True, timeout=60)
            files[name] = done.stdout
    return files


def difference(name, have, want):
    lines = lambda data: data.decode(errors="replace").splitlines()
    diff = list(difflib.unified_diff(lines(have), lines(want), f"expected/{name}", f"now/{name}",
                                     lineterm=""))
    return diff[:60] + (["..."] if len(diff) > 60 else [])


def compare(binary, path, scratch, update):
    """The differences of one case, as lines to print."""
    wanted = expected_files(binary, path, scratch)
    problems = []
    for name in sorted({entry.name for entry in path.iterdir()} - INPUTS - OUTPUTS - set(EMITS)):
        if not name.endswith(".pem"):  # what clients show, for requests.txt
            problems.append(f"unknown file {name}")
    for name in sorted(OUTPUTS | set(wanted)):
        place = path / name
        have = place.read_bytes() if place.exists() else None
        want = wanted.get(name)
        if have == want:
            continue
        if update:
            place.unlink() if want is None else place.write_bytes(want)
            problems.append(f"rewrote {name}")
        elif want is None:
            problems.append(f"{name} is no longer produced")
        else:
            problems += difference(name, have or b"", want)
    return problems


def shuffled(binary, path, scratch):
    """The same objects in another order give the same bytes and the same status."""
    source = path / "in.yaml"
    if not source.exists():
        return []
    documents = re.split(r"(?m)^---[ \t]*(?:#.*)?$\n?", source.read_text(errors="surrogateescape"))
    if len(documents) < 3 or "duplicate-object" in (path / "diagnostics.txt").read_text(errors="replace"):
        return []
    random.Random(7).shuffle(documents)
    other = scratch / "shuffled.yaml"
    other.write_text("\n---\n".join(documents), errors="surrogateescape")
    arguments = [str(other) if word == "in.yaml" else word for word in case_arguments(path)]
    problems = []
    for form, name in (("file", "out.yaml"), ("plugin", "out.json")):
        result = convert(binary, path, arguments + ["--to", form], scratch)
        if result["out"] != (path / name).read_bytes():
            problems.append(f"shuffled documents change {name}")
            problems += difference(name, (path / name).read_bytes(), result["out"])
    return problems


def published_twice(binary, path, scratch):
    """A second publication of the same input writes nothing."""
    with tempfile.TemporaryDirectory(dir=scratch) as out:
        command = [binary, "convert", *case_arguments(path), "--to", "plugin", "--out", out]
        states = []
        for _ in range(2):
            subprocess.run(command, cwd=path, capture_output=True, timeout=60)
            file = pathlib.Path(out) / "gatefile.json"
            if not file.exists():
                return ["nothing was published"]
            states.append((file.stat().st_ino, file.stat().st_mtime_ns, file.read_bytes()))
            if file.stat().st_mode & 0o777 != 0o600:
                return [f"published with mode {file.stat().st_mode & 0o777:o}"]
        return [] if states[0] == states[1] else ["the second publication wrote again"]


def judge(binary, path, update, unshuffled):
    """(what is wrong, or with update what was rewritten; whether something was rewritten)"""
    with tempfile.TemporaryDirectory() as directory:
        scratch = pathlib.Path(directory)
        try:
            problems = compare(binary, path, scratch, update)
            changed = update and bool(problems)
            if not problems or update:
                problems = [] if unshuffled else shuffled(binary, path, scratch)
                problems += published_twice(binary, path, scratch)
            return problems, changed
        except (RuntimeError, subprocess.TimeoutExpired, OSError) as error:
            return str(error).splitlines(), False


def samples_without_case():
    """samples/README.md says that each is a test."""
    reached = set()
    for _, path in find_cases("samples/*"):
        words = case_arguments(path)
        for flag, word in zip(words, words[1:]):
            place = (path / word).resolve()
            if flag == "-f":
                reached |= set(place.rglob("*.yaml")) if place.is_dir() else {place}
    routed = re.compile(r"(?m)^kind: (Gateway|HTTPRoute)$")
    return [str(file.relative_to(ROOT)) for file in sorted(SAMPLES.rglob("*.yaml"))
            if file.resolve() not in reached and routed.search(file.read_text())]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--unshuffled", action="store_true", help="leave out what says nothing about memory")
    parser.add_argument("pattern", nargs="?", default="*")
    options = parser.parse_args()
    if options.update and os.environ.get("CI"):
        sys.exit("golden: --update is refused in CI")
    binary = os.environ.get("GATEFILE", str(ROOT / "build" / "dev" / "src" / "cli" / "gatefile"))
    binary = str(pathlib.Path(binary).resolve())
    cases = list(find_cases(options.pattern))
    print(f"1..{len(cases) + 1}")
    failed = rewritten = 0
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        judged = pool.map(lambda case: judge(binary, case[1], options.update, options.unshuffled), cases)
        for number, ((name, _), (problems, changed)) in enumerate(zip(cases, judged), 1):
            print(f"{'not ok' if problems else 'ok'} {number} - {name}")
            for line in problems:
                print(f"# {line}")
            failed += bool(problems)
            rewritten += changed
    alone = samples_without_case()
    print(f"{'not ok' if alone else 'ok'} {len(cases) + 1} - each sample has a case" + "".join(f"\n# {name} has none" for name in alone))
    failed += bool(alone)
    print(f"# {len(cases)} cases, {failed} failed, {rewritten} rewritten", flush=True)
    sys.exit(1 if failed else 77 if options.update else 0)


if __name__ == "__main__":
    main()
