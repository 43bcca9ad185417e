#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What `gatefile eject` writes for every golden case answers as what `gatefile convert --to file` publishes.

    ejected.py [--only GLOB] [--keep]      GATEFILE=path of the binary (default build/dev/src/cli/gatefile)

A stock Traefik with its file provider loads it, and the case's requests.txt is sent through it. Output is TAP.
"""

import argparse
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))
from case_requests import Client, Request  # noqa: E402
from cases import Case, find_cases  # noqa: E402
from sandbox import ADMIN, INSIDE, ROOT, Failure, Report, enter_namespace, prepare_network  # noqa: E402
from stock_traefik import MARKER, Traefik  # noqa: E402

GATEFILE = os.environ.get("GATEFILE", str(ROOT / "build/dev/src/cli/gatefile"))
NAMES = re.compile(r'^    "?([^" :#][^":]*)"?:', re.M)
# What the static configuration, headers and paths of second entry points are called is no name of ours to change.
HOSTILE = '{{ env "PATH" }} {{ fail "x" }}\n# x.yaml'


def load_golden():
    spec = importlib.util.spec_from_file_location("golden", ROOT / "tests" / "golden" / "golden.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


GOLDEN = load_golden()


def eject(path, *more, arguments=None):
    words = arguments if arguments is not None else GOLDEN.case_arguments(path)
    done = subprocess.run([GATEFILE, "eject", *words, "--to", "file", "--keys", "inline", *more], cwd=path,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode not in (0, 1):
        raise Failure(f"exit {done.returncode}: {done.stderr}")
    return done.stdout


def look_at(text):
    """What can be seen without Traefik: the names, and that no comment can hold a template."""
    body = text.partition("\ntls:\n")[0]
    for name in NAMES.findall(body):
        if "gatefile" in name or "gf-index" in name or "~" in name[1:]:
            raise Failure(f"{name} is a name of gatefile's")
    for line in text.splitlines():
        if line.lstrip().startswith("#") and ("{" in line or not line.isprintable() or not line.isascii()):
            raise Failure(f"a comment holds more than text: {line!r}")


def names_in(text):
    """Of elements outside of the section `tls`, and of TLS options and stores."""
    tls = re.search(r"(?m)^tls:\n((?:[ #].*\n)*)", text)
    inside = tls[1] if tls else ""
    return set(NAMES.findall(text.replace(inside, ""))), set(NAMES.findall(inside)) - {"- certFile"}


def stands_beside(text, published):
    """What was published may be in the same directory: Traefik would leave out one of two of a name. TLS options are the same."""
    (names, options), (ours, our_options) = names_in(text), names_in(published)
    if names & ours:
        raise Failure(f"names of gatefile's: {names & ours}")
    if options != our_options:
        raise Failure(f"TLS options are {options}, and gatefile's {our_options}")


class Loader:
    def __init__(self, traefik):
        self.traefik, self.count = traefik, 0

    def load(self, text):
        traefik = self.traefik
        self.count += 1
        token = f"ejected-{self.count}"
        traefik.log_offset = traefik.log.stat().st_size if traefik.log.exists() else 0
        traefik.publish("file", text)
        directory = traefik.directories["file"]
        staged = directory / ".gatefile" / "marker.tmp"
        staged.write_text(json.dumps({"http": {"middlewares": {MARKER: {"headers": {
            "customResponseHeaders": {"X-Generation": token}}}}}}).replace("{{", "{ {").replace("}}", "} }"))
        os.rename(staged, directory / "marker.yaml")
        traefik.wait_for(lambda: traefik.has_marker("file", token), f"what was ejected, with {token}")
        time.sleep(0.03)
        traefik.check("file")


def run_case(case, loader, client, report):
    try:
        text = eject(case.path, "-o", "-")
        look_at(text)
        stands_beside(text, (case.path / "out.yaml").read_text())
        loader.load(text)
    except Failure as failure:
        report.add(f"{case.name} loads", failure)
        return
    report.add(f"{case.name} loads")
    for number, line in case.lines:
        try:
            request = Request(line, case)
            if request.only in (None, "file"):
                request.play(client, loader.traefik)
                report.add(f"{case.name} {number}: {line}")
        except (Failure, ValueError, OSError) as failure:
            report.add(f"{case.name} {number}: {line}", failure)


def odd_ways(work, loader, report):
    """Names of files that would be templates; keys in files; what was published; what is there already."""
    def check(name, function):
        try:
            function()
            report.add(name)
        except (Failure, OSError) as failure:
            report.add(name, failure)

    case = ROOT / "tests" / "testdata" / "samples" / "https"
    source = work / "odd"
    source.mkdir()
    shutil.copy(case / "in.yaml", source / HOSTILE)
    static = ["--traefik-config", str(case.parents[1] / "_base" / "static.yaml")]

    def hostile_names():
        text = eject(source, "-o", "-", arguments=["-f", HOSTILE, *static])
        look_at(text)
        if "fail" not in text:
            raise Failure("the name of the file is in no comment")
        loader.load(text)

    def key_files():
        out, keys = work / "out", work / "keys"
        done = subprocess.run([GATEFILE, "eject", "-f", case / "in.yaml", *static, "--out", out, "--keys", f"files={keys}"],
                              capture_output=True, text=True, check=False)
        files = [*keys.iterdir(), *out.iterdir()]
        if done.returncode != 0 or len(files) < 2 or any(file.stat().st_mode & 0o777 != 0o600 for file in files):
            raise Failure(f"{done.returncode} {done.stderr} {[(file, oct(file.stat().st_mode)) for file in files]}")
        text = (out / "gateway-api.yml").read_text()
        if "PRIVATE KEY" in text:
            raise Failure("a key stands in the configuration")
        loader.load(text)
        again = subprocess.run([GATEFILE, "eject", "-f", case / "in.yaml", *static, "--out", out], capture_output=True, text=True, check=False)
        if again.returncode != 3 or "exists" not in again.stderr:
            raise Failure(f"what is there is replaced: {again.returncode} {again.stderr}")

    def published():
        for name in ("http/exact-is-exact", "samples/https", "hostname/listener-isolation"):
            path = ROOT / "tests" / "testdata" / name
            out = work / "published" / name
            subprocess.run([GATEFILE, "convert", *GOLDEN.case_arguments(path), "--out", out], cwd=path, capture_output=True, check=False)
            text = eject(path, "-o", "-", arguments=["--published", str(out)])
            look_at(text)
            loader.load(text)

    def published_keys():
        """Cleanup deletes them, and eject is what one does before; a terminal is no place for them."""
        path = ROOT / "tests" / "testdata" / "samples" / "https"
        for how in ("inline", f"files={work}/published-keys"):
            out, ejected, keys = (work / f"{name}-{how[:5]}" for name in ("published", "ejected", "ejected-keys"))
            subprocess.run([GATEFILE, "convert", *GOLDEN.case_arguments(path), "--out", out, "--keys", how],
                           cwd=path, capture_output=True, check=False)
            words = [GATEFILE, "eject", "--published", out]
            shown = subprocess.run(words, capture_output=True, text=True, check=False).stdout
            if "PRIVATE KEY" in shown or str(work) in shown or "private key omitted, SHA-256" not in shown:
                raise Failure(f"{how}: standard output has keys, or nothing in place of them")
            into_files = subprocess.run([*words, "--out", f"{ejected}-2", "--keys", f"files={keys}"], capture_output=True, check=False)
            subprocess.run([*words, "--out", ejected], capture_output=True, check=False)
            shutil.rmtree(work / "published-keys", ignore_errors=True)
            text = (ejected / "gateway-api.yml").read_text()
            if "PRIVATE KEY" not in text or str(work) in text:
                raise Failure(f"{how}: a key is left in a file of what was published")
            loader.load(text)
            text = Path(f"{ejected}-2", "gateway-api.yml").read_text()
            files = list(keys.iterdir())
            if into_files.returncode or "PRIVATE KEY" in text or not files or not all(str(file) in text for file in files):
                raise Failure(f"{how}: {into_files} names no files with keys: {files}")
            if any(file.stat().st_mode & 0o777 != 0o600 or "PRIVATE KEY" not in file.read_text() for file in files):
                raise Failure(f"{how}: {files} are no keys of the owner's")
            loader.load(text)

    def published_json():
        path = ROOT / "tests" / "testdata" / "samples" / "http-url-rewrite"
        out = work / "published-json"
        subprocess.run([GATEFILE, "convert", *GOLDEN.case_arguments(path), "--to", "plugin", "--out", out], cwd=path, capture_output=True, check=False)
        done = subprocess.run([GATEFILE, "eject", "--published", out], capture_output=True, text=True, check=False)
        if done.returncode != 2 or "URLRewrite" not in done.stderr:
            raise Failure(f"JSON-only middlewares are not named: {done.returncode} {done.stderr}")

    check("names of files are no templates", hostile_names)
    check("keys go into files", key_files)
    check("what was published", published)
    check("what was published with keys in files", published_keys)
    check("what was published for the plugin", published_json)


def run(options, work):
    cases = [case for case in find_cases(options.testdata, options.only) if (case.path / "out.yaml").exists()]
    prepare_network()
    backend = subprocess.Popen([os.environ["E2E_BACKEND"], "serve", "-admin", f"127.0.0.1:{ADMIN}"],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    backend.stdout.readline()
    client, report = Client(), Report()
    odd = options.only == "*"
    try:
        for static in dict.fromkeys(case.static for case in cases):
            traefik = Traefik(static, work)
            try:
                loader = Loader(traefik)
                for case in cases:
                    if case.static == static:
                        run_case(case, loader, client, report)
                if odd and static == Case(ROOT / "tests/testdata/samples/https", ROOT / "tests/testdata").static:
                    odd_ways(work, loader, report)
                    odd = False
            finally:
                traefik.stop()
    finally:
        client.stop()
        backend.stdin.close()
        backend.wait()
    if odd:
        report.add("the odd ways", "no case has the static configuration that they need")
    print(f"1..{report.passed + report.failed}")
    print(f"{report.passed} passed, {report.failed} failed")
    return 1 if report.failed or not report.passed else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="*", metavar="GLOB")
    parser.add_argument("--testdata", type=Path, default=ROOT / "tests" / "testdata", metavar="DIR")
    parser.add_argument("--keep", action="store_true", help="keep the working directory and name it")
    options = parser.parse_args()
    options.testdata = options.testdata.resolve()
    if INSIDE in os.environ:
        return run(options, Path(os.environ[INSIDE]))
    work = Path(tempfile.mkdtemp(prefix="gatefile-ejected-"))
    try:
        return enter_namespace(work)
    finally:
        if options.keep:
            print(f"# {work}")
        else:
            shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
