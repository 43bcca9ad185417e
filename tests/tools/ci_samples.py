#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""samples/ci and .pre-commit-hooks.yaml: every command in them runs, in a repository made from samples/ci/example, with the exit code
that it should have before a pull request that is sound, one that breaks traffic and one that is wrong; and the reports are what GitHub
and GitLab take."""

import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

ROOT = pathlib.Path(__file__).resolve().parents[2]
CI = ROOT / "samples/ci"
binary = pathlib.Path(os.environ.get("GATEFILE", ROOT / "build/dev/src/cli/gatefile")).resolve()
failed = 0


def report(name, problems):
    global failed
    failed += bool(problems)
    print(f"{'not ok' if problems else 'ok'} - {name}")
    for line in problems:
        print(f"# {line}")


def expect(name, found, wanted):
    report(name, [] if found == wanted else [f"found {found!r}, expected {wanted!r}"])


# Reading the samples: YAML as far as they use it.

def scripts(path):
    """The shell of each `run:`, and of each list below a `script:` as one, in their order."""
    found, lines, number = [], path.read_text().splitlines(), 0
    while number < len(lines):
        start = re.match(r"( *)(?:- )?(run|script):\s*(.*)$", lines[number])
        number += 1
        if not start:
            continue
        if start[3] not in ("", "|"):
            found.append(start[3])
            continue
        block = []
        while number < len(lines) and (not lines[number].strip() or len(re.match(" *", lines[number])[0]) > len(start[1])):
            block.append(re.sub(r"^ *- ", "", lines[number]) if start[2] == "script" else lines[number].strip())
            number += 1
        found.append("\n".join(block))
    return found


def value(path, key):
    """A scalar, or a list in brackets, by the key's name."""
    text = re.search(rf"(?m)^ *(?:- )?{key}: (.*)$", path.read_text())[1]
    return text[1:-1].split(", ") if text.startswith("[") else text


# A pull request.

class Repository:
    """A branch on top of main, as CI checks it out: main is there as origin/main."""

    def __init__(self, scratch):
        self.path = pathlib.Path(scratch) / "repository"
        self.environment = {
            "PATH": f"{scratch}/bin:{os.environ['PATH']}", "HOME": scratch, "LC_ALL": "C",
            "GIT_AUTHOR_NAME": "x", "GIT_AUTHOR_EMAIL": "x@example", "GIT_COMMITTER_NAME": "x", "GIT_COMMITTER_EMAIL": "x@example",
            "GITHUB_BASE_REF": "main", "GITHUB_STEP_SUMMARY": f"{scratch}/summary.md",
        }
        (pathlib.Path(scratch) / "bin").mkdir()
        (pathlib.Path(scratch) / "bin/gatefile").symlink_to(binary)
        shutil.copytree(CI / "example", self.path)
        self.must("gatefile convert -f manifests --out published && git init -q -b main && git add . && git commit -q -m main")
        self.must("git update-ref refs/remotes/origin/main main && git checkout -q -b change")
        self.environment["CI_MERGE_REQUEST_DIFF_BASE_SHA"] = self.must("git rev-parse main").stdout.strip()

    def run(self, script):
        return subprocess.run(["sh", "-e", "-c", script], cwd=self.path, env=self.environment, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=60, check=False)

    def must(self, script):
        done = self.run(script)
        if done.returncode:
            sys.exit(f"{script}: {done.stderr}")
        return done

    def change(self, old, new, publish):
        """Starts again at main, changes the shop and commits it, with the output if `publish`."""
        self.must("git reset -q --hard main && git clean -q -f")
        shop = self.path / "manifests/shop.yaml"
        text = shop.read_text()
        assert old in text, old
        shop.write_text(text.replace(old, new))
        if publish:
            self.must("gatefile convert -f manifests --out published")
        self.must("git commit -q -a -m change")

    def read(self, name):
        return (self.path / name).read_text()


# What CI systems ask of reports.

