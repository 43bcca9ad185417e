#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes schema.txt, the fields that Traefik's file provider decodes, from a checkout of Traefik: generate.py CHECKOUT > schema.txt

Each struct is a line with its name and a line for each field, indented: the Go name of the field (which is what Traefik compares, in
any case) and its type. Types: string, bool, int, float, duration; struct NAME; list TYPE; map TYPE; any. A `?` behind a struct says
that it may be empty or `true`, a `-` in front of a field that its value is read and dropped.
"""
import pathlib
import re
import sys

FOLDERS = ("pkg/config/dynamic", "pkg/tls", "pkg/types")
STRUCT = re.compile(r"^type (\w+) struct \{\n(.*?)^\}", re.M | re.S)
ALIAS = re.compile(r"^type (\w+) ((?:\[\]|map\[string\])?\w+)$", re.M)
FIELD = re.compile(r"^\t(\w+)\s+(\S+)\s*(`.*`)?\s*(?://.*)?$")
EMBEDDED = re.compile(r"^\t(?:\w+\.)?(\w+) `")
BASIC = {"string": "string", "bool": "bool", "float64": "float", "any": "any", "ptypes.Duration": "duration",
         "otypes.TracingVerbosity": "string", "http.Header": "map list string"} | {name: "int" for name in ("int", "int32", "int64", "uint32", "codes.Code")}


class Source:
    def __init__(self, checkout):
        self.structs, self.aliases = {}, {}
        for folder in FOLDERS:
            for path in sorted((checkout / folder).glob("*.go")):
                text = path.read_text()
                package = re.search(r"^package (\w+)", text, re.M).group(1)
                for name, body in STRUCT.findall(text):
                    self.structs[package, name] = body
                for name in re.findall(r"^type (\w+) struct\{\}$", text, re.M):
                    self.structs[package, name] = ""
                for name, target in ALIAS.findall(text):
                    self.aliases[package, name] = target
        self.done, self.lines = set(), []

    def type_of(self, package, text, tag):
        """The type as it is written in schema.txt, and the structs that it needs."""
        text = text.lstrip("*")
        if text.startswith("[]"):
            inner, needs = self.type_of(package, text[2:], tag)
            return f"list {inner}", needs
        if text.startswith("map[string]"):
            inner, needs = self.type_of(package, text[11:], "")
            return f"map {inner}", needs
        if text in BASIC:
            return BASIC[text], []
        name = text
        if "." in text:
            package, name = text.split(".")
            package = "tls" if package == "traefiktls" else package
        if (package, name) in self.aliases:
            return self.type_of(package, self.aliases[package, name], tag)
        if (package, name) not in self.structs:
            sys.exit(f"what is {text} of package {package}?")
        mark = "?" if 'file:"allowEmpty"' in tag else ""
        return f"struct {package}.{name}{mark}", [(package, name)]

    def fields(self, package, name):
        for line in self.structs[package, name].split("\n"):
            embedded = EMBEDDED.match(line)
            field = FIELD.match(line)
            if embedded and embedded.group(1) in ("Certificate",):
                yield from self.fields(package, embedded.group(1))
            elif field and field.group(1)[0].isupper() and not embedded:
                yield field.group(1), field.group(2), field.group(3) or ""

    def write(self, package, name):
        if (package, name) in self.done:
            return
        self.done.add((package, name))
        self.lines.append(f"{package}.{name}")
        needed = []
        for field, text, tag in self.fields(package, name):
            kind, needs = self.type_of(package, text, tag)
            dropped = 'file:"-"' in tag
            self.lines.append(f" {'-' if dropped else ''}{field} {kind}")
            needed += needs
        for need in needed:
            self.write(*need)


def main():
    source = Source(pathlib.Path(sys.argv[1]))
    source.write("dynamic", "Configuration")
    print("# SPDX-License-Identifier: Apache-2.0\n# Made by generate.py.")
    print("\n".join(source.lines))


if __name__ == "__main__":
    main()
