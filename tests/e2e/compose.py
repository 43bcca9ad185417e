#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Starts stock Traefik with the very files of samples/compose, container engine or not.

Checks that Traefik takes traefik.yaml and what gatefile publishes of the manifests without an error,
that compose.yaml, traefik.yaml and Containerfile agree with each other, and that the Containerfiles of
Compose and Kubernetes have what the build and the program need. Prints TAP.
"""

import http.client
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from sandbox import INSIDE, Report, enter_namespace, prepare_network
from stock_traefik import entry_points

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "samples" / "compose"
CONTAINERFILES = ("compose", "kubernetes")
HEADERS_ONLY = {"rapidjson-dev", "libcli11-dev", "libtomlplusplus-dev"}
CASE = ROOT / "tests" / "testdata" / "samples" / "compose"


def get(port, host, path="/"):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path, headers={"Host": host})
        answer = connection.getresponse()
        answer.read()
        return answer.status, answer.getheader("Location")
    finally:
        connection.close()


def wait_for_redirect(process):
    """The first answer of the published configuration; None when Traefik ended or none came."""
    end = time.monotonic() + 10
    while time.monotonic() < end and process.poll() is None:
        try:
            status, location = get(8000, "www.example.com", "/x")
            if status == 301:
                return location
        except OSError:
            pass
        time.sleep(0.05)
    return None


def problems_of(log):
    """Warnings and errors in Traefik's log."""
    found = []
    for line in log.read_text().splitlines():
        if re.search(r"\b(WRN|ERR|FTL|PNC)\b", line):
            found.append(line)
    return found


def start_traefik(work, report):
    """Traefik as in compose.yaml, with /data somewhere else."""
    data = work / "data"
    (data / "acme").mkdir(parents=True)
    (data / "dynamic").mkdir()
    shutil.copy(CASE / "out.yaml", data / "dynamic" / "gatefile.yaml")
    text = (SAMPLE / "traefik.yaml").read_text()
    report.add("traefik.yaml keeps its data below /data", None if text.count("/data/") == 2 else "not two places")
    static = work / "traefik.yaml"
    static.write_text(text.replace("/data/", f"{data}/"))

    log = work / "traefik.log"
    with log.open("w") as output:
        process = subprocess.Popen([os.environ["TRAEFIK"], f"--configFile={static}"], cwd=work,
                                   stdout=output, stderr=subprocess.STDOUT)
        location = wait_for_redirect(process)
        report.add("the published redirect is served",
                   None if location == "https://www.example.com/x" else f"got {location}\n{log.read_text()[-2000:]}")
        running = process.poll() is None
        process.kill()
        process.wait()
    report.add("Traefik runs until it is stopped", None if running else log.read_text()[-2000:])
    report.add("Traefik complains of nothing", "\n".join(problems_of(log)) or None)


def check_compose(report):
    """What the files say to each other, without a container engine."""
    compose = (SAMPLE / "compose.yaml").read_text()
    traefik = (SAMPLE / "traefik.yaml").read_text()
    container = (SAMPLE / "Containerfile").read_text()
    points = {port for _, port, _ in entry_points(traefik).values()}

    published = {int(port) for port in re.findall(r'- "\d+:(\d+)"', compose)}
    report.add("compose.yaml publishes Traefik's entry points", None if published == points else f"{published} {points}")
    mapped = {int(port) for port in re.findall(r"\d+=(\d+)\b", re.search(r"--port-map=(\S+)", compose)[1])}
    report.add("--port-map leads to Traefik's entry points", None if mapped == points else f"{mapped} {points}")
    out = re.search(r"--out=(\S+)", compose)[1]
    report.add("gatefile publishes where Traefik watches", None if f"directory: {out}\n" in traefik else out)
    user = re.search(r'user: "(\S+)"', compose)[1]
    report.add("both run as the same user", None if f"USER {user}\n" in container and f"chown -R {user} /data" in container else user)
    for name in re.findall(r"- \./(\S+?):/", compose):
        report.add(f"{name} is mounted", None if (SAMPLE / name).exists() else "missing")


