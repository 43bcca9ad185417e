#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks who includes whom (src/README.md, "Modules"), and which third-party headers occur where."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]

# Module -> modules whose public headers it may include besides its own.
MAY_INCLUDE = {
    "base": "",
    "diag": "base",
    "tree": "base diag",
    "api": "base diag tree",
    "http": "base",
    "source": "base diag tree api http",
    "graph": "base diag api tree",
    "status": "base diag tree api graph",
    "ir": "base diag tree api graph",
    "analysis": "base diag tree api graph ir",
    "traefik": "base diag tree ir graph",
    "publish": "base diag tree http",
    "probe": "base tree http analysis traefik",
    "agent": "base diag tree api http source graph status ir analysis traefik publish probe gatefile",
    "cli": "base diag tree api source graph status ir analysis traefik publish probe agent gatefile",
    "gatefile": "base diag tree api source graph status ir analysis traefik publish",
}
# Narrower than the table: the file that alone may include, and from which folder only what.
ONLY_HEADERS = {
    ("traefik", "graph"): {"gatefile/graph/capabilities.hpp"},
    ("traefik", "ir"): {"gatefile/ir/ir.hpp", "gatefile/ir/match.hpp", "gatefile/ir/tls_root.hpp"},
}
ONLY_FILES = {
    ("ir", "graph"): re.compile(r"lower|merge_|host_table|precedence"),
    ("ir", "api"): re.compile(r"lower|merge_|host_table|precedence"),
    ("ir", "tree"): re.compile(r"emit"),
    ("graph", "tree"): re.compile(r"emit"),
}
THIRD_PARTY = {
    r"yaml\.h|yaml-cpp/|rapidjson/": {"tree"},
    r"re2/|openssl/": {"base"},
    r"curl/": {"http"},
    r"CLI/": {"cli"},
    r"toml\+\+|toml\.hpp": {"traefik"},
    r"microhttpd": {"agent"},
    r"hiredis/": {"publish"},
}
BANNED = {
    r"std::regex\b": "std::regex is slow and recursive; use base::Regex",
    r"using namespace std\s*;": "no using namespace std",
    r"#include <iostream>": "no iostream in libraries",
}


def module_of(path):
    relative = path.relative_to(ROOT)
    if relative.parts[0] == "src":
        return relative.parts[1] if len(relative.parts) > 2 else "gatefile"
    return relative.parts[2] if len(relative.parts) > 3 else "gatefile"


def check(path, problems):
    module = module_of(path)
    allowed = set(MAY_INCLUDE[module].split()) | {module}
    for number, line in enumerate(path.read_text().splitlines(), 1):
        say = lambda text: problems.append(f"{path.relative_to(ROOT)}:{number}: {text}")
        for pattern, reason in BANNED.items():
            if re.search(pattern, line) and "//" not in line.split(pattern)[0][:2]:
                say(reason)
        found = re.match(r'\s*#include\s+([<"])([^>"]+)[>"]', line)
        if not found:
            continue
        header = found.group(2)
        if header.startswith("gatefile/"):
            target = header.split("/")[1] if header.count("/") > 1 else "gatefile"
            only = ONLY_HEADERS.get((module, target))
            files = ONLY_FILES.get((module, target))
            if target not in allowed:
                say(f"module {module} must not include {header}")
            elif only and header not in only:
                say(f"module {module} may include only {', '.join(sorted(only))} of {target}")
            elif files and not files.search(path.name):
                say(f"{path.name} of module {module} must not include {header}")
        elif found.group(1) == "<":
            for pattern, modules in THIRD_PARTY.items():
                if re.match(pattern, header) and module not in modules:
                    say(f"<{header}> belongs to {', '.join(sorted(modules))}")


def main():
    problems = []
    files = [*ROOT.glob("src/**/*.[ch]pp"), *ROOT.glob("include/**/*.hpp")]
    for path in sorted(files):
        check(path, problems)
        lines = path.read_text().count("\n")
        if lines > 420:
            problems.append(f"{path.relative_to(ROOT)}: {lines} lines; split it by concern")
        if "SPDX-License-Identifier" not in path.read_text()[:60]:
            problems.append(f"{path.relative_to(ROOT)}: no SPDX line")
    print("\n".join(problems) or f"{len(files)} files keep to the table")
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()
