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
from cases import DEFAULT_STATIC  # noqa: E402
from sandbox import ROOT, Failure, Report, prepare_network, run_in_namespace  # noqa: E402
from stock_traefik import API, PUBLISHED, Traefik  # noqa: E402

GATEFILE = os.environ.get("GATEFILE", str(ROOT / "build/dev/src/cli/gatefile"))
CASE = ROOT / "tests/testdata/http/exact-is-exact"
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
        (folder / file).write_text((ROOT / "src/plugin" / file).read_text())
    (folder / "provider.go").write_text(plugin)
    traefik = Traefik(DEFAULT_STATIC, work, plugin=folder)
    try:
        out = traefik.directories["plugin"]
        (out / PUBLISHED["plugin"]).unlink()
        static = work / f"{name}.yaml"
        static.write_text(DEFAULT_STATIC)
        log = work / f"{name}.log"
        with log.open("w") as stream:
            agent = subprocess.Popen([GATEFILE, "agent", "-f", CASE / "in.yaml", "--traefik-config", static, "--to", "plugin", "--out", out,
                                      "--traefik-api", f"http://127.0.0.1:{API}", "--listen", LISTEN,
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
            raise Failure(f"it is not served: {log.read_text()[-1500:]}")
        return found, log.read_text()
    finally:
        traefik.stop()


def run(work):
    prepare_network()
    report = Report()
    source = (ROOT / "src/plugin/provider.go").read_text()
    older = source.replace("content = signed(content)", "")
    other = re.sub(r'(?m)^\tversion = "\d+"', '\tversion = "999"', source)
    for name, plugin, wanted in (("its own", source, "0"), ("one before versions", older, "1"), ("a newer one", other, "1")):
        try:
            if name != "its own" and plugin == source:
                raise Failure("the plugin's source is not as this test takes it")
            outdated, log = agent_beside(plugin, work, name.replace(" ", "-"))
            told = COMPLAINT in log
            if outdated != wanted or told != (wanted == "1") or (told and "--write-plugin" not in log):
                raise Failure(f"gatefile_plugin_outdated is {outdated}; the log:\n{log}")
            report.add(f"beside {name}")
        except (Failure, OSError) as failure:
            report.add(f"beside {name}", failure)
    return report.end()


if __name__ == "__main__":
    sys.exit(run_in_namespace(run))
