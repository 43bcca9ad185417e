#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What others build on stays: codes, conditions, metrics and the values of their labels, options with their letters and defaults, exit
codes, keys of JSON and what kind of value they have, names in Traefik.

    promised.py            GATEFILE=path of the binary (default build/dev/src/cli/gatefile)
    promised.py --record   adds what is new to the lists beside this file

An entry of a list that is not there any more fails; --record never takes one away. What a release has to break is taken
out of the list by hand, with a line in man/changes/next.
"""

import argparse
import contextlib
import http.server
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.dont_write_bytecode = True
sys.path.insert(0, str(HERE))
sys.path.insert(0, str(ROOT / "tests" / "golden"))
import golden  # noqa: E402
import publication  # noqa: E402
import situations  # noqa: E402

GATEFILE = publication.GATEFILE
CLI = ROOT / "tests" / "cli"
# Labels whose values name something, or are in another list.
NAMING = {"version", "kind", "generation", "store", "cluster", "namespace", "name", "resource", "verb", "code", "who"}
# Keys that are names of something: what they are called is promised by nobody.
FREE = re.compile(r"[^A-Za-z0-9_$-]")


def run(*words, cwd=None, check=True):
    done = subprocess.run([GATEFILE, *map(str, words)], cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False)
    if check and done.returncode not in (0, 1):
        raise RuntimeError(f"gatefile {shlex.join(map(str, words))}: {done.stderr}")
    return done


def codes():
    text = (ROOT / "include/gatefile/diag/code_table.hpp").read_text()
    return {f"{name} {severity.lower()}" for name, severity in re.findall(r'(?m)^GATEFILE_CODE\(\w+,\s*"([a-z0-9-]+)",\s*(\w+)', text)}


def problems():
    """Codes of the status that are no diagnostics, with who is at fault: gatefile_problems has both as labels."""
    text = (ROOT / "src/agent/problems.cpp").read_text()
    names = dict(re.findall(r'case Who::(\w+):\n +return "([^"]+)";', text))
    found = set()
    for who, body in re.findall(r"(?s)\badd\(\{\.who = Who::(\w+),(.*?)\}\);", text):
        value = re.search(r"(?s)\.code = (.*?),\n", body)[1]
        codes_of_it = re.findall(r'"([a-z-]+)"', value)
        if not codes_of_it and value != "item.code":
            raise RuntimeError(f"problems.cpp: which codes are {value}?")
        found |= {f"{code} {names[who]}" for code in codes_of_it}
    if len(re.findall(r"\.code = ", text)) != len(re.findall(r"\badd\(\{", text)):
        raise RuntimeError("problems.cpp: a code is given in another way than by add({…})")
    return found


def conditions():
    """KIND TYPE STATUS REASON: of the golden cases, whose status is what the program writes, and what is said of loading."""
    found = set()
    for file in sorted((ROOT / "tests/testdata").rglob("status*.yaml")):
        kind = None
        for line in re.findall(r'(?m)^  kind: "\w+"$|^ +- type: "\S+"\n +status: "\w+"\n +reason: "\w+"$', file.read_text()):
            words = re.findall(r'"(\S+)"', line)
            if len(words) == 1:
                kind = words[0]
            else:
                found.add(" ".join([kind, *words]))
    loading = (ROOT / "src/status/loading.cpp").read_text()
    made = re.findall(r'make_condition\(\s*"([\w./]+)",\s*(true|false),\s*"(\w+)"', loading)
    if len(made) != loading.count("make_condition("):
        raise RuntimeError("loading.cpp: a condition is made in another way")
    return found | {f"once-loaded {kind} {status.capitalize()} {reason}" for kind, status, reason in made}


def metrics():
    """Names, types and labels; the labels from the table, because a series need not exist yet."""
    text = (ROOT / "src/agent/metrics.cpp").read_text()
    found = re.findall(r'Family\{Metric::\w+, "(\w+)", Type::(\w+), \{([^}]*)\}', text)
    with tempfile.TemporaryDirectory() as scratch:
        shown = agent_output(Path(scratch))[0]
    table = {f"{name} {kind.lower()}" for name, kind, _ in found}
    types = set(re.findall(r"(?m)^# TYPE (\w+ \w+)$", shown))
    if len(types) < 10 or types - table:
        raise RuntimeError(f"the agent shows other metrics than the table has: {types - table}")
    return {" ".join([name, kind.lower(), *re.findall(r'"(\w+)"', labels)]) for name, kind, labels in found}


def label_values():
    """METRIC LABEL="VALUE" where the values are words of ours; those of gatefile_problems and most codes have lists of their own."""
    table = re.findall(r'Family\{Metric::(\w+), "(\w+)", Type::\w+, \{([^}]*)\}', (ROOT / "src/agent/metrics.cpp").read_text())
    used = "".join(file.read_text() for file in sorted((ROOT / "src/agent").glob("*.cpp")))
    given = {metric: [] for metric, _, _ in table}
    for metric, values in re.findall(r"\bmetrics_?\.(?:add|set)\(\s*Metric::(\w+),\s*\{([^}]*)\}", used):
        given[metric].append(values.split(","))
    reasons = re.findall(r'\bre(?:start|try)\("(\w+)"', (ROOT / "src/source/watch.cpp").read_text())
    severities = re.findall(r'case Severity::\w+:\n +return "(\w+)";', (ROOT / "src/diag/code.cpp").read_text())
    found = set()
    for metric, name, labels in table:
        for place, label in enumerate(re.findall(r'"(\w+)"', labels)):
            if label in NAMING:
                continue
            words = {"reason": reasons, "severity": severities}.get(label) or [
                word for values in given[metric] for word in re.findall(r'"(\w+)"', values[place])]
            if not words:
                raise RuntimeError(f"{name}: which words are values of its label {label}?")
            found |= {f'{name} {label}="{word}"' for word in words}
    return found | {f'gatefile_conflicts code="{word}"' for word in shared_hosts(used)}


def shared_hosts(text):
    """The diagnostics that gatefile_conflicts counts."""
    table = dict(re.findall(r'(?m)^GATEFILE_CODE\((\w+),\s*"([a-z0-9-]+)"', (ROOT / "include/gatefile/diag/code_table.hpp").read_text()))
    listed = re.search(r"const diag::Code code :\s*\{([^}]*)\}\) \{\s*metrics_\.set\(Metric::Conflicts,", text)
    return [table[name] for name in re.findall(r"diag::Code::(\w+)", listed[1])]


def agent_output(work):
    """(/metrics, the log as JSON, what status and history say) of an agent that has published."""
    case = publication.RECORDED / "samples/http-weights"
    port = publication.free_port()
    log = work / "log"
    with log.open("w") as stream:
        agent = subprocess.Popen([GATEFILE, "agent", "-f", case / "in.yaml", "--traefik-config", case / "static.yaml", "--out", work / "out",
                                  "--listen", f"127.0.0.1:{port}", "--log-format", "json"], stdout=stream, stderr=stream)
        try:
            end = time.monotonic() + 15
            while not publication.has_published(port) and time.monotonic() < end:
                time.sleep(0.02)
            connection = publication.http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/metrics")
            text = connection.getresponse().read().decode()
            told = {command: run(command, "--out", work / "out", "--report", "json", check=False).stdout
                    for command in ("status", "history")}
        finally:
            agent.terminate()
            agent.wait(15)
    return text, log.read_text(), told


def commands():
    return re.findall(r"(?m)^  ([a-z][a-z-]+) ", run("--help").stdout.partition("ubcommands")[2])


def options():
    """COMMAND --OPTION, and COMMAND -LETTER --OPTION where it has one."""
    found = set()
    for command in commands():
        for letter, option in re.findall(r"(?m)^  (?:-(\w),)?--([a-z][a-z-]+)", run(command, "--help").stdout):
            found.add(f"{command} --{option}")
            if letter:
                found.add(f"{command} -{letter} --{option}")
    return found


def defaults():
    """COMMAND --OPTION VALUE, as `config view` has it where nobody says anything."""
    found = set()
    plain = {name: value for name, value in os.environ.items() if not name.startswith("GATEFILE_")}
    with tempfile.TemporaryDirectory() as scratch:
        for command in commands():
            words = [GATEFILE, "config", "view", command]
            done = subprocess.run(words, cwd=scratch, env=plain, capture_output=True, text=True, check=False)
            for line in done.stdout.splitlines()[1:]:
                default = re.fullmatch(r"([a-z][a-z-]+): (.*?)  # default(?:, .*)?", line)
                if not default:
                    raise RuntimeError(f"config view {command}: {line}: is there a configuration file?")
                found.add(f"{command} --{default[1]} {default[2]}")
    return found


def exit_codes():
    with tempfile.TemporaryDirectory() as scratch:
        work = Path(scratch)
        good = publication.RECORDED / "samples/http-weights/in.yaml"
        bad = work / "bad.yaml"
        bad.write_text(good.read_text().replace("name: ", "nam: ", 1))
        (work / "file").write_text("")
        (work / "old").mkdir(), (work / "new").mkdir(), (work / "held/.gatefile").mkdir(parents=True)
        (work / "old/in.yaml").write_text(good.read_text())
        (work / "new/in.yaml").write_text(re.sub(r"(?s)kind: HTTPRoute.*?(?=\n---|\Z)", "kind: HTTPRoute\nmetadata: {name: x}", good.read_text()))
        tried = {
            "check of what is sound": ["check", "-f", good],
            "check of what is not": ["check", "-f", bad],
            "convert of what is not": ["convert", "-f", bad],
            "diff without a difference": ["diff", good, good],
            "an option that does not exist": ["check", "--such"],
            "a value that is none": ["convert", "-f", good, "--to", "xml"],
            "a directory that cannot be made": ["convert", "-f", good, "--out", work / "file/out"],
            "an API server that is not there": ["rbac", "--from", "cluster", "--kubeconfig", work / "none", "--service-account", "a/b"],
            "cleanup without --yes": ["cleanup", "--out", work],
            "cleanup of nothing": ["cleanup", "--out", work / "none", "--yes"],
            "eject of what is sound": ["eject", "-f", good],
        }
        return {f"{run(*words, check=False).returncode} {what}" for what, words in tried.items()}


def kind_of(value):
    kinds = {dict: "object", list: "array", str: "string", bool: "boolean", int: "number", float: "number", type(None): "null"}
    return kinds[type(value)]


def key_paths(value, path, found):
    """PATH KIND of each value; several kinds where it may be null, say."""
    if isinstance(value, dict):
        for key, inner in value.items():
            key_paths(inner, f"{path}.{'*' if FREE.search(key) else key}", found)
    elif isinstance(value, list):
        for inner in value:
            key_paths(inner, path + "[]", found)
    if path:
        found.add(f"{path} {kind_of(value)}")


def json_lines(name, text, found):
    for line in text.splitlines():
        key_paths(json.loads(line), name, found)


def explain_words(case):
    """The requests of a case, as words for explain."""
    file = case / "requests.txt"
    for line in file.read_text().splitlines() if file.exists() else []:
        request = re.match(r"([A-Z]+) (https?://\S+)", line)
        if request:
            yield [request[1], request[2]]


def report_keys(name, words, place, found):
    with tempfile.TemporaryDirectory() as scratch:
        files = {form: Path(scratch) / form for form in ("json", "sarif", "gitlab")}
        run(*words, *(word for form, file in files.items() for word in ("--report", f"{form}={file}")), cwd=place)
        for form, file in files.items():
            key_paths(json.loads(file.read_text()), f"{name}/{form}", found)


class Answer(http.server.BaseHTTPRequestHandler):
    """What a live Traefik would be asked for; here the keys count, not what is in them."""

    def do_GET(self):
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def answering():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()


def test_keys(found):
    """Of `gatefile test`: what is met, and what is not; from manifests, and of a live address."""
    with tempfile.TemporaryDirectory() as scratch, answering() as live:
        tests = (CLI / "tested.inc").read_text()
        for number, text in enumerate((tests, tests.replace("next", "other").replace("status: 404", "status: 200"))):
            (Path(scratch) / f"{number}.yaml").write_text(text)
            words = ["test", f"{number}.yaml", "-f", CLI / "explained.inc", "--to", "plugin"]
            report_keys("test", words, scratch, found)
            report_keys("test", [*words, "--against", live], scratch, found)


def json_keys():
    found = set()
    paths = [path for _, path in golden.find_cases("*")]
    for number, case in enumerate(paths):
        arguments = [word for word in golden.case_arguments(case)]
        report_keys("check", ["check", *arguments], case, found)
        if number % 3 == 0:
            key_paths(json.loads(run("graph", *arguments, "--output", "json", cwd=case).stdout), "graph", found)
        for words in list(explain_words(case))[:2]:
            done = run("explain", *arguments, "--output", "json", *words, cwd=case, check=False)
            if done.stdout.startswith("{"):
                key_paths(json.loads(done.stdout), "explain", found)
    for case in sorted(CLI.glob("diff-*")):
        if (case / "old").is_dir() and not list(case.glob("old/*.yml")) and not list(case.glob("old/*.toml")):
            with tempfile.TemporaryDirectory() as scratch:
                for side in ("old", "new"):
                    (Path(scratch) / side).mkdir()
                    for file in [CLI / "diff.inc", *sorted((case / side).iterdir())]:
                        (Path(scratch) / side / (file.stem + ".yaml")).write_text(file.read_text())
                done = run("diff", "old", "new", "--output", "json", cwd=scratch, check=False)
                if done.stdout.startswith("{"):
                    key_paths(json.loads(done.stdout), "diff", found)
                report_keys("diff", ["diff", "old", "new"], scratch, found)
    for case in sorted((ROOT / "tests/traefik").glob("*-*"))[::4]:
        report_keys("check-traefik", ["check-traefik", ".", "--traefik-config", case.parent / "static.yaml"], case, found)
    test_keys(found)
    with tempfile.TemporaryDirectory() as scratch:
        _, log, told = agent_output(Path(scratch))
        json_lines("agent/log", log, found)
        for command, text in told.items():
            key_paths(json.loads(text), command, found)
        for situation in (situations.troubled, situations.beside_others, situations.of_clusters, situations.of_nobody):
            key_paths(situation(Path(scratch)), "status", found)
    for case in sorted(CLI.glob("migrate-*")):
        for manifests in case.glob("*.yaml"):
            done = run("migrate", "--plan", "-f", manifests, "--output", "json", check=False)
            if done.stdout.startswith("{"):
                key_paths(json.loads(done.stdout), "migrate", found)
    return found


def names():
    """Of routers, services and the like; the recorded manifests are those that publication.py publishes."""
    found = set()
    for name in publication.CASES:
        case = publication.RECORDED / name
        words = shlex.split((case / "args").read_text(), comments=True) if (case / "args").exists() else []
        text = run("convert", "-f", "in.yaml", "--traefik-config", "static.yaml", *words, "--to", "plugin", "-o", "-", cwd=case).stdout
        for protocol, sections in json.loads(text).items():
            for section, elements in sections.items():
                if isinstance(elements, dict):
                    found |= {f"{name} {protocol}.{section}.{element}" for element in elements}
    return found


LISTS = {"codes": codes, "problems": problems, "conditions": conditions, "metrics": metrics, "labels": label_values, "options": options,
         "defaults": defaults, "exit-codes": exit_codes, "json": json_keys, "names": names}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--record", action="store_true", help="add what is new")
    recording = parser.parse_args().record
    failed = 0
    for name, collect in LISTS.items():
        file = HERE / f"{name}.txt"
        promised = set(file.read_text().splitlines()) if file.exists() else set()
        there = collect()
        gone, new = sorted(promised - there), sorted(there - promised)
        if recording and new:
            file.write_text("".join(f"{line}\n" for line in sorted(promised | there)))
            print(f"# {name}: {len(new)} added")
            new = []
        bad = gone or new
        failed += bool(bad)
        print(f"{'not ok' if bad else 'ok'} - {name}: {len(promised)} promised, {len(gone)} gone, {len(new)} not recorded")
        for line in gone[:20]:
            print(f"#   gone or renamed: {line}; others build on it: bring it back, or take it out of tests/stability/{name}.txt by hand "
                  "and say so in man/changes/next")
        for line in new[:20]:
            print(f"#   new: {line}; tests/stability/promised.py --record makes it a promise")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
