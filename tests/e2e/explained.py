#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds `gatefile explain` against the requests that e2e/run.py proves on a stock Traefik: for each line of a case's requests.txt
the offline answer must be the one that is asserted there: status, backend, path and host at the backend, location."""

import fnmatch
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(HERE))
from case_requests import Request  # noqa: E402
from cases import FORMATS, find_cases  # noqa: E402
from sandbox import Failure  # noqa: E402

BINARY = os.environ.get("GATEFILE", str(ROOT / "build/dev/src/cli/gatefile"))
# What explain does not look into: parts of a TraefikService, and what is served in place of something else.
NOT_EXPLAINED = re.compile(r"kind: TraefikService|--approximate")
# What an answer depends on besides the configuration: the backend's own doing, time, other transports.
OF_THE_BACKEND = re.compile(r"/status/|[?&](fail|reset|delay)=")


def explain(case, form, request):
    words = [BINARY, "explain", "-f", str(case.path / "in.yaml"), "--to", form, "--output", "json", "--now", "2026-11-26T12:00:00Z"]
    static = next((case.path / name for name in ("static.yaml", "static.toml") if (case.path / name).exists()),
                  ROOT / "tests/testdata/_base/static.yaml")
    args = case.path / "args"
    more = shlex.split(args.read_text(), comments=True) if args.exists() else []
    if not any(word.startswith(("--traefik-", "--entrypoint")) for word in more):
        words += ["--traefik-config", str(static)]
    words += more
    words += [request.method, request.url]
    for name, value in request.headers:
        words += ["-H", f"{name}: {value}"]
    if "sni" in request.controls:
        words += ["--sni", request.controls["sni"]]
    if "client-cert" in request.controls:
        words += ["--client-cert", str(case.path / request.controls["client-cert"])]
    done = subprocess.run(words, cwd=case.path, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Failure(done.stderr)
    return json.loads(done.stdout)


def statuses(found):
    """All that the client may get; 200 stands for a backend's own answer."""
    if found["outcome"] in ("refused", "closed", "no-listener"):
        return ["error"]
    if "reply" in found and found["outcome"] != "forwarded":
        return [str(found["reply"]["status"])]
    return [str(share.get("status", 200)) for share in found["backends"]]


def seen(found, key):
    return [share["seen"][key] for share in found["backends"] if "seen" in share]


def answering(backends):
    """The Services that may answer, those in TraefikServices too; not those that get copies."""
    named = {f"{one['namespace']}/{one['service']}" for one in backends if "service" in one}
    for one in backends:
        named |= answering([part for part in one.get("parts", []) if not part["role"].startswith("gets a copy")])
    return named


def judge(request, found):
    wanted = request.expected.lower().split("|")
    got = statuses(found)
    if not all(any(re.fullmatch(one.partition("~")[0].replace("x", "[0-9]"), status) for one in wanted) for status in got):
        return f"expected {request.expected}, explained {' or '.join(got)}"
    named = answering(found["backends"])
    for negated, name, operator, value in request.assertions:
        if name == "backend" and operator == "=" and not negated:
            asserted = {one.split(":")[0] for one in value.split(",") if "/" in one}
            if asserted and not asserted & named:
                return f"backend={value}, explained {sorted(named)}"
        fields = {"path": "target", "host": "host", "method": "method"}
        if name in fields and operator == "=" and not negated and value not in seen(found, fields[name]):
            return f"{name}={value}, explained {seen(found, fields[name])}"
        if name == "cert" and "certificate" in found.get("tls", {}):
            if (value in found["tls"]["certificateNames"]) == negated:
                return f"{'!' if negated else ''}cert={value}, explained {found['tls']['certificateNames']}"
        if name == "location" and operator == "=" and not negated:
            headers = found.get("reply", {}).get("headers", [])
            locations = [header["value"] for header in headers if header["name"] == "Location"]
            locations += [share["location"] for share in found["backends"] if "location" in share]
            if value not in locations:
                return f"location={value}, explained {locations}"
        if name.startswith("request.") and found["backends"]:
            lines = [",".join(h["value"] for h in headers if h["name"].lower() == name[8:].lower())
                     for headers in seen(found, "headers")]
            if name[8:].lower().startswith(("x-forwarded", "x-real", "accept-encoding", "user-agent", "x-gatefile-hop")):
                continue
            if operator == "=" and not negated and value.replace(", ", ",") not in [line.replace(", ", ",") for line in lines]:
                return f"{name}={value}, explained {lines}"
            if operator == "" and negated and any(lines):
                return f"!{name}, explained {lines}"
    return None


def applies(request, found):
    if not request.url.startswith(("http://", "https://")) or OF_THE_BACKEND.search(request.url):
        return False
    if found["outcome"] == "passed-on" or {"to", "alone"} & set(request.controls) or request.controls.get("proto") == "ws":
        return False
    if not statuses(found):
        return False
    # The backend refuses TLS, or is not there.
    if request.expected.startswith("5") and any(a[1] == "attempts" for a in request.assertions) and set(statuses(found)) == {"200"}:
        return False
    if any(note.startswith("first the listener's") for note in found.get("notes", [])):
        return False
    steps = [step for part in (found, *found["backends"]) for step in part.get("filters", [])]
    return not any(step["filter"] in ("extensionRef", "externalAuth") for step in steps)


def main():
    pattern = sys.argv[1] if len(sys.argv) > 1 else "*"
    held = failed = 0
    for case in find_cases(ROOT / "tests/testdata", "*"):
        if not fnmatch.fnmatch(case.name, pattern) or not (case.path / "in.yaml").exists():
            continue
        texts = [file.read_text() for file in (case.path / "in.yaml", case.path / "args") if file.exists()]
        if any(NOT_EXPLAINED.search(text) for text in texts):
            continue
        for form, name in FORMATS.items():
            if not (case.path / name).exists():
                continue
            for number, line in case.lines:
                request = Request(line, case)
                if request.only not in (None, form) or not request.url.startswith("http"):
                    continue
                try:
                    found = explain(case, form, request)
                    if not applies(request, found):
                        continue
                    problem = judge(request, found)
                except Failure as failure:
                    problem = str(failure)
                if problem:
                    failed += 1
                    print(f"not ok - {case.name} [{form}] {number}: {line}\n#   {problem}")
                else:
                    held += 1
    if not failed:
        print(f"ok - explain says of {held} requests what Traefik does with them")
    print(f"{held} held, {failed} failed")
    return 1 if failed or not held else 0


if __name__ == "__main__":
    sys.exit(main())
