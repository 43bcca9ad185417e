#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""check-traefik against stock Traefik: check_traefik.py [--update] [NAME...].

Each folder below tests/traefik is a directory of dynamic configuration. What gatefile says of it is compared with expected.txt (--update
writes it, to be read) and with what a stock Traefik does that watches a copy of it: refuse it, flag elements, log errors, or none of these.
What convert published for the cases of tests/testdata has to be sound, too.
"""
import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
CORPUS = ROOT / "tests/traefik"
GATEFILE = os.environ.get("GATEFILE", str(ROOT / "build/dev/src/cli/gatefile"))
MARK = "http:\n  middlewares:\n    mark:\n      addPrefix:\n        prefix: /x\n"
LISTS = [f"{protocol}/{kind}" for protocol in ("http", "tcp", "udp") for kind in ("routers", "services", "middlewares")
         if (protocol, kind) != ("udp", "middlewares")]
# Found by gatefile alone, or where there is nothing that Traefik could flag.
SILENT = {"traefik-reference-elsewhere", "traefik-duplicate", "traefik-template-runs"}


def gatefile(directory, static, *more):
    ran = subprocess.run([GATEFILE, "check-traefik", directory, "--traefik-config", str(static), "--report", "json", *more],
                         capture_output=True, text=True, timeout=60)
    verdict = re.search(r": (loads|faulty|unknown|refused): ", ran.stderr)
    if not verdict:
        raise RuntimeError(f"exit code {ran.returncode}: {ran.stderr}")
    return verdict.group(1), json.loads(ran.stdout)["diagnostics"]


def text_of(case):
    ran = subprocess.run([GATEFILE, "check-traefik", ".", "--traefik-config", str(CORPUS / "static.yaml")], cwd=case,
                         capture_output=True, text=True, timeout=60)
    return ran.stdout + ran.stderr + f"exit code {ran.returncode}\n"


class Traefik:
    """A stock Traefik that has read a copy of a directory."""

    def __init__(self, binary, case, port):
        self.folder = tempfile.mkdtemp(prefix="gatefile-check-traefik-")
        copy = pathlib.Path(self.folder, "dynamic")
        shutil.copytree(case, copy, ignore=shutil.ignore_patterns("expected.txt", "silent"))
        (copy / "zz-mark.yaml").write_text(MARK)
        static = pathlib.Path(self.folder, "traefik.yaml")
        static.write_text("entryPoints:\n  web: {address: '127.0.0.1:0'}\n  websecure: {address: '127.0.0.1:0'}\n"
                          f"  dns: {{address: '127.0.0.1:0/udp'}}\n  traefik: {{address: '127.0.0.1:{port}'}}\napi: {{insecure: true}}\n"
                          f"providers: {{file: {{directory: '{copy}'}}}}\nlog: {{level: WARN, format: json}}\n")
        self.url = f"http://127.0.0.1:{port}/api/"
        self.log_path = pathlib.Path(self.folder, "log")
        with open(self.log_path, "w", encoding="utf-8") as log:
            self.process = subprocess.Popen([binary, f"--configFile={static}"], stdout=log, stderr=subprocess.STDOUT)

    def get(self, path):
        with urllib.request.urlopen(self.url + path, timeout=5) as answer:
            return json.loads(answer.read())

    def log(self):
        lines = [json.loads(line) for line in self.log_path.read_text().splitlines() if line.startswith("{")]
        return [(line.get("level"), f"{line.get('message', '')} {line.get('error', '')}") for line in lines]

    def verdict(self):
        """refused, or what is flagged and what is logged."""
        deadline = time.time() + 60
        while time.time() < deadline and self.process.poll() is None:
            if any("Error while building configuration" in text for _, text in self.log()):
                return "refused", {}, []
            try:
                self.get("http/middlewares/mark@file")
                break
            except OSError:
                time.sleep(0.05)
        else:
            raise RuntimeError(f"Traefik said nothing: {self.log_path.read_text()[-500:]}")
        flagged = {}
        for section in LISTS:
            for item in self.get(section + "?per_page=1000"):
                if item.get("provider") == "file" and (item.get("status") != "enabled" or item.get("error")):
                    name = re.sub(r"^\w+-conflicted-", "", item["name"].removesuffix("@file"))
                    flagged[f"{section.replace('/', '.')}.{name}"] = item.get("error", [])
        return "loaded", flagged, [text for level, text in self.log() if level == "error"]

    def close(self):
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.folder)


def elements(diagnostics):
    """Of each diagnostic that Traefik has to confirm, which element it is about."""
    return {".".join(re.findall(r'[^.\["\]]+', d.get("path", ""))[:3]) for d in diagnostics
            if d["code"] not in SILENT and (d["severity"] == "error" or d["code"] == "traefik-tls-options")}


def disagreement(case, binary, port):
    static = CORPUS / "static.yaml"
    verdict, diagnostics = gatefile(case, static)
    was_unknown = verdict == "unknown"
    if was_unknown:
        verdict, diagnostics = gatefile(case, static, "--traefik-binary", binary)
    traefik = Traefik(binary, case, port)
    try:
        state, flagged, logged = traefik.verdict()
    finally:
        traefik.close()
    if (state == "refused") != (verdict == "refused"):
        return f"gatefile says {verdict}, Traefik {state}: {flagged} {logged}"
    codes = {d["code"] for d in diagnostics}
    if was_unknown and ("traefik-logged" in codes) != (state == "refused" or bool(flagged or logged)):
        return f"with --traefik-binary gatefile reports {codes}, Traefik flags {flagged} {logged}"
    if was_unknown or state == "refused" or (case / "silent").exists() or "traefik-reference-elsewhere" in codes:
        return ""
    ours = elements(diagnostics)
    if bool(ours) != bool(flagged or logged):
        return f"gatefile flags {ours}, Traefik {flagged} {logged}"
    missing = {path for path in ours if path.split(".")[1:2] in (["routers"], ["services"], ["middlewares"])} - set(flagged)
    return f"Traefik does not flag {missing}, but {flagged}" if missing and not logged else ""


def judge(number, case, binary, update):
    expected = case / "expected.txt"
    text = text_of(case)
    if update:
        expected.write_text(text)
    if not expected.exists() or expected.read_text() != text:
        return f"other than expected.txt:\n{text}"
    # Ports of a range that no other test uses; each case its own.
    return disagreement(case, binary, 21000 + number)


def published_outputs():
    """Each out.yaml of tests/testdata, beside its static configuration."""
    wrong = []
    count = 0
    for out in sorted((ROOT / "tests/testdata").rglob("out.yaml")):
        statics = [path for path in (out.parent / "static.yaml", out.parent / "static.toml") if path.exists()]
        static = statics[0] if statics else ROOT / "tests/testdata/_base/static.yaml"
        with tempfile.TemporaryDirectory() as folder:
            shutil.copy(out, folder)
            verdict, diagnostics = gatefile(folder, static)
        count += 1
        bad = [d for d in diagnostics if d["severity"] == "error" and d["code"] != "traefik-certificate"]
        if verdict != "loads" and (verdict != "faulty" or bad):
            wrong.append(f"{out.parent.relative_to(ROOT)}: {verdict}: {bad[:3]}")
    return count, wrong


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--update", action="store_true")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    binary = subprocess.run([ROOT / "tests/tools/traefik.sh"], capture_output=True, text=True, check=True).stdout.strip()
    cases = sorted(path for path in CORPUS.iterdir() if path.is_dir() and (not options.names or path.name in options.names))
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        jobs = {case: pool.submit(judge, i, case, binary, options.update) for i, case in enumerate(cases)}
        for case, job in jobs.items():
            try:
                why = job.result()
            except (OSError, RuntimeError, subprocess.SubprocessError, ValueError) as error:
                why = str(error)
            failed += bool(why)
            print(f"not ok - {case.name}: {why}" if why else f"ok - {case.name}", flush=True)
    if not options.names:
        count, wrong = published_outputs()
        failed += len(wrong)
        print("\n".join(f"not ok - {text}" for text in wrong) or f"ok - {count} published outputs")
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
