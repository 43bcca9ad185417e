# SPDX-License-Identifier: Apache-2.0
"""The lines of requests.txt (README.md): sent, and what was answered compared."""

import http.client
import json
import os
import re
import shlex
import subprocess
import time

from cases import FORMATS
from sandbox import ADMIN, Failure


class Client:
    """The client mode of the backend program: one JSON line in, one out."""

    def __init__(self):
        self.process = subprocess.Popen([os.environ["E2E_BACKEND"], "request"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def send(self, order):
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def stop(self):
        self.process.stdin.close()
        self.process.wait()


class Log:
    """What the backend has seen since the last reset."""

    @staticmethod
    def ask(method):
        connection = http.client.HTTPConnection("127.0.0.1", ADMIN, timeout=10)
        try:
            connection.request(method, "/log")
            return connection.getresponse().read()
        finally:
            connection.close()

    @classmethod
    def reset(cls):
        cls.ask("DELETE")

    @classmethod
    def read(cls):
        return json.loads(cls.ask("GET")) or []


class Request:
    """One line of requests.txt."""

    def __init__(self, line, case):
        only = re.match(r"\[(\w+)\]\s*", line)
        self.only = only[1] if only else None
        if self.only and self.only not in FORMATS:
            raise Failure(f"unknown format [{self.only}]")
        left, arrow, right = line[only.end() if only else 0:].partition(" => ")
        if not arrow:
            raise Failure("no ' => ' in the line")
        first, *options = [part.strip() for part in left.split(" | ")]
        words = first.split()
        if len(words) != 2:
            raise Failure(f"not METHOD URL: {first}")
        self.method, self.url = words
        self.headers, self.controls = [], {}
        for option in options:
            name, colon, value = option.partition(":")
            if not colon:
                raise Failure(f"not NAME: VALUE: {option}")
            if name.startswith("@"):
                self.controls[name[1:].strip()] = value.strip()
            else:
                self.headers.append([name.strip(), value.strip()])
        unknown = set(self.controls) - {"proto", "sni", "to", "body", "body-size", "client-cert", "cookies", "timeout", "alpn", "client", "alone"}
        if unknown:
            raise Failure("unknown control @" + sorted(unknown)[0])

        self.expected, *assertions = shlex.split(right)
        self.assertions = [parse_assertion(text) for text in assertions]
        self.times = next((int(value) for _, name, _, value in self.assertions if name == "times"), 1)
        self.case = case

    def order(self, traefik):
        parts = re.match(r"(https?|udp|tcp|tls)://(\[[^\]]*\]|[^/:?#]*)(?::(\d+))?(.*)", self.url)
        if not parts:
            raise Failure(f"not a URL: {self.url}")
        scheme, name, port, target = parts.groups()
        default = {"http": 80, "https": 443, "udp": 53, "tcp": 0, "tls": 443}[scheme]
        port = int(port or default)
        host = name if port == default else f"{name}:{port}"
        headers = []
        for header in self.headers:
            if header[0].lower() == "host":
                host = header[1]
            else:
                headers.append(header)
        body = self.controls.get("body", "")
        if "body-size" in self.controls:
            body = "x" * int(self.controls["body-size"])
        certificate = self.controls.get("client-cert")
        return {
            "proto": {"udp": "udp", "tcp": "stream", "tls": "stream"}.get(scheme) or self.controls.get("proto", "http/1.1"),
            "to": self.controls.get("to") or traefik.address_of(port, self.case.port_map, "udp" if scheme == "udp" else "tcp"),
            "tls": scheme in ("https", "tls"),
            "sni": self.controls.get("sni", name),
            "alpn": [name for name in self.controls.get("alpn", "").split(",") if name],
            "client": self.controls.get("client", ""),
            "cert": (self.case.path / certificate).read_text() if certificate else "",
            "method": self.method,
            "host": host,
            "target": target if target.startswith("/") or scheme in ("udp", "tcp", "tls") or self.method == "OPTIONS" and target == "*" else "/" + target,
            "headers": headers,
            "body": body,
            "timeout": float(self.controls.get("timeout", 10)),
        }

    def play(self, client, traefik):
        order = self.order(traefik)
        jar, answers = {}, []
        Log.reset()
        for _ in range(self.times):
            sent = dict(order)
            if jar:
                sent["headers"] = order["headers"] + [["Cookie", "; ".join(f"{k}={v}" for k, v in jar.items())]]
            answer = client.send(sent)
            if self.controls.get("cookies") == "keep":
                for cookie in (answer.get("headers") or {}).get("Set-Cookie", []):
                    key, _, value = cookie.partition(";")[0].partition("=")
                    jar[key] = value
            try:
                answer["backend"] = json.loads(answer.get("body") or "null")
            except ValueError:
                answer["backend"] = None
            if not isinstance(answer["backend"], dict) or "address" not in answer["backend"]:
                answer["backend"] = None
            answers.append(answer)

        bad = []
        for answer in answers:
            bad = [text for text in (self.judge_status(answer), *(self.judge(a, answer) for a in self.assertions)) if text]
            if bad:
                bad.append(describe(answer))
                break
        for assertion in self.assertions:
            text = self.judge_all(assertion, answers)
            if text:
                bad.append(text)
        if bad:
            raise Failure("\n".join(bad))

    def services(self, address):
        return self.case.backends.get(address, {f"?/{address}"})

    def judge_status(self, answer):
        error = answer.get("error")
        got = f"error: {error}" if error else f"status {answer['status']}"
        for wanted in self.expected.split("|"):
            if wanted.startswith("error"):
                held = bool(error) and wanted.partition("~")[2] in error
            else:
                held = not error and re.fullmatch(wanted.lower().replace("x", "[0-9]"), str(answer["status"]))
            if held:
                return None
        return f"expected {self.expected}, got {got}"

    def judge(self, assertion, answer):
        """One assertion about one answer; those about all answers are in judge_all."""
        negated, name, operator, value = assertion
        if name in ("times", "share", "mirror", "attempts", "same"):
            return None
        backend = answer["backend"]
        headers = answer.get("headers") or {}

        if name.startswith("response."):
            return compare(assertion, header(headers, name[9:]))
        if name == "location":
            return compare(assertion, header(headers, "Location"))
        if name == "body":
            return compare(assertion, answer.get("body"))
        if name == "cert":
            names = answer.get("names") or []
            return None if (value in names) != negated else f"{show(assertion)}: the certificate has {names}"
        if name == "time":
            limit = float(value.removesuffix("ms")) / 1000 if value.endswith("ms") else float(value.removesuffix("s"))
            held = answer["seconds"] < limit if operator == "<" else answer["seconds"] > limit
            return None if held else f"{show(assertion)}: took {answer['seconds']:.3f} s"

        if backend is None:
            return None if negated else f"{show(assertion)}: no backend answered"
        if name == "backend":
            names = self.services(backend["address"])
            names = names | {f"{service}:{backend['port']}" for service in names} | {backend["address"]}
            held = bool(names & set(value.split(","))) != negated
            return None if held else f"{show(assertion)}: {' '.join(sorted(names))} answered"
        if name.startswith("request."):
            return compare(assertion, header(backend["headers"] or {}, name[8:]))
        known = {"path", "host", "method", "proto", "sni", "tls", "port", "client"}
        if name in known:
            found = backend[name]
            return compare(assertion, str(found).lower() if isinstance(found, bool) else str(found))
        if name == "body-size":
            return compare(assertion, str(backend["body"]))
        return f"unknown assertion {show(assertion)}"

    def judge_all(self, assertion, answers):
        negated, name, _, value = assertion
        if name == "same":
            addresses = {answer["backend"]["address"] if answer["backend"] else None for answer in answers}
            return None if (len(addresses) == 1) != negated else f"{show(assertion)}: answers from {addresses}"
        if name == "share":
            service, _, share = value.rpartition(":")
            got = sum(1 for a in answers if a["backend"] and service in self.services(a["backend"]["address"])) / len(answers)
            wanted = float(share)
            # The rest of one turn of the wheel is the most that a fair split can be off.
            held = got == wanted if wanted in (0.0, 1.0) else abs(got - wanted) <= 0.05 + 1 / len(answers)
            return None if held else f"{show(assertion)}: {got:.2f}"
        if name == "attempts":
            # Mirrors among them arrive after the answer.
            end = time.monotonic() + 2.0
            while (got := len(Log.read())) < int(value) and time.monotonic() < end:
                time.sleep(0.02)
            return None if got == int(value) else f"{show(assertion)}: the backends saw {got}"
        if name == "mirror":
            service, _, count = value.partition(":")
            count = 0 if negated else int(count) if count else None
            end = time.monotonic() + (0.3 if count == 0 else 2.0)
            while True:
                got = sum(1 for entry in Log.read() if service in self.services(entry["address"]))
                enough = got >= (count or 1) if count != 0 else False
                if enough or time.monotonic() > end:
                    break
                time.sleep(0.02)
            held = got == count if count is not None else got > 0
            return None if held else f"{show(assertion)}: it saw {got}"
        return None


def parse_assertion(text):
    negated = text.startswith("!")
    found = re.match(r"!?([^=~<>]+)(?:([=~<>])(.*))?$", text, re.S)
    if not found:
        raise Failure(f"not an assertion: {text}")
    return negated, found[1], found[2] or "", found[3] or ""


def show(assertion):
    negated, name, operator, value = assertion
    return f"{'!' if negated else ''}{name}{operator}{value}"


def header(headers, name):
    """All lines of a header, joined; None where there is none."""
    lines = [line for key, values in headers.items() if key.lower() == name.lower() for line in values]
    return ",".join(lines) if lines else None


def compare(assertion, found):
    negated, _, operator, value = assertion
    if operator == "=":
        # "a, b" and "a,b", and two lines with one value each, are the same list.
        held = found is not None and re.sub(r",\s+", ",", found) == re.sub(r",\s+", ",", value)
    elif operator == "~":
        held = found is not None and value in found
    else:
        held = found is not None
    return None if held != negated else f"{show(assertion)}: got {found!r}"


def describe(answer):
    text = f"answer: {answer['status']} {answer.get('error') or ''} {json.dumps(answer.get('headers'))} {answer.get('body')}"
    return text if len(text) < 1500 else text[:1500] + "…"
