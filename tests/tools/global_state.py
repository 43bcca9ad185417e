#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""No golden output defines what belongs to all of a Traefik: default TLS options, the default transport, and the default store
only where a listener without a hostname has the certificate, or --default-certificate asks for it (design.md 3.3)."""

import json
import pathlib
import re
import sys

TESTDATA = pathlib.Path(__file__).resolve().parents[1] / "testdata"
DEFAULT = "default"


def asked_for(case):
    args = case / "args"
    return args.exists() and "--default-certificate" in args.read_text()


def hostless(published):
    """Whether the root of an HTTPS listener without hostname is there."""
    routers = published.get("http", {}).get("routers", {}).values()
    return any("tls" in router and router["rule"].endswith("Host(`*`)") and "HostRegexp" not in router["rule"] for router in routers)


def problems_of(case):
    published = json.loads((case / "out.json").read_text())
    tls = published.get("tls", {})
    if DEFAULT in tls.get("options", {}):
        yield "defines the default TLS options"
    for protocol in ("http", "tcp"):
        if DEFAULT in published.get(protocol, {}).get("serversTransports", {}):
            yield f"defines the default transport of {protocol}"
    stores = tls.get("stores", {})
    if set(stores) - {DEFAULT}:
        yield f"has stores of its own: {sorted(stores)}"
    if DEFAULT in stores:
        if set(stores[DEFAULT]) != {"defaultCertificate"}:
            yield f"writes {sorted(stores[DEFAULT])} into the default store"
        if not hostless(published) and not asked_for(case):
            yield "defines the default store unasked"
    named = len(re.findall(r'(?m)^ *"?default"?:', (case / "out.yaml").read_text(errors="replace")))
    if named != (DEFAULT in stores):
        yield f"has {named} keys named default as a file"


def main():
    cases = sorted(path.parent for path in TESTDATA.glob("*/*/out.json"))
    found = [f"{case.relative_to(TESTDATA)} {problem}" for case in cases for problem in problems_of(case)]
    print("\n".join(f"not ok - {line}" for line in found) or f"ok - nothing global is touched in {len(cases)} cases")
    sys.exit(bool(found) or not cases)


if __name__ == "__main__":
    main()
