#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds the offline evaluation (what `explain` and `test` say) against a stock Traefik, over generated clusters and requests.

Each seed is a cluster (tests/properties/cluster.hpp), published in one of the two formats, with 100 requests. For each request the
status, the location, the backend, what it sees of the request, the headers of the answer and the served certificate have to be as
said. Without --seed or --pairs the seeds of differential-seeds.txt are run and some from 1 on.
"""

import argparse
import concurrent.futures
import functools
import hashlib
import json
import os
import random
import re
import shlex
import socket
import ssl
import subprocess
import sys
import time
import urllib.parse
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(HERE))
from case_requests import Log  # noqa: E402
from cases import FORMATS  # noqa: E402
from sandbox import ADMIN, INSIDE, Failure, prepare_network, run_in_namespace  # noqa: E402
from stock_traefik import Traefik  # noqa: E402

CASES = os.environ.get("DIFFERENTIAL_CASES", str(ROOT / "build/dev/tests/properties/differential-cases"))
SEEDS = HERE / "differential-seeds.txt"
STATIC = 'entryPoints:\n  web:\n    address: ":80"\n  alt:\n    address: ":8080"\n  secure:\n    address: ":443"\n'
H2C = 13001  # the backend's port
AT_ONCE = 16  # requests that are written before the first answer is read
TIMEOUT = 10
# What Traefik adds of its own.
OF_THE_PROXY = ("x-forwarded-", "x-real-ip", "accept-encoding", "user-agent", "content-length", "x-case")
# The headers that filters and the backend's answers have; of others an answer may have any.
OF_ANSWERS = ("x-a", "x-b", "version", "x-new", "accept", "access-control-allow-origin", "access-control-allow-credentials",
              "access-control-allow-methods", "access-control-allow-headers", "access-control-expose-headers", "access-control-max-age")


# --- requests --------------------------------------------------------------------------------


class Broken(Exception):
    """No answer: the connection was refused, closed or reset, or the handshake failed."""


@functools.cache
def client_file(name):
    """A file with the certificate and key that this client shows."""
    path = Path(os.environ[INSIDE], f"client-{name}.pem")
    path.write_bytes(subprocess.run([CASES, "--client", name], stdout=subprocess.PIPE, check=True).stdout)
    return path


def request_bytes(case):
    target = "/" + case["url"].split("/", 3)[3]
    lines = [f"{case['method']} {target} HTTP/1.1", *case["headers"], "User-Agent: differential", f"X-Case: {case['number']}"]
    if case["method"] in ("POST", "PUT", "PATCH"):
        lines.append("Content-Length: 0")
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


class Connection:
    def __init__(self, port, secure, sni, client, _alone):
        try:
            self.socket = socket.create_connection(("127.0.0.1", port), TIMEOUT)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.certificate = None
            if secure:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
                context.check_hostname = False
                context.verify_mode = ssl.CERT_NONE
                if client:
                    context.load_cert_chain(client_file(client))
                self.socket = context.wrap_socket(self.socket, server_hostname=sni)
                self.certificate = hashlib.sha256(self.socket.getpeercert(True)).hexdigest()
        except OSError as error:
            raise Broken(str(error)) from None
        self.buffer = b""

    def send(self, data):
        try:
            self.socket.sendall(data)
        except OSError as error:
            raise Broken(str(error)) from None

    def more(self):
        try:
            data = self.socket.recv(65536)
        except OSError as error:
            raise Broken(str(error)) from None
        if not data:
            raise Broken("closed")
        self.buffer += data

    def until(self, mark):
        while mark not in self.buffer:
            self.more()
        part, _, self.buffer = self.buffer.partition(mark)
        return part

    def exactly(self, size):
        while len(self.buffer) < size:
            self.more()
        part, self.buffer = self.buffer[:size], self.buffer[size:]
        return part

    def answer(self, method):
        """{status, headers: [(name in lower case, value)], body}"""
        first, *lines = self.until(b"\r\n\r\n").decode("utf-8", "replace").split("\r\n")
        headers = [(name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines)]
        status = int(first.split(" ")[1])
        fields = dict(headers)
        body = b""
        if method == "HEAD" or status in (204, 304):
            pass
        elif fields.get("transfer-encoding") == "chunked":
            while size := int(self.until(b"\r\n"), 16):
                body += self.exactly(size + 2)[:-2]
            self.until(b"\r\n")
        else:
            body = self.exactly(int(fields.get("content-length", 0)))
        return {"status": status, "headers": headers, "body": body, "last": fields.get("connection") == "close",
                "certificate": self.certificate}

    def close(self):
        self.socket.close()


def ask(place, cases):
    """The answers to cases that go by the same kind of connection."""
    answers = []
    failures = 0
    while len(answers) < len(cases):
        connection, got = None, 0
        try:
            connection = Connection(*place)
            while len(answers) < len(cases):
                batch = cases[len(answers):len(answers) + AT_ONCE]
                connection.send(b"".join(request_bytes(case) for case in batch))
                for case in batch:
                    answers.append(dict(connection.answer(case["method"]), again=failures > 0))
                    got += 1
                    if answers[-1]["last"]:
                        raise Broken("closed")
        except Broken as broken:
            # What stood behind the last answer on this connection gets one of its own.
            failures = 0 if got else failures + 1
            if failures == 2 or (failures and connection is None):
                answers.append({"error": str(broken)})
                failures = 0
        finally:
            if connection:
                connection.close()
    return answers


# --- what is said, and what came -------------------------------------------------------------


def values(headers, name):
    return [value for key, value in headers if key == name]


def changed(headers, changes):
    """Headers of an answer, [(lower-case name, value)], after changes."""
    for change in changes:
        for one in change["set"]:
            headers = [h for h in headers if h[0] != one["name"].lower()] + [(one["name"].lower(), one["value"])]
        headers = headers + [(one["name"].lower(), one["value"]) for one in change["add"]]
        removed = {name.lower() for name in change["remove"]}
        headers = [h for h in headers if h[0] not in removed]
    return headers


def parameters(target, name):
    """The values of a parameter of the query, as Go reads them."""
    pieces = [piece.partition("=") for piece in target.partition("?")[2].split("&") if not re.search("%(?![0-9A-Fa-f]{2})|;", piece)]
    return [urllib.parse.unquote_plus(value) for key, _, value in pieces if urllib.parse.unquote_plus(key) == name]


def set_by_backend(target):
    """The headers that the backend sets because the query asks for them."""
    return [(name.lower(), value) for name, _, value in (one.partition(":") for one in parameters(target, "set"))]


def retries(found):
    """How often an answer with one of these codes is followed by another try: (attempts, codes)."""
    for setting in found["settings"]:
        said = re.fullmatch(r"up to (\d+) retries(?:, also after ([\d, ]+))?", setting)
        if said:
            return int(said[1]), {int(code) for code in (said[2] or "").split(",") if code}
    return 0, set()


def statuses(found, target):
    """What the client may get of a backend that fails the first requests with its key; and how many requests reach one."""
    first = (parameters(target, "fail") or ["0"])[0]
    failures = int(first) if first.isdigit() and parameters(target, "key") else 0
    code = int((parameters(target, "code") or ["503"])[0])
    attempts, codes = retries(found)
    tries = attempts + 1 if code in codes else 1
    if not failures:
        return [200], 1
    if said_copies(found):
        return [200, code], None  # Mirrors fail with the same key.
    if attempts and any(one["port"] == H2C for share in found["backends"] for one in share.get("endpoints", [])):
        return [200, code], None  # A new connection of HTTP/2 may fail under a request that has come, which is tried again.
    if len(found["backends"]) > 1:
        return [200, code], None  # Another may be tried next, and may not be there.
    return [200 if failures < tries else code], min(failures + 1, tries)


def alternatives(found):
    """What the client may get, as a list: of several backends any one."""
    if found["outcome"] in ("refused", "closed"):
        return [{"error": True}]
    if found["outcome"] == "passed-on":
        return [{"stream": share.get("endpoints", [])} for share in found["backends"]]
    if any("runs the Middleware infra/deny " in note for note in found["notes"]):
        return [{"status": 403, "headers": []}]
    changes = found["responseHeaders"]
    if not found["backends"]:
        headers = [(one["name"].lower(), one["value"]) for one in found["reply"]["headers"]]
        return [{"status": found["reply"]["status"], "headers": changed(headers, changes)}]
    sticks = "a session stays with its backend" in found["settings"]
    out = []
    for share in found["backends"]:
        both = share.get("responseHeaders", []) + changes
        if "seen" not in share:
            base = [("location", share["location"])] if "location" in share else []
            out.append({"status": share["status"], "headers": changed(base, both)})
            continue
        base = set_by_backend(share["seen"]["target"])
        for status in statuses(found, share["seen"]["target"])[0]:
            out.append({"status": status, "headers": changed(base, both), "seen": share["seen"], "endpoints": share["endpoints"],
                        "sticks": sticks})
    return out


def request_headers(headers):
    kept = {}
    for name, value in headers:
        if not name.lower().startswith(OF_THE_PROXY):
            kept.setdefault(name.lower(), []).append(value)
    return kept


def differs(wanted, answer):
    """How an answer is not the one that is wanted; None when it is."""
    if "error" in wanted or "error" in answer:
        closed = "error" in wanted or wanted.get("stream") == []
        return None if closed and "error" in answer else f"{'' if closed else 'no '}error is said"
    if "stream" in wanted:
        return stream_differs(wanted["stream"], answer)
    if wanted["status"] != answer["status"]:
        return f"status {wanted['status']} is said"
    for name in (*OF_ANSWERS, "location"):
        if values(wanted["headers"], name) != values(answer["headers"], name):
            return f"{name} of the answer {values(wanted['headers'], name)} is said"
    backend = seen_by_backend(answer)
    if "seen" not in wanted:
        return None if backend is None else "an answer without a backend is said"
    if backend is None:
        return "a backend is said"
    if all((one["host"], one["port"]) != (backend["address"], backend["port"]) for one in wanted["endpoints"]):
        return f"backend {wanted['endpoints']} is said"
    if wanted["sticks"] and not values(answer["headers"], "set-cookie"):
        return "a session is said"
    seen = wanted["seen"]
    for said, name in (("method", "method"), ("host", "host"), ("target", "path")):
        if seen[said] != backend[name]:
            return f"{said} {seen[said]!r} is said"
    said = request_headers((one["name"], one["value"]) for one in seen["headers"])
    came = request_headers((name, value) for name, lines in (backend["headers"] or {}).items() for value in lines)
    return None if said == came else f"headers {said} are said"


def stream_differs(endpoints, answer):
    """Of what is passed on as bytes: who answers is all that is said."""
    backend = seen_by_backend(answer)
    if backend is None and answer["status"] == 400 and endpoints:
        return None  # Not a request to any server.
    if backend is None or all((one["host"], one["port"]) != (backend["address"], backend["port"]) for one in endpoints):
        return f"connection to {endpoints} is said"
    return None


def seen_by_backend(answer):
    text = answer["body"] or (values(answer["headers"], "x-seen") or [""])[0]
    try:
        backend = json.loads(text)
    except ValueError:
        return None
    return backend if isinstance(backend, dict) and "address" in backend else None


def said_copies(found):
    """[("ns/service", percent)] of the mirrors that the filters name."""
    steps = found["filters"] + [step for share in found["backends"] for step in share["filters"]]
    effects = [step["effect"] for step in steps if step["filter"] == "requestMirror"]
    copies = (re.fullmatch(r"copies ([\d.]+) % of the requests to (.+):\d+", effect) for effect in effects)
    return [(copy[2], float(copy[1])) for copy in copies]


def reach_differs(case, answer, reached, addresses):
    """Which backends a request came to, `reached` being their addresses: those that are said, and mirrors."""
    found = case["found"]
    if found["outcome"] in ("refused", "closed", "passed-on") or "error" in answer:
        return None
    backend = seen_by_backend(answer)
    copies = said_copies(found) if found["backends"] else []
    named = {addresses[name]: percent for name, percent in copies if name in addresses}
    others = [address for address in reached if not backend or address != backend["address"]]
    again = backend or retries(found)[0]  # An answer of a backend may be followed by one of none.
    tried = {one["host"] for share in found["backends"] for one in share.get("endpoints", [])} if again else set()
    strangers = [address for address in others if named.get(address, 0) == 0 and address not in tried]
    if strangers:
        return f"{strangers} were asked"
    # Of several backends each has mirrors of its own.
    certain = backend and len(found["backends"]) == 1
    missing = [address for address, percent in named.items() if certain and percent == 100 and address not in reached]
    if missing:
        return f"a copy to {missing} is said"
    if backend and is_alone(case) and not answer.get("again") and "seen" in found["backends"][0]:
        wanted = statuses(found, found["backends"][0]["seen"]["target"])[1]
        if wanted is not None and len(reached) != wanted:
            return f"{wanted} tries are said, there were {len(reached)}"
    return None


def judge(case, answer, certificates):
    found = case["found"]
    problems = [differs(wanted, answer) for wanted in alternatives(found)]
    if is_alone(case) and answer.get("again"):
        return None  # It was sent twice, and the backend has counted.
    if any("at random" in note for note in found["notes"]) and ("error" in answer or answer["status"] == 421):
        return None
    if None not in problems:
        return "; or ".join(problems)
    if found["outcome"] == "passed-on":
        return None
    said = found.get("tls", {}).get("certificate")
    served = answer.get("certificate")
    if served and said and certificates.get(said) != served:
        return f"certificate {said} is said"
    if served and "tls" in found and not said and served in certificates.values():
        return "a certificate of Traefik's own is said"
    return None


# --- the run ---------------------------------------------------------------------------------


def generated(seeds, form, requests, static):
    """[(cluster, cases)] of each seed, made ahead in another process."""
    words = [CASES, str(static), form, str(requests), *map(str, seeds)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        cluster, cases = None, []
        for line in process.stdout:
            read = json.loads(line)
            if "published" in read:
                if cluster:
                    yield cluster, cases
                cluster, cases = read, []
            else:
                read["found"] = json.loads(read["found"])
                read["number"] = len(cases)
                cases.append(read)
        if cluster:
            yield cluster, cases
    if process.returncode != 0:
        raise Failure(f"{CASES} failed")


def place_of(case):
    scheme, _, rest = case["url"].partition("://")
    port = int(rest.partition("/")[0].partition(":")[2])
    return port, scheme == "https", case.get("sni"), case.get("client"), case["number"] if is_alone(case) else None


def is_alone(case):
    """Whether nothing may send it twice: backends count how often it comes."""
    return "fail=" in case["url"]


def by_place(cases):
    groups = {}
    for case in cases:
        groups.setdefault(place_of(case), []).append(case)
    return groups


def command(cluster, form, case):
    words = ["gatefile", "explain", "-f", f"{cluster['seed']}.yaml", "--to", form, case["method"], case["url"]]
    for header in case["headers"]:
        words += ["-H", header]
    if place_of(case)[1]:
        words += ["--sni", case.get("sni", "")]
    if "client" in case:
        words += ["--client-cert", f"{case['client']}.pem"]
    return shlex.join(words)


def shown(answer):
    if "error" in answer:
        return answer["error"]
    backend = seen_by_backend(answer)
    return f"{answer['status']} {answer['headers']} {backend or answer['body'][:200]}"


def run_cluster(cluster, cases, form, traefik, pool, report):
    title = f"seed {cluster['seed']} [{form}]"
    if cluster["refused"]:
        report.fault(title, "the API server would refuse " + cluster["refused"])
    try:
        traefik.load(form, cluster["published"])
        traefik.check(form)
    except Failure as failure:
        report.fault(title, f"does not load: {failure}")
        return
    Log.reset()
    groups = by_place(cases)
    answered = [pair for group, answers in zip(groups.values(), pool.map(ask, groups.keys(), groups.values()))
                for pair in zip(group, answers)]
    reached = wait_for_copies(answered, cluster["addresses"])
    for case, answer in answered:
        problem = judge(case, answer, cluster["certificates"])
        problem = problem or reach_differs(case, answer, reached.get(case["number"], []), cluster["addresses"])
        report.add(case)
        if problem:
            report.fault(title, f"{command(cluster, form, case)}\n{problem}, there came {shown(answer)}")


def wait_for_copies(answered, addresses):
    """{number of a case: addresses that it came to}, when the mirrors have had their time."""
    end = time.monotonic() + 1
    while True:
        reached = {}
        for seen in Log.read():
            for number in (seen.get("headers") or {}).get("X-Case", []):
                reached.setdefault(int(number), []).append(seen["address"])
        late = [case for case, answer in answered if reach_differs(case, answer, reached.get(case["number"], []), addresses)]
        if not late or time.monotonic() > end:
            return reached
        time.sleep(0.02)


class Report:
    def __init__(self, most):
        self.pairs = 0
        self.outcomes = {}
        self.faults = {}
        self.most = most

    def add(self, case):
        self.pairs += 1
        found = case["found"]
        status = found.get("reply", {}).get("status", "") if found["outcome"] == "answered" else ""
        key = f"{found['outcome']} {status}".strip()
        self.outcomes[key] = self.outcomes.get(key, 0) + 1

    def fault(self, title, text):
        told = self.faults.setdefault(title, 0)
        self.faults[title] += 1
        if told < 3 and len(self.faults) <= self.most:
            print(f"not ok - {title}: " + text.replace("\n", "\n#   "), flush=True)


def run_all(options, seeds, work):
    prepare_network()
    backend = subprocess.Popen([os.environ["E2E_BACKEND"], "serve", "-admin", f"127.0.0.1:{ADMIN}"],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    backend.stdout.readline()
    static = work / "static-entry-points.yaml"
    static.write_text(STATIC)
    began = time.monotonic()
    report = Report(options.most)
    traefik = Traefik(STATIC, work)
    try:
        for client in ("one", "two"):
            client_file(client)
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            for place, form in enumerate(FORMATS):
                ours = [seed for seed in seeds if seed in options.both or seed % 2 == place]
                for cluster, cases in generated(ours, form, options.requests, static) if ours else ():
                    run_cluster(cluster, cases, form, traefik, pool, report)
                traefik.load(form, traefik.idle(form)[0])
    finally:
        traefik.stop()
        backend.stdin.close()
        backend.wait()
    for outcome, count in sorted(report.outcomes.items()):
        print(f"#   {outcome}: {count}")
    if not report.faults:
        print(f"ok - {report.pairs} requests to {len(seeds)} generated clusters: the evaluation and Traefik agree")
    print(f"{report.pairs} pairs, {sum(report.faults.values())} disagreements in {len(report.faults)} clusters, "
          f"{time.monotonic() - began:.0f} s")
    return 1 if report.faults or not report.pairs else 0


def fresh():
    """The same in the namespace, where all is run once more."""
    return int(os.environ.setdefault("FRESH_SEED", str(random.randrange(10**9))))


def kept_seeds():
    lines = (line.partition("#")[0].strip() for line in SEEDS.read_text().splitlines())
    return [int(line) for line in lines if line]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, action="append", help="this cluster only, in both formats; may be repeated")
    parser.add_argument("--fresh", action="store_true", help="seeds that nobody has tried yet, in place of those from 1 on")
    parser.add_argument("--from", type=int, dest="first", help="seeds from here on, in place of the kept ones")
    parser.add_argument("--pairs", type=int, default=3000, help="requests in all, rounded up to whole clusters (default: 3000)")
    parser.add_argument("--requests", type=int, default=100, help="of each cluster (default: 100)")
    parser.add_argument("--most", type=int, default=20, help="clusters whose disagreements are shown (default: 20)")
    options = parser.parse_args()
    kept = options.seed or ([] if options.first is not None else kept_seeds())
    options.both = set(kept)
    seeds = kept
    if not options.seed:
        count = -(-options.pairs // options.requests) - len(kept)
        # The new network namespace starts this program again: the first process has chosen.
        first = options.first if options.first is not None else fresh() if options.fresh else 1
        seeds = kept + [first + i for i in range(max(count, 1 if kept else 0))]
        if INSIDE in os.environ:
            print(f"# {len(kept)} kept seeds, then from {first}")
    return run_in_namespace(lambda work: run_all(options, seeds, work))


if __name__ == "__main__":
    sys.exit(main())
