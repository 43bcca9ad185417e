#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The first publication of this agent over what the previous release published changes nothing that need not change.

    publication.py            GATEFILE=path of the binary (default build/dev/src/cli/gatefile)
    publication.py --record   takes the present golden outputs as those of the previous release

The previous release's outputs come from its tag (vN.N.N, the newest below HEAD), else from recorded/ beside this file.
For each case and format: what it published is put in place with its ownership record, the agent starts on the same
manifests, and what Traefik would notice is counted: events in the directory, and parts that were renamed, added or changed.
changed.txt lists what a release changes on purpose: `CASE FORMAT PART`, PART as `gatefile diff --dynamic` names it.
"""

import argparse
import ctypes
import hashlib
import http.client
import io
import os
import re
import shlex
import shutil
import socket
import struct
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
RECORDED = HERE / "recorded"
GATEFILE = os.environ.get("GATEFILE", str(ROOT / "build/dev/src/cli/gatefile"))
CASES = ["samples/https", "samples/http-redirects", "samples/http-timeouts", "samples/http-weights", "samples/http-mirror",
         "samples/tls-options", "samples/two-gateways", "hostname/many-hosts", "hostname/listener-isolation",
         "tls-route/beside-https", "grpc/attachment", "listener/filters-run-before-matches", "tcp/shares", "udp/shares",
         "backend-tls/options", "samples/http-external-auth"]
# Marks of theirs are drawn anew at each start of an agent: one event, and no part that differs but for the mark.
DRAWN = {"samples/http-external-auth", "listener/filters-run-before-matches"}
MARK = re.compile(r"/gatefile-auth/[0-9a-f]{32}")
OUTPUT = {"file": ("out.yaml", "gatefile.yml"), "plugin": ("out.json", "gatefile.json")}
KEPT = ("in.yaml", "args", "static.yaml", "out.yaml", "out.json")

IN_NOTICED = 0x2 | 0x4 | 0x8 | 0x40 | 0x80 | 0x100 | 0x200  # modified, attributes, closed, moved, made, deleted


class Events:
    """What inotify tells of a directory, as it tells Traefik's file provider."""

    def __init__(self, directory):
        libc = ctypes.CDLL(None, use_errno=True)
        self.fd = libc.inotify_init1(os.O_NONBLOCK)
        if libc.inotify_add_watch(self.fd, str(directory).encode(), IN_NOTICED) < 0:
            raise OSError(ctypes.get_errno(), "inotify")

    def names(self):
        found = []
        try:
            data = os.read(self.fd, 1 << 16)
        except BlockingIOError:
            data = b""
        while data:
            _, mask, _, length = struct.unpack_from("iIII", data)
            name = data[16:16 + length].rstrip(b"\0").decode()
            if name != ".gatefile":
                found.append(f"{mask:#x} {name}")
            data = data[16 + length:]
        os.close(self.fd)
        return found


def base_static():
    return (ROOT / "tests/testdata/_base/static.yaml").read_text()


def record():
    shutil.rmtree(RECORDED, ignore_errors=True)
    for case in CASES:
        source, target = ROOT / "tests/testdata" / case, RECORDED / case
        target.mkdir(parents=True)
        for name in KEPT:
            if (source / name).exists():
                shutil.copy(source / name, target / name)
        if not (target / "static.yaml").exists():
            (target / "static.yaml").write_text(base_static())
    print(f"recorded {len(CASES)} cases")


def git(*words):
    done = subprocess.run(["git", "-C", ROOT, *words], capture_output=True, check=False)
    return done.stdout if done.returncode == 0 else b""


def previous_release(work):
    """(what it is called, the folder with its cases)"""
    tags = git("tag", "--list", "v[0-9]*", "--merged", "HEAD", "--sort=-version:refname").decode().split()
    head = git("rev-parse", "HEAD")
    tags = [tag for tag in tags if git("rev-parse", tag + "^{commit}") != head]
    if not tags:
        return "no release yet: tests/stability/recorded", RECORDED
    with tarfile.open(fileobj=io.BytesIO(git("archive", tags[0], "tests/testdata", "samples"))) as archive:
        archive.extractall(work, filter="data")
    folder = work / "tests/testdata"
    for case in CASES:
        if (folder / case).exists() and not (folder / case / "static.yaml").exists():
            shutil.copy(folder / "_base/static.yaml", folder / case / "static.yaml")
    return f"release {tags[0]}, from its tag", folder