def sarif_problems(text):
    log = json.loads(text)
    problems = [] if log["version"] == "2.1.0" else ["version is not 2.1.0"]
    for run in log["runs"]:
        driver = run["tool"]["driver"]
        rules = [rule["id"] for rule in driver["rules"]]
        if driver["name"] != "gatefile" or len(set(rules)) != len(rules):
            problems.append("the driver's name, or rules that are there twice")
        prints = [tuple(sorted(result["partialFingerprints"].items())) for result in run["results"]]
        if len(set(prints)) != len(prints) or () in prints:
            problems.append("fingerprints are not unique")
        for result in run["results"]:
            if dict(enumerate(rules)).get(result["ruleIndex"]) != result["ruleId"]:
                problems.append(f"ruleIndex of {result['ruleId']}")
            if result["level"] not in ("error", "warning", "note") or not result["message"]["text"]:
                problems.append(f"level or message of {result['ruleId']}")
            for location in result["locations"]:
                place = location["physicalLocation"]
                if re.match(r"/|[a-z]+:|\.\./", place["artifactLocation"]["uri"]) or place["region"]["startLine"] < 1:
                    problems.append(f"place of {result['ruleId']}: {place}")
    return problems


def gitlab_problems(text):
    findings = json.loads(text)
    problems = []
    if len({finding["fingerprint"] for finding in findings}) != len(findings):
        problems.append("fingerprints are not unique")
    for finding in findings:
        if finding["severity"] not in ("info", "minor", "major", "critical", "blocker"):
            problems.append(f"severity {finding['severity']}")
        path, line = finding["location"]["path"], finding["location"]["lines"]["begin"]
        if path.startswith(("/", "./")) or not isinstance(line, int) or line < 1:
            problems.append(f"place {path}:{line}")
        if not finding["description"] or not finding["check_name"]:
            problems.append("no description, or no check_name")
    return problems


def junit_problems(text, tests, failures):
    root = xml.etree.ElementTree.fromstring(text)
    found = (len(root.findall(".//testcase")), len(root.findall(".//testcase/failure")))
    problems = [] if found == (tests, failures) else [f"{found[0]} tests, {found[1]} failures"]
    for element in [root, *root.findall("testsuite")]:
        if (int(element.get("tests")), int(element.get("failures"))) != found:
            problems.append(f"{element.tag} counts {element.get('tests')}, {element.get('failures')}")
    return problems


# The pull requests: what is changed, whether the output is published again, the exit codes, and how many tests fail.
HOSTS = ("hostnames: [shop.example]", "hostnames: [shop.example, wishes.example]")
MATCH = "        - path: {type: PathPrefix, value: /cart}"
BAD_MATCH = MATCH.replace("/cart", "cart")
CHANGES = [
    ("sound", *HOSTS, True, {"check": 0, "test": 0, "convert": 0, "diff": 0}, 0),
    ("output not published", *HOSTS, False, {"check": 0, "test": 0, "convert": 1, "diff": 0}, 0),
    ("traffic breaks", "{name: cart, port: 80}", "{name: web, port: 80}", True, {"check": 0, "test": 1, "convert": 0, "diff": 1}, 1),
    ("two wrong paths", MATCH, f"{BAD_MATCH}\n{BAD_MATCH}", False, {"check": 1, "test": 1, "convert": 1, "diff": 1}, 2),
]


def reports(repository, change, codes, failures):
    """The files that the scripts left."""
    sarif = json.loads(repository.read("gatefile.sarif"))["runs"][0]["results"]
    gitlab = json.loads(repository.read("gl-code-quality.json"))
    report(f"{change}: SARIF", sarif_problems(repository.read("gatefile.sarif")))
    report(f"{change}: GitLab Code Quality", gitlab_problems(repository.read("gl-code-quality.json")))
    expect(f"{change}: both formats have findings, at the same places",
           (any(finding["severity"] == "critical" for finding in gitlab),
            sorted((finding["location"]["path"], finding["location"]["lines"]["begin"]) for finding in gitlab)),
           (codes["check"] == 1,
            sorted((place["artifactLocation"]["uri"], place["region"]["startLine"])
                   for place in (result["locations"][0]["physicalLocation"] for result in sarif))))
    report(f"{change}: JUnit", junit_problems(repository.read("gatefile-tests.xml"), 3, failures))
    summary = pathlib.Path(repository.environment["GITHUB_STEP_SUMMARY"])
    expect(f"{change}: what changes is in GitHub's summary as in GitLab's artifact", summary.read_text().replace("origin/main", "OLD"),
           repository.read("diff.md").replace(repository.environment["CI_MERGE_REQUEST_DIFF_BASE_SHA"], "OLD"))
    expect(f"{change}: the diff has something to say", "###" in summary.read_text(), True)
    summary.unlink()


