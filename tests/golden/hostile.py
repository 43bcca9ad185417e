#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Hostile values in every string of golden inputs: what comes out is the value as it is, or nothing of it.

    hostile.py [--long | --sample N] [--only CASE] [--seed N]      GATEFILE=path of the binary (default build/dev/src/cli/gatefile)

Each hostile value takes the place of one string at a time, or is put behind it, so that it also comes past a pattern that
wants `/` or a name first; keys that users choose are strings, too. `convert` must end as it does for any input, and its
output parse, hold nothing that Go's templates act on (format file), and have each trace of the value whole: in a rule,
inside one argument of one matcher. Without --long a fixed seed chooses a few for each string, with
--sample N no more than N of each input. Prints TAP.
"""

import argparse
import copy
import json
import os
import random
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import unquote

import yaml

sys.dont_write_bytecode = True  # nothing next to the sources
from golden import CASES, ROOT, case_arguments  # noqa: E402

INPUTS = (
    "backend-tls/options", "client-certificates/by-default-and-per-port", "extension/every-type", "external-auth/asks",
    "filters/all-together", "filters/backend-url-rewrite", "gateway/infrastructure-labels", "grpc/filters", "grpc/methods",
    "hostile/query-matches", "http/matches-are-alternatives", "http/regular-expressions-are-searched", "listener-set/allowed",
    "mirror/everything", "redirect/paths", "session/permanent-cookie", "tcp/shares", "tls-route/beside-https", "traefik-service/kinds",
)
OPEN, CLOSE = "zq7", "7qz"  # around each value, so that every trace of it is found
RAW_NUL = "\uf8ff"  # stands for the byte, which JSON cannot have
VALUES = {
    "template": '{{ env "HOME" }}',
    "template's own quotes": '{{"{{"}}`}}',
    "backquotes": "`a``b",
    "quotes": "\"a'b\\\"c\\",
    "newline": "a\nb: c\r\nd",
    "yaml": "a: #b - [*c, &d, !e, |, >]",
    "percent": "%2e%2F%zz%",
    "nul": "a\0b",
    "raw nul": f"a{RAW_NUL}b",
    "no utf-8": "a\udcff\udc80b",
    "rule": ") || PathPrefix(`/injected`)",
    "rule's other quotes": '") || PathPrefix("/injected") || Path("',
    "dollars": "$1${2}$$",
    "unicode": "\u00e4\u2028\ufeff\U0001f600",
    "megabyte": "x" * 1_000_000,
}
FREE = {"labels", "annotations", "data", "stringData", "options", "customRequestHeaders", "customResponseHeaders"}
MATCHERS = {"Host", "HostRegexp", "HostSNI", "HostSNIRegexp", "ALPN", "ClientIP", "Method", "Path", "PathPrefix", "PathRegexp",
            "Header", "HeaderRegexp", "Query", "QueryRegexp"}
TOKEN = re.compile(r"""\s*(?:(?P<raw>`[^`]*`)|(?P<quoted>"(?:[^"\\\n]|\\.)*")|(?P<name>[A-Za-z]+)|(?P<sign>&&|\|\||[!(),]))""")
CHOSEN = 1  # of the changes of each string, without --long
SEED = 20261130


def places(node, path=()):
    """The path of each string; a key that a user chooses ends in None."""
    if isinstance(node, str):
        yield path
    elif isinstance(node, list):
        for index, item in enumerate(node):
            yield from places(item, (*path, index))
    elif isinstance(node, dict):
        for key, item in node.items():
            if path and path[-1] in FREE:
                yield (*path, key, None)
            yield from places(item, (*path, key))


def changed(item, path, value, behind):
    """The object with the value at this place."""
    item = copy.deepcopy(item)
    *way, last = path[:-1] if path[-1] is None else path
    holder = item
    for step in way:
        holder = holder[step]
    if path[-1] is None:
        holder[last + value if behind else value] = holder.pop(last)
    else:
        holder[last] = holder[last] + value if behind else value
    return item


def as_bytes(items):
    text = "\n".join(json.dumps(item, ensure_ascii=False) for item in items)
    return text.encode(errors="surrogateescape").replace(RAW_NUL.encode(), b"\0")


def unquoted(token):
    """What Go makes of a string's text."""
    if token[0] == "`":
        return token[1:-1].replace("\r", "")
    simple = {"n": b"\n", "t": b"\t", "r": b"\r", "a": b"\a", "b": b"\b", "f": b"\f", "v": b"\v", "\\": b"\\", '"': b'"'}
    made = b""
    for plain, hexadecimal, unicode, other in re.findall(r"([^\\]+)|\\x([0-9a-f]{2})|\\u([0-9a-f]{4})|\\(.)", token[1:-1]):
        if plain or unicode:
            made += (plain or chr(int(unicode, 16))).encode(errors="surrogateescape")
        else:
            made += bytes([int(hexadecimal, 16)]) if hexadecimal else simple[other]
    return made.decode(errors="surrogateescape")


class Rule:
    """A rule of Traefik's, read as Traefik reads it; `arguments` are the strings of its matchers."""

    def __init__(self, text):
        self.tokens, self.arguments = [], []
        at = 0
        while at < len(text):
            found = TOKEN.match(text, at)
            if not found:
                raise ValueError(f"no rule from {text[at:at + 60]!r}")
            self.tokens.append((found.lastgroup, found[found.lastgroup]))
            at = found.end()
        self.alternatives()
        if self.tokens:
            raise ValueError(f"a rule goes on with {self.tokens[0][1][:60]!r}")

    def take(self, *wanted):
        kind, text = self.tokens.pop(0) if self.tokens else ("end", "")
        if kind not in wanted and text not in wanted:
            raise ValueError(f"a rule has {text[:60]!r} in place of {' or '.join(wanted)}")
        return kind, text

    def next_is(self, sign):
        return bool(self.tokens) and self.tokens[0] == ("sign", sign)

    def alternatives(self):
        while True:
            self.one()
            if not self.next_is("||") and not self.next_is("&&"):
                return
            self.take("sign")

    def one(self):
        while self.next_is("!"):
            self.take("!")
        if self.next_is("("):
            self.take("(")
            self.alternatives()
        else:
            _, name = self.take("name")
            if name not in MATCHERS:
                raise ValueError(f"no matcher: {name}")
            self.take("(")
            while not self.next_is(")"):
                self.arguments.append(unquoted(self.take("raw", "quoted")[1]))
                if not self.next_is(")"):
                    self.take(",")
        self.take(")")


def strings(node, key=None):
    """All strings of an output, keys too; of a rule its arguments."""
    if isinstance(node, str):
        yield from Rule(node).arguments if key == "rule" else (node,)
    elif isinstance(node, list):
        for item in node:
            yield from strings(item)
    elif isinstance(node, dict):
        for name, item in node.items():
            yield name
            yield from strings(item, name)


def readings(text):
    """What a string may mean: text, a replacement, a regular expression, a part of a URL, or several of these at once."""
    found = {text}
    for read in (lambda text: text.replace("$$", "$"), lambda text: re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL),
                 lambda text: unquote(text, errors="surrogateescape")):
        found |= {read(text) for text in found}
    return found