def check_containerfile(path, report):
    """What an image is built from, and what runs in it."""
    name = path.relative_to(ROOT)
    build, _, image = path.read_text().partition("\nFROM debian:12-slim\n")
    packages = (ROOT / "tests" / "tools" / "packages.sh").read_text()
    wanted = set(re.search(r'build_packages="([^"]*)"', packages)[1].split())
    missing = wanted - set(re.split(r"[\s\\]+", build))
    report.add(f"{name} installs what the build needs", " ".join(sorted(missing)) or None)
    words = re.split(r"[\s\\]+", image)
    libraries = [one.removesuffix("-dev").removesuffix("-openssl") for one in wanted - HEADERS_ONLY if one.endswith("-dev")]
    missing = [one for one in libraries if not any(re.fullmatch(rf"{one}[-\d.]*", word) for word in words)]
    report.add(f"{name} has the libraries that the program loads", " ".join(sorted(missing)) or None)
    copied = re.findall(r"(?m)^COPY (?!--)(.+) \S+$", build)
    absent = [one for one in copied if not (ROOT / one).exists()]
    wanted = {"meson.build", *re.findall(r"(?:subdir|include_directories)\('(\w+)'\)", (ROOT / "meson.build").read_text())}
    absent += sorted(wanted - set(copied))
    report.add(f"{name} copies what the build reads", " ".join(absent) or None)
    program = re.search(r"ninja -C build (\S+)", build)[1]
    report.add(f"{name} takes the program that it built",
               None if f"COPY --from=build /gatefile/build/{program} /usr/local/bin/gatefile\n" in image
               and 'ENTRYPOINT ["/usr/local/bin/gatefile"]' in image else program)
    user = re.search(r"(?m)^USER (\d+):\d+$", image)
    report.add(f"{name} runs as nobody in particular", None if user and user[1] != "0" else "no USER that is a number")


def check_gatefile(report):
    """The agent's options in compose.yaml are ones that gatefile has, and lead to both backends."""
    binary = os.environ.get("GATEFILE", str(ROOT / "build" / "dev" / "src" / "cli" / "gatefile"))
    if not Path(binary).exists():
        report.add("gatefile is built", f"{binary} is missing")
        return
    options = re.findall(r"(?m)^      - (--\S+)$", (SAMPLE / "compose.yaml").read_text())
    known = subprocess.run([binary, "agent", "--help"], stdout=subprocess.PIPE, text=True, check=False).stdout
    for option in options:
        name = option.partition("=")[0]
        report.add(f"gatefile agent has {name}", None if name in known else "unknown option")

    places = {"/manifests": SAMPLE / "manifests", "/etc/traefik/traefik.yaml": SAMPLE / "traefik.yaml"}
    words = []
    for option in options:
        name, _, value = option.partition("=")
        if name not in ("--poll", "--out"):
            words.append(f"{name}={places.get(value, value)}" if value else name)
    done = subprocess.run([binary, "convert", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    report.add("gatefile converts the manifests", None if done.returncode == 0 else done.stderr)
    for url in ("http://web:80", "http://api:80"):
        report.add(f"{url} is served", None if f'"{url}"' in done.stdout else done.stdout)


def inside(work):
    prepare_network()
    report = Report()
    check_compose(report)
    for folder in CONTAINERFILES:
        check_containerfile(ROOT / "samples" / folder / "Containerfile", report)
    check_gatefile(report)
    if (CASE / "out.yaml").exists():
        start_traefik(work, report)
    else:
        report.add("the sample's golden case is there", "tests/testdata/samples/compose/out.yaml is missing")
    return report.end()


def main():
    if INSIDE in os.environ:
        return inside(Path(os.environ[INSIDE]))
    os.environ.setdefault("E2E_BACKEND", "none")  # No backend is asked here.
    work = Path(tempfile.mkdtemp(prefix="gatefile-compose-"))
    try:
        return enter_namespace(work)
    finally:
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