def workflows(repository):
    for change, old, new, publish, codes, failures in CHANGES:
        repository.change(old, new, publish)
        for name in ("github.yaml", "gitlab-ci.yml"):
            seen = []
            for script in scripts(CI / name):
                command = re.search(r"gatefile ([a-z]+)", script)[1]
                seen.append(command)
                done = repository.run(script)
                report(f"{change}: {name}: {command}", [] if done.returncode == codes[command] else
                       [f"exit code {done.returncode}, expected {codes[command]}", *(done.stdout + done.stderr).splitlines()])
                if name == "github.yaml" and command == "check":
                    expect(f"{change}: annotations", bool(re.search(r"(?m)^::error file=manifests/shop\.yaml,line=\d+,", done.stdout)),
                           bool(codes["check"]))
            expect(f"{change}: {name}: all commands", sorted(seen), sorted(codes))
        reports(repository, change, codes, failures)


def readme(folder, environment):
    """The steps of the README, in a copy of the example."""
    part = (CI / "README.md").read_text().partition("## Try it")[2].partition("\n## ")[0]
    for line in re.findall(r"(?m)^    (.+)$", part):
        done = subprocess.run(["sh", "-e", "-c", line], cwd=folder, env=environment, capture_output=True, text=True, check=False)
        report(f"README: {line}", [] if done.returncode == 0 else [f"exit code {done.returncode}", *done.stderr.splitlines()])


def hook(repository):
    """pre-commit calls the entry with the arguments, the hook's or those of the configuration, and then the names."""
    repository.must("git reset -q --hard main")
    hooks = ROOT / ".pre-commit-hooks.yaml"
    entry = shlex.split(value(hooks, "entry"))
    expect("pre-commit: the sample names the hook", value(CI / "pre-commit-config.yaml", "id"), value(hooks, "id"))
    names = ["manifests/gateway.yaml", "manifests/shop.yaml"]
    for whose, path in (("hook", hooks), ("sample", CI / "pre-commit-config.yaml")):
        command = entry + value(path, "args")

        def said(files, command=command):
            done = repository.run(shlex.join(command + files))
            return done.returncode, done.stdout + done.stderr

        expect(f"pre-commit: {whose}'s arguments: sound files", said(names)[0], 0)
        expect(f"pre-commit: {whose}'s arguments: one file", said(names[1:])[0], 0)
        good = repository.read(names[1])
        (repository.path / names[1]).write_text(good.replace("value: /cart}", "value: cart}"))
        for files in (names, names[::-1], names[1:]):
            code, text = said(files)
            expect(f"pre-commit: {whose}'s arguments: a wrong file as {files.index(names[1]) + 1} of {len(files)}",
                   (code, "manifests/shop.yaml:11:" in text), (1, True))
        (repository.path / names[1]).write_text(good)
    expect("pre-commit: with the sample's arguments a file is judged beside the others", said(names[1:]), (0, ""))


def syntax(path):
    """Our reader takes it as YAML: not a Kubernetes object is all it may say."""
    done = subprocess.run([binary, "check", "-f", path, "--report", "json"], capture_output=True, text=True, check=False)
    codes = set(re.findall(r'"code": ?"([a-z-]+)"', done.stdout))
    expect(f"{path.name} is YAML", codes, {"input-not-object"})


def at_large(scratch):
    """The same rules for the findings of all golden cases together: many codes, and many findings of one code in one object."""
    files = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "tests/testdata").glob("*/*/in.yaml"))
    subprocess.run([binary, "check", "-f", *files, "--report", f"sarif={scratch}/all.sarif", "--report", f"gitlab={scratch}/all.json",
                    "--report", f"junit={scratch}/all.xml"], cwd=ROOT, capture_output=True, check=False)
    sarif, gitlab, junit = (pathlib.Path(scratch, name).read_text() for name in ("all.sarif", "all.json", "all.xml"))
    expect("all golden cases: hundreds of findings", len(json.loads(gitlab)) > 300, True)
    report("all golden cases: SARIF", sarif_problems(sarif))
    report("all golden cases: GitLab Code Quality", gitlab_problems(gitlab))
    tree = xml.etree.ElementTree.fromstring(junit)
    report("all golden cases: JUnit", junit_problems(junit, len(tree.findall(".//testcase")), len(tree.findall(".//failure"))))


def main():
    for path in (CI / "github.yaml", CI / "gitlab-ci.yml", CI / "pre-commit-config.yaml", ROOT / ".pre-commit-hooks.yaml"):
        syntax(path)
    with tempfile.TemporaryDirectory() as scratch:
        repository = Repository(scratch)
        workflows(repository)
        hook(repository)
        copy = pathlib.Path(scratch) / "copy"
        shutil.copytree(CI / "example", copy)
        readme(copy, repository.environment)
        at_large(scratch)
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
