# SPDX-License-Identifier: Apache-2.0
"""Load for `serve`: contestants are asked in turn by the same drawn requests."""

import random
import re
import statistics
import subprocess
from pathlib import Path

import generate
from programs import cpu_of, cpu_of_children

CONNECTIONS = 32
SEED = 4711

# What a browser sends along, so that a request has an everyday size.
BROWSER = {
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Encoding": "gzip, deflate, br, zstd",
    "Accept-Language": "en-GB,en;q=0.7,de;q=0.3",
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
}

LUA = """-- Asks for drawn requests in a fixed order that looks random.
local requests = {}
function init(arguments)
  for line in io.lines("%(list)s") do
    local host, path, canary = line:match("^(%%S+) (%%S+) (%%S+)$")
    local headers = {["Host"] = host, %(headers)s}
    if canary ~= "-" then headers["%(canary)s"] = canary end
    requests[#requests + 1] = wrk.format("GET", path, headers)
  end
  math.randomseed(%(seed)d)
end
function request() return requests[math.random(#requests)] end
function done(summary)
  local e = summary.errors
  io.write(string.format("result %%d %%d %%d\\n", summary.requests, summary.duration,
    e.connect + e.read + e.write + e.timeout + e.status))
end
"""


def script(path, hosts, draws):
    """A wrk script; the same seed draws the same requests for every contestant."""
    chance = random.Random(SEED)
    with open(f"{path}.list", "w", encoding="utf-8") as file:
        for _ in range(draws):
            host = chance.choice(hosts)
            target, canary = chance.choice(generate.requests())
            file.write(f"{host} {target} {generate.CANARY[1] if canary else '-'}\n")
    headers = ", ".join(f'["{name}"] = "{value}"' for name, value in BROWSER.items())
    Path(path).write_text(
        LUA
        % {"list": f"{path}.list", "headers": headers, "canary": generate.CANARY[0], "seed": SEED}
    )
    return path


def load(traefik, backend, lua, seconds):
    """Requests per second; CPU microseconds per request of Traefik, and of all that took part."""
    before, others = traefik.cpu(), cpu_of(backend.process) + cpu_of_children()
    done = subprocess.run(
        [
            "wrk",
            "-t1",
            f"-c{CONNECTIONS}",
            f"-d{seconds}s",
            "--timeout",
            "60s",
            "-s",
            lua,
            f"http://127.0.0.1:{traefik.port}",
        ],
        check=False,
        capture_output=True,
        text=True,
        timeout=seconds + 120,
    )
    spent = traefik.cpu() - before
    others = cpu_of(backend.process) + cpu_of_children() - others
    found = re.search(r"^result (\d+) (\d+) (\d+)$", done.stdout, re.MULTILINE)
    if not found or found[3] != "0" or found[1] == "0":
        raise SystemExit(f"wrk: {done.stdout[-600:]}{done.stderr[-600:]}")
    count = int(found[1])
    return count / (int(found[2]) / 1e6), spent / count * 1e6, (spent + others) / count * 1e6


def rounds_of(contestants, backend, scripts, rounds, seconds):
    """{script: {name: [load(), ...]}}: a round asks each contestant for each once."""
    taken = {what: {name: [] for name in contestants} for what in scripts}
    for number in rounds:
        turn = number % len(contestants)
        names = [*contestants][turn:] + [*contestants][:turn]
        for what, lua in scripts.items():
            for name in names if number % 2 == 0 else reversed(names):
                taken[what][name].append(load(contestants[name], backend, lua, seconds))
    return taken


def median(taken, name, column):
    return statistics.median(sample[column] for sample in taken[name])


def ratio(taken, name, base):
    """How much more requests than `base`: by the clock, and by the CPU time of everything."""
    pairs = list(zip(taken[name], taken[base]))
    return statistics.median(a[0] / b[0] for a, b in pairs), statistics.median(
        b[2] / a[2] for a, b in pairs
    )
