# SPDX-License-Identifier: Apache-2.0
"""The golden cases as the end-to-end tests see them: what they publish, their backends, and their requests."""

import fnmatch
import re
import shlex

FORMATS = {"file": "out.yaml", "plugin": "out.json"}
DEFAULT_STATIC = 'entryPoints:\n  web:\n    address: ":8000"\n  websecure:\n    address: ":8443"\n'


class Case:
    def __init__(self, path, testdata):
        self.path = path
        self.name = str(path.relative_to(testdata))
        static = path / "static.yaml"
        if not static.exists():
            static = testdata / "_base" / "static.yaml"
        self.static = static.read_text() if static.exists() else DEFAULT_STATIC
        self.port_map = port_map(path / "args")
        source = path / "in.yaml"
        self.backends = backends(source.read_text()) if source.exists() else {}
        requests = path / "requests.txt"
        text = requests.read_text() if requests.exists() else ""
        self.lines = list(request_lines(text))
        self.says_why_not = bool(re.match(r"#\s*\S", text))


def find_cases(testdata, pattern):
    cases = []
    for directory in sorted({path.parent for name in FORMATS.values() for path in testdata.rglob(name)}):
        name = str(directory.relative_to(testdata))
        if any(fnmatch.fnmatch(name, p) for p in (pattern, pattern + "/*", "*/" + pattern)):
            cases.append(Case(directory, testdata))
    return cases


def port_map(path):
    """--port-map 80=8000,443=8443 out of a case's extra command line words."""
    if not path.exists():
        return {}
    words = shlex.split(path.read_text(), comments=True)
    found = {}
    for i, word in enumerate(words):
        value = word.partition("=")[2] if word.startswith("--port-map=") else None
        if word == "--port-map" and i + 1 < len(words):
            value = words[i + 1]
        for pair in (value or "").split(","):
            outer, _, inner = pair.partition("=")
            if inner:
                found[int(outer)] = int(inner.rpartition(":")[2])
    return found


def backends(text):
    """{address: {"NS/SERVICE", ...}} from the EndpointSlices and Services of a manifest.

    A scan for the few fields that matter rather than a YAML parser, which Python has none of.
    """
    found = {}
    for document in re.split(r"(?m)^---.*$", text):
        document = re.sub(r"(?m)(^|\s)#.*$", "", document)
        kind = re.search(r"(?m)^\s*\{?.*?\bkind:\s*[\"']?(EndpointSlice|Service)\b[\"']?\s*(?=[,}\n]|$)", document)
        if not kind:
            continue
        namespace = re.search(r"\bnamespace:\s*[\"']?([-\w.]+)", document)
        if kind[1] == "EndpointSlice":
            name = re.search(r"kubernetes\.io/service-name[\"']?:\s*[\"']?([-\w.]+)", document)
            addresses = re.findall(r"(?<![-\w.])\d{1,3}(?:\.\d{1,3}){3}(?![-\w.])", document)
            addresses += re.findall(r"(?<![-\w.:])fd[0-9a-f]{2}:[0-9a-f:]+", document)
        else:
            name = re.search(r"\bmetadata:[^}]*?\bname:\s*[\"']?([-\w.]+)", document, re.S)
            addresses = re.findall(r"\bclusterIP:\s*[\"']?([\d.]+)", document)
        if name:
            service = f"{namespace[1] if namespace else 'default'}/{name[1]}"
            for address in addresses:
                found.setdefault(address, set()).add(service)
    return found


def request_lines(text):
    """(line number, line) with continuations joined and comments dropped."""
    number, pending = 0, ""
    for n, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("#"):
            continue
        if line[:1].isspace() and line.strip():
            pending += " " + line.strip()
            continue
        if pending:
            yield number, pending
        number, pending = n, line.strip()
    if pending:
        yield number, pending