def place(case, form, out):
    """The directory as the previous release left it."""
    source, name = OUTPUT[form]
    content = (case / source).read_bytes()
    (out / ".gatefile").mkdir(parents=True, mode=0o700)
    (out / name).write_bytes(content)
    (out / name).chmod(0o600)
    # Nothing is held back: how much was served is not what is tested here.
    (out / ".gatefile/owned").write_text(f"gatefile owned 1\nweight 0\n{hashlib.sha256(content).hexdigest()} {name}\n")
    (out / ".gatefile/owned").chmod(0o600)


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def has_published(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/metrics")
        text = connection.getresponse().read().decode()
        return re.search(r"(?m)^gatefile_publish_last_success_timestamp_seconds [1-9]", text)
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def run_agent(case, form, out):
    words = shlex.split((case / "args").read_text(), comments=True) if (case / "args").exists() else []
    port = free_port()
    agent = subprocess.Popen([GATEFILE, "agent", "-f", "in.yaml", "--traefik-config", "static.yaml", *words, "--to", form, "--out", out,
                              "--listen", f"127.0.0.1:{port}"], cwd=case, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    end = time.monotonic() + 15
    while not has_published(port):
        if agent.poll() is not None or time.monotonic() > end:
            agent.kill()
            raise RuntimeError("the agent does not publish: " + agent.communicate()[1][-1500:])
        time.sleep(0.02)
    agent.terminate()
    agent.communicate(timeout=15)


def allowed():
    file = HERE / "changed.txt"
    lines = file.read_text().splitlines() if file.exists() else []
    return {line.strip() for line in lines if line.strip() and not line.startswith("#")}


def try_case(name, case, form, work):
    """(events, parts that differ and are not meant to)"""
    out, before = work / f"{form}-now", work / f"{form}-before"
    place(case, form, out)
    place(case, form, before)
    events = Events(out)
    run_agent(case, form, out)
    noticed = events.names()
    for folder in (out, before):
        shutil.rmtree(folder / ".gatefile")
        file = folder / OUTPUT[form][1]
        file.write_text(MARK.sub("/gatefile-auth/drawn", file.read_text()))
    told = subprocess.run([GATEFILE, "diff", "--dynamic", before, out], capture_output=True, text=True, check=False)
    if told.returncode not in (0, 1):
        raise RuntimeError(told.stderr)
    parts = {}
    for line in told.stdout.splitlines():
        part = re.search(r'\[diff-dynamic-(\w+)\]: "([^"]*)"', line)
        if part:
            parts[part[2]] = part[1]
    meant = allowed()
    unmeant = {part: fate for part, fate in parts.items() if f"{name} {form} {part}" not in meant}
    return noticed, unmeant, len(parts) - len(unmeant)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--record", action="store_true")
    if parser.parse_args().record:
        record()
        return 0
    failed = 0
    with tempfile.TemporaryDirectory() as scratch:
        work = Path(scratch)
        called, folder = previous_release(work)
        print(f"# {called}")
        for name in CASES:
            case = folder / name
            if not (case / "out.json").exists() and folder != RECORDED:
                continue  # it came later
            for form in OUTPUT:
                place_for = work / "run" / name.replace("/", "-")
                place_for.mkdir(parents=True, exist_ok=True)
                noticed, parts, meant = try_case(name, case, form, place_for)
                fates = {fate: sum(1 for one in parts.values() if one == fate) for fate in ("removed", "added", "changed")}
                most = 1 if name in DRAWN or meant else 0
                bad = parts or len(noticed) > most
                failed += bool(bad)
                counted = ", ".join(f"{count} {fate}" for fate, count in fates.items())
                print(f"{'not ok' if bad else 'ok'} - {name} [{form}]: {len(noticed)} events, {counted}, {meant} meant to change")
                for part, fate in list(parts.items())[:10] if bad else []:
                    print(f"#   {part} {fate}; if that is meant: echo '{name} {form} {part}' >> tests/stability/changed.txt")
                if bad and not parts:
                    print(f"#   {noticed}")
    print(f"# {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
