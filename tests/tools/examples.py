#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The examples of gatefile-diagnostics(7) are what the tests saw: for each code the shortest golden case's lines and message,
else what a command line printed. examples.py compares src/diag/examples.inc with that; examples.py --update writes it."""

import pathlib
import re
import sys
import textwrap

ROOT = pathlib.Path(__file__).resolve().parents[2]
TABLE = ROOT / "include/gatefile/diag/code_table.hpp"
EXAMPLES = ROOT / "src/diag/examples.inc"
HEAD = """// SPDX-License-Identifier: Apache-2.0
//
// Made by tests/tools/examples.py --update from what the tests saw: a manifest's lines and the message
// about them. No include guard: page.cpp includes this with GATEFILE_EXAMPLE defined.
// clang-format off

"""
WIDEST = 150
# What no case can print: it takes a file that may not be read, an agent, or definitions of a cluster's own.
BY_HAND = {
    "kind-not-served": "mesh.yaml:1:1: warning[kind-not-served]: XMesh mesh: XMesh is not translated by this version of gatefile, so "
                       "Traefik will not serve what it says",
    "rule-not-evaluated": "route.yaml:5:1: warning[rule-not-evaluated]: HTTPRoute shop/web spec: rule "
                          "\"ip.isCanonical(self.address) == true\" was not evaluated: there is no function ip.isCanonical",
    "kept-last-good": "routes/shop.yaml:7:3: warning[kept-last-good]: HTTPRoute shop/web: the last good version stays in use, because "
                      "this one was refused",
    "filters-incompatible": "shop.yaml:9:7: error[filters-incompatible]: HTTPRoute shop/web spec.rules[0]: RequestRedirect filter must "
                            "not be used together with backendRefs",
    "test-failed": "tests.yaml:4:1: error[test-failed]: \"the cart is served by its newest version\": tests.yaml:8:5: backend: expected "
                   "\"shop/cart:8080\", found \"shop/cart-next:8080\"",
    "traefik-logged": "./dynamic: error[traefik-logged]: http.routers.web@file: the service \"shop@file\" does not exist",
}
BEFORE, AFTER = 2, 1
MESSAGE = re.compile(r"^(?:(\S+?)(?::(\d+):(\d+))?: )?(?:error|warning|note)\[([a-z0-9-]+)\]: .*")


def messages(path):
    """(code, source, line, text with its hint) of each message in a file."""
    lines = path.read_text(errors="replace").splitlines()
    for number, line in enumerate(lines):
        found = MESSAGE.match(line)
        if not found:
            continue
        text = [line]
        if number + 1 < len(lines) and lines[number + 1].lstrip().startswith("hint: "):
            text.append(lines[number + 1])
        yield found[4], found[1], int(found[2] or 0), text


def snippet(source, line):
    """The lines around a place, without the indentation that they share; None where they make no good example."""
    text = source.read_text(errors="replace").splitlines()
    first = max(0, line - 1 - BEFORE)
    while first < line - 1 and (text[first].startswith(("---", "#")) or not text[first].strip()):
        first += 1
    if any(part.startswith("---") for part in text[first:line]):
        first = line - 1
    last = min(len(text), line + AFTER)
    while last > line and (text[last - 1].startswith("---") or not text[last - 1].strip()):
        last -= 1
    lines = text[first:last]
    indent = min((len(part) - len(part.lstrip()) for part in lines if part.strip()), default=0)
    lines = [part[indent:].rstrip() for part in lines]
    bad = any(len(part) > WIDEST or "-----" in part or not part.isprintable() or re.search(r"[A-Za-z0-9+/]{60}", part)
              for part in lines)
    return None if bad else lines


def candidates():
    for path in sorted((ROOT / "tests/testdata").rglob("diagnostics.txt")):
        for code, source, line, text in messages(path):
            if source and source.startswith("../"):  # a sample, whose path says nothing to readers
                continue
            manifest = path.parent / (source or "")
            lines = snippet(manifest, line) if source and manifest.is_file() else None
            yield code, (0 if lines else 1), (lines + [""] if lines else []) + text
    for path in sorted((ROOT / "tests/traefik").glob("*/expected.txt")):
        for code, source, line, text in messages(path):
            file = path.parent / (source or "")
            lines = snippet(file, line) if source and file.is_file() else None
            yield code, (0 if lines else 1), (lines + [""] if lines else []) + text
    for name in ("out", "err"):
        for path in sorted((ROOT / "tests/cli").glob(f"*/{name}")):
            for code, _, _, text in messages(path):
                yield code, 2, text
                yield code, 3, [part for line in text for part in textwrap.wrap(line, WIDEST, subsequent_indent="    ")]


def examples():
    best = {}
    for code, rank, lines in candidates():
        text = "\n".join(lines)
        if not all(line.isprintable() for line in lines) or max(map(len, lines)) > 2 * WIDEST or ')"' in text:
            continue
        key = (rank, len(text), text)
        if code not in best or key < best[code]:
            best[code] = key
    for code, text in BY_HAND.items():
        best.setdefault(code, (4, len(text), text))
    rows = []
    for enumerator, name in re.findall(r'^GATEFILE_CODE\((\w+),\s*"([a-z0-9-]+)"', TABLE.read_text(), re.M):
        if name in best:
            rows.append(f'GATEFILE_EXAMPLE({enumerator}, R"({best[name][2]})")\n')
    return HEAD + "".join(rows) + "// clang-format on\n"


def without_example(text):
    return [name for enumerator, name in re.findall(r'^GATEFILE_CODE\((\w+),\s*"([a-z0-9-]+)"', TABLE.read_text(), re.M)
            if f"GATEFILE_EXAMPLE({enumerator}," not in text]


def main():
    wanted = examples()
    missing = without_example(wanted)
    if missing:
        print("not ok - no test shows an example of", ", ".join(missing))
    if sys.argv[1:] == ["--update"]:
        EXAMPLES.write_text(wanted)
        return bool(missing)
    if EXAMPLES.read_text() == wanted:
        print("ok - the examples are what the tests saw")
        return bool(missing)
    print("not ok - the examples are not what the tests saw: tests/tools/examples.py --update")
    return 1


if __name__ == "__main__":
    sys.exit(main())
