# SPDX-License-Identifier: Apache-2.0
"""gatefile refuses exactly what the API server refuses: objects of the samples and cases with one field broken, in every
way that a field's type suggests, are sent to the server (--dry-run=server --validate=strict) and given to `gatefile check`."""

import copy
import json
import os
import random
import re
import subprocess
from collections import Counter

from actors import ROOT
from cluster import ApiError, Failure, address, documents, in_parallel
from suite import test

SEED = 20261129
MANY = 6000
LONG = 60000
# Paths to leave alone: what the server allocates, or what decides where the object goes.
LEFT_ALONE = {("apiVersion",), ("kind",), ("metadata", "namespace"), ("spec", "clusterIP"), ("spec", "clusterIPs")}
STRANGE = ["", " ", "a b", "UPPER", "-a", "a-", "a.b", "a_b", "*", "*.a", "a.*", "/", "/a//b", "a/b", "..", "%", "%zz", "é", "a\n",
           "x" * 64, "x" * 254, "y" * 1100, "z" * 5000, "1", "0", "true", "10.0.0.1", "::1", "127.0.0.1", "300.1.1.1", "1s", "0s", "-1s",
           "100000h", "1.5h", "HTTP", "Exact", "http://a.example", "https://*.a", "(", "[a-", "a|b", "$", "\\d", "null", "gateway.networking.k8s.io"]
NUMBERS = [-1, 0, 1, 2, 63, 80, 100, 101, 199, 301, 404, 418, 599, 600, 1000, 65535, 65536, 1000000, 1000001, 2**31, 2**40, 1.5]
KINDS = {"GatewayClass", "Gateway", "HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute", "UDPRoute", "ReferenceGrant", "BackendTLSPolicy",
         "ListenerSet", "Service", "EndpointSlice", "Secret", "ConfigMap"}
# What gatefile says of an object that it leaves out as the API server would.
REFUSED = {"input-syntax", "input-not-object", "version-not-served", "unknown-field", "wrong-type", "missing-field", "invalid-value",
           "duplicate-item", "rule-violated"}


def bases(api):
    """Objects as JSON, of every manifest that the server takes, without what it adds of its own; their namespaces are made."""
    found = {}
    known = set()
    for path in sorted([*(ROOT / "samples").rglob("*.yaml"), *(ROOT / "tests/testdata").glob("*/*/in.yaml")]):
        if path.parts[-2] in ("helm", "ci"):
            continue
        for document in documents(path.read_text(errors="replace")):
            version, kind, namespace, _ = address(document)
            if kind not in KINDS or not version:
                continue
            try:
                if namespace and namespace not in known:
                    api.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
                known.add(namespace)
                made = api.request("POST", api.path(version, kind, namespace or "default") + "?dryRun=All&fieldValidation=Strict", document.encode(),
                                   "application/yaml")
            except (ApiError, Failure):
                continue
            for name in ("managedFields", "uid", "resourceVersion", "creationTimestamp", "generation"):
                made["metadata"].pop(name, None)
            made.pop("status", None)
            if kind == "Service":
                for name in ("clusterIP", "clusterIPs"):
                    if made["spec"].get(name) != "None":
                        made["spec"].pop(name, None)
                for port in made["spec"].get("ports", []):
                    port.pop("nodePort", None)
            found.setdefault(json.dumps([kind, made.get("spec"), made.get("data"), made.get("endpoints")], sort_keys=True), made)
    return list(found.values())