def is_whole(text, value):
    """Whether nothing of the value is there but all of it."""
    return any(OPEN not in rest and CLOSE not in rest for rest in (read.replace(value, "").lower() for read in readings(text)))


def judge(output, form, value):
    """What is wrong with an output."""
    if form == "file" and b"{{" in output:
        return f"a template: {output[output.index(b'{{'):][:60]!r}"
    text = output.decode()
    parsed = yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader)) if form == "file" else json.loads(text)
    for found in strings(parsed):
        if found == "/injected":
            return "a part of the value is a matcher's argument"
        if not is_whole(found, value):
            return f"not literal: {found[:200]!r}"
    return None


class Case:
    def __init__(self, name, binary):
        self.folder, self.binary = CASES / name, binary
        self.items = [item for item in yaml.safe_load_all((self.folder / "in.yaml").read_text()) if item]
        self.words = ["-" if word == "in.yaml" else word for word in case_arguments(self.folder)]

    def trials(self, seen):
        """For each string what may be done to it; objects that another case has are left out."""
        for number, item in enumerate(self.items):
            text = json.dumps(item)
            if text in seen:
                continue
            seen.add(text)
            for path in places(item):
                yield [(number, path, name, behind) for name in VALUES for behind in (False, True)]

    def run(self, trial):
        """What is wrong with what comes of one change, or None."""
        number, path, name, behind = trial
        value = OPEN + VALUES[name] + CLOSE
        items = list(self.items)
        items[number] = changed(items[number], path, value, behind)
        for form in ("file", "plugin"):
            done = subprocess.run([self.binary, "convert", *self.words, "--to", form, "--keys", "inline", "-o", "-"], cwd=self.folder,
                                  input=as_bytes(items), capture_output=True, timeout=60, check=False)
            try:
                if done.returncode not in (0, 1):
                    raise ValueError(f"exit code {done.returncode}: {done.stderr[-300:].decode(errors='replace')}")
                wrong = judge(done.stdout, form, value)
            except (ValueError, yaml.YAMLError) as error:
                wrong = " ".join(str(error).split())
            if wrong:
                where = f"{items[number]['kind']} {'.'.join(map(str, path))}"
                return f"{form}, {name} {'behind' if behind else 'as'} {where}: {wrong}"
        return None


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--long", action="store_true", help="each value in each place")
    parser.add_argument("--sample", type=int, metavar="N", help="no more than so many changes of each input")
    parser.add_argument("--only", choices=INPUTS, help="of these inputs one")
    parser.add_argument("--seed", type=int, default=SEED)
    options = parser.parse_args()
    binary = str(Path(os.environ.get("GATEFILE", ROOT / "build/dev/src/cli/gatefile")).resolve())
    chance = random.Random(options.seed)
    failed, seen = 0, set()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for name in [options.only] if options.only else INPUTS:
            case = Case(name, binary)
            trials = [trial for place in case.trials(seen) for trial in (place if options.long else chance.sample(place, CHOSEN))]
            if options.sample:
                trials = chance.sample(trials, min(options.sample, len(trials)))
            problems = [wrong for wrong in pool.map(case.run, trials) if wrong]
            print(f"{'not ok' if problems else 'ok'} - {name}: {len(trials)} changes", flush=True)
            for wrong in problems:
                print(f"# {wrong}", flush=True)
            failed += bool(problems)
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
