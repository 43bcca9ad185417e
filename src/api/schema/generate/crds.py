#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes data/gateway.networking.k8s.io/*.json from the CRDs of a Gateway API release.

Run by developers when the release changes, not by the build:
    generate/crds.py "$(go list -m -f '{{.Dir}}' sigs.k8s.io/gateway-api)/config/crd" v1.7.0
Needs PyYAML. Refuses what the engine does not know, so that nothing is dropped silently.
"""
import json
import pathlib
import sys

import yaml

GROUP = "gateway.networking.k8s.io"
KINDS = [
    "GatewayClass", "Gateway", "HTTPRoute", "ReferenceGrant", "GRPCRoute", "TLSRoute", "TCPRoute",
    "UDPRoute", "ListenerSet", "BackendTLSPolicy",
]
KEYWORDS = {
    "type", "format", "properties", "required", "items", "additionalProperties", "enum", "pattern",
    "default", "minLength", "maxLength", "minItems", "maxItems", "minimum", "maximum",
    "minProperties", "maxProperties", "anyOf", "oneOf", "allOf", "not", "x-kubernetes-list-type",
    "x-kubernetes-list-map-keys", "x-kubernetes-map-type", "x-kubernetes-validations",
}
RULE_KEYS = {"rule", "message"}


def compact(schema, where):
    """The schema without descriptions; map-type is for merging only and goes too."""
    out = {}
    for key, value in schema.items():
        if key in ("description", "x-kubernetes-map-type"):
            continue
        if key not in KEYWORDS:
            sys.exit(f"{where}: keyword {key} is not known to the engine")
        if key == "properties":
            value = {n: compact(s, f"{where}.{n}") for n, s in value.items()}
        elif key in ("items", "not"):
            value = compact(value, f"{where}[]")
        elif key == "additionalProperties" and isinstance(value, dict):
            value = compact(value, f"{where}{{}}")
        elif key in ("anyOf", "oneOf", "allOf"):
            value = [compact(s, where) for s in value]
        elif key == "x-kubernetes-validations":
            for rule in value:
                if set(rule) - RULE_KEYS:
                    sys.exit(f"{where}: rule has {sorted(set(rule) - RULE_KEYS)}")
        out[key] = value
    return out


def schemas_of(crd):
    """Served versions with equal schemas share one entry; the storage version comes first."""
    entries = []
    versions = sorted(crd["spec"]["versions"], key=lambda v: (v["name"] != "v1", v["name"]))
    for version in versions:
        if not version["served"]:
            continue
        schema = compact(version["schema"]["openAPIV3Schema"], version["name"])
        for entry in entries:
            if entry["schema"] == schema:
                entry["versions"].append(version["name"])
                break
        else:
            entries.append({"versions": [version["name"]], "schema": schema})
    return entries


def read_channel(folder):
    """Kind -> (file name, schemas)."""
    found = {}
    for path in sorted(folder.glob(f"{GROUP}_*.yaml")):
        for crd in yaml.safe_load_all(path.read_text()):
            if crd["kind"] == "CustomResourceDefinition":
                kind = crd["spec"]["names"]["kind"]
                found[kind] = (path.name, schemas_of(crd))
    return found


def write(path, kind, source, schemas):
    data = {"source": source, "group": GROUP, "kind": kind, "schemas": schemas}
    text = json.dumps(data, indent=1, sort_keys=True, ensure_ascii=True)
    path.write_text(text + "\n")


def main():
    source, release = pathlib.Path(sys.argv[1]), sys.argv[2]
    target = pathlib.Path(__file__).parent.parent / "data" / GROUP
    target.mkdir(parents=True, exist_ok=True)
    standard = read_channel(source / "standard")
    experimental = read_channel(source / "experimental")
    origin = f"sigs.k8s.io/gateway-api {release} config/crd"
    for kind in KINDS:
        name, schemas = standard[kind]
        other = experimental[kind][1]
        stem = kind.lower()
        if schemas == other:
            write(target / f"{stem}.json", kind, f"{origin}/*/{name}", schemas)
            continue
        write(target / f"{stem}.standard.json", kind, f"{origin}/standard/{name}", schemas)
        write(target / f"{stem}.experimental.json", kind, f"{origin}/experimental/{name}", other)


if __name__ == "__main__":
    main()