def places(value, path=()):
    """Every path below an object."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in items:
        yield path + (key,)
        yield from places(child, path + (key,))


def at(value, path):
    for key in path:
        value = value[key]
    return value


def changes(value):
    """What a value may become; `None` removes it."""
    yield None, "removed"
    wrong = ["text", 7, True, [], {}, 1.5, ["text"], {"a": "b"}]
    for other in wrong:
        if type(other) is not type(value):
            yield other, f"becomes {json.dumps(other)}"
    if isinstance(value, bool):
        yield (not value), "is turned"
    elif isinstance(value, str):
        for other in [*STRANGE, value + "x", value.upper(), value.lower(), value * 2, " " + value]:
            yield other, f"becomes {json.dumps(other[:40])}"
    elif isinstance(value, (int, float)):
        for other in NUMBERS:
            yield other, f"becomes {other}"
    elif isinstance(value, list):
        yield [], "is emptied"
        if value:
            yield value + [copy.deepcopy(value[0])], "has one twice"
            yield value * 17, "is long"
            yield value * 70, "is very long"
            yield value[1:], "lacks the first"
    elif isinstance(value, dict):
        yield {}, "is emptied"
        yield {**value, "unknownField": 1}, "has an unknown field"


def mutants(objects, count):
    """(what, object); each kind has its share, and each place of an object a chance."""
    chance = random.Random(SEED)
    pools = {}
    for item in objects:
        pools.setdefault(item["kind"], []).extend((item, path) for path in places(item) if path not in LEFT_ALONE)
    names = sorted(pools)
    weights = [len(pools[name]) ** 0.5 for name in names]
    made = []
    while len(made) < count:
        item, path = chance.choice(pools[chance.choices(names, weights)[0]])
        value, what = chance.choice(list(changes(at(item, path))))
        changed = copy.deepcopy(item)
        parent = at(changed, path[:-1])
        if value is not None:
            parent[path[-1]] = value
        else:
            del parent[path[-1]]
        # Names tell mutants apart where the name is not what was broken.
        if path[:2] != ("metadata", "name") and isinstance(changed.get("metadata"), dict) and changed["metadata"].get("name"):
            changed["metadata"]["name"] = f"m{len(made):05d}"
        where = ".".join(str(key) for key in path)
        made.append((f"{item['kind']} {item['metadata'].get('namespace', '')}/{item['metadata']['name']} {where} {what}", changed))
    return made


def judged_by_server(api, what, item):
    """None if it is taken, else the server's words."""
    meta = item.get("metadata")
    namespace = meta.get("namespace", "default") if isinstance(meta, dict) else "default"
    try:
        path = api.path(item["apiVersion"], item["kind"], namespace)
        api.request("POST", path + "?dryRun=All&fieldValidation=Strict", item)
    except ApiError as error:
        if error.status in (400, 413, 422):
            return str(error)
        raise Failure(f"{what}: {error}") from None
    return None


def judged_by_gatefile(work, entries):
    """{number: messages} of what is refused."""
    folder = work / "mutants"
    folder.mkdir(exist_ok=True)
    for number, (_, item) in enumerate(entries):
        (folder / f"{number:05d}.json").write_text(json.dumps(item))
    found = subprocess.run([os.environ.get("GATEFILE", str(ROOT / "build/dev/src/cli/gatefile")), "check", "-f", folder, "--report", "json"],
                           capture_output=True, text=True, check=False)
    if found.returncode not in (0, 1):
        raise Failure(found.stderr)
    refused = {}
    for entry in json.loads(found.stdout)["diagnostics"]:
        if entry["code"] in REFUSED and entry.get("source"):
            number = int(os.path.basename(entry["source"]).removesuffix(".json"))
            refused.setdefault(number, []).append(f"{entry['code']}: {entry['message']}")
    return refused


def explained(what, server, own):
    """Why a disagreement is meant; None if it is not."""
    if own is None and ("HeaderModifier" in what or ".headers." in what) and re.search(r"\.value: Invalid value", server):
        return "the standard channel takes header values with such characters (src/api/schema/README.md)"
    if server is None and what.startswith("EndpointSlice") and "must be between 1 and 65535" in own[0]:
        return "an EndpointSlice's ports are not looked at by the server, and no protocol has such a port"
    if server is None and ".retry.attempts becomes" in what:
        return "tries are counted in 32 bits"
    if server is None and what.startswith("Secret") and what.endswith("becomes []"):
        return "Go decodes [] as no bytes"
    return None


@test
def what_the_server_refuses_is_refused(lab):
    objects = bases(lab.api)
    entries = mutants(objects, LONG if lab.long else MANY)
    server = [None] * len(entries)

    def judge(number):
        server[number] = judged_by_server(lab.api, *entries[number])

    in_parallel(judge, range(len(entries)))
    own = judged_by_gatefile(lab.work, entries)
    differ, meant = [], Counter()
    for number, (what, _) in enumerate(entries):
        mine = own.get(number)
        if (server[number] is None) == (mine is None):
            continue
        why = explained(what, server[number], mine)
        if why:
            meant[why] += 1
        else:
            differ.append(f"{number} {what[:150]}\n    server:   {(server[number] or 'takes it')[:300]}\n    gatefile: {('; '.join(mine) if mine else 'takes it')[:300]}")
    refused = sum(answer is not None for answer in server)
    print(f"# {len(entries)} mutants of {len(objects)} objects, {refused} refused by the server; {len(differ)} disagreements, {sum(meant.values())} meant")
    for why, count in meant.items():
        print(f"# meant: {count}: {why}")
    if differ:
        raise Failure(f"{len(differ)} disagreements:\n" + "\n".join(differ[:400]))
