#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A Traefik that runs another version of the provider plugin is served, and the agent says what to do about it."""

import os
import re
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))
import run as e2e  # noqa: E402

GATEFILE = os.environ.get("GATEFILE", str(e2e.ROOT / "build/dev/src/cli/gatefile"))
CASE = e2e.ROOT / "tests/testdata/http/exact-is-exact"
LISTEN = "127.0.0.1:13997"
COMPLAINT = "another version of the provider plugin"


def metric():
    try:
        text = urllib.request.urlopen(f"http://{LISTEN}/metrics", timeout=5).read().decode()
    except OSError:
        return None
    found = re.search(r"(?m)^gatefile_plugin_outdated (\d)", text)
    return found and found[1]


def agent_beside(plugin, work, name):
    """(the metric, the agent's log) with this source of the plugin in Traefik."""
    folder = work / f"plugin-{name}"
    folder.mkdir()
    for file in (".traefik.yml", "go.mod"):
        (folder / file).write_text((e2e.ROOT / "src/plugin" / file).read_text())
    (folder / "provider.go").write_text(plugin)
    e2e.PLUGIN = folder
    traefik = e2e.Traefik(e2e.DEFAULT_STATIC, work)
    try:
        out = traefik.directories["plugin"]
        (out / e2e.PUBLISHED["plugin"]).unlink()
        static = work / f"{name}.yaml"
        static.write_text(e2e.DEFAULT_STATIC)
        log = work / f"{name}.log"
        with log.open("w") as stream:
            agent = subprocess.Popen([GATEFILE, "agent", "-f", CASE / "in.yaml", "--traefik-config", static, "--to", "plugin", "--out", out,
                                      "--traefik-api", f"http://127.0.0.1:{e2e.API}", "--listen", LISTEN,
                                      "--port-map", "80=8000,443=8443"], stdout=stream, stderr=stream)
        try:
            end = time.monotonic() + 20
            while metric() is None and time.monotonic() < end and agent.poll() is None:
                time.sleep(0.05)
            found = metric()
        finally:
            agent.terminate()
            agent.wait(15)
        if "Traefik serves the generation" not in log.read_text():
            raise e2e.Failure(f"it is not served: {log.read_text()[-1500:]}")
        return found, log.read_text()
    finally:
        traefik.stop()


def run(work):
    e2e.prepare_network()
    report = e2e.Report()
    source = (e2e.ROOT / "src/plugin/provider.go").read_text()
    older = source.replace("content = signed(content)", "")
    other = re.sub(r'(?m)^\tversion = "\d+"', '\tversion = "999"', source)
    for name, plugin, wanted in (("its own", source, "0"), ("one before versions", older, "1"), ("a newer one", other, "1")):
        try:
            if name != "its own" and plugin == source:
                raise e2e.Failure("the plugin's source is not as this test takes it")
            outdated, log = agent_beside(plugin, work, name.replace(" ", "-"))
            told = COMPLAINT in log
            if outdated != wanted or told != (wanted == "1") or (told and "--write-plugin" not in log):
                raise e2e.Failure(f"gatefile_plugin_outdated is {outdated}; the log:\n{log}")
            report.add(f"beside {name}")
        except (e2e.Failure, OSError) as failure:
            report.add(f"beside {name}", failure)
    print(f"1..{report.passed + report.failed}")
    print(f"{report.passed} passed, {report.failed} failed")
    return 1 if report.failed else 0


if __name__ == "__main__":
    sys.exit(e2e.run_in_namespace(run))
