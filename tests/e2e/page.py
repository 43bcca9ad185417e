#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The page of `gatefile graph` and of the agent, in a real Chromium over the DevTools protocol. Exit code 77: no Chromium."""

import base64
import http.client
import json
import os
import re
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BINARY = os.environ.get("GATEFILE", str(ROOT / "build/dev/src/cli/gatefile"))
DEMO = ROOT / "tests/cli/graph-as-mermaid/in.yaml"
PARTS = ROOT / "tests/testdata/samples/http-traefik-service/in.yaml"
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--remote-debugging-port=0", "--window-size=1440,900"]
ROUTES = 1000
# Nothing but Traefik knows whether it has a plugin of this name.
FAULT = """
---
apiVersion: traefik.io/v1alpha1
kind: Middleware
metadata: {name: unknown, namespace: shop}
spec: {plugin: {nobody-has-it: {a: b}}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: faulty, namespace: shop}
spec:
  parentRefs: [{name: public, namespace: infra, sectionName: web}]
  hostnames: [faulty.example]
  rules:
    - filters: [{type: ExtensionRef, extensionRef: {group: traefik.io, kind: Middleware, name: unknown}}]
      backendRefs: [{name: cart, port: 80}]
"""


class Tab:
    """A page in Chromium: commands over a WebSocket, and what went wrong in it."""

    def __init__(self, port):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request("PUT", "/json/new?about:blank")
        url = json.load(connection.getresponse())["webSocketDebuggerUrl"]
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(f"GET {url.split(str(port), 1)[1]} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
                            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode())
        self.stream = self.socket.makefile("rb")
        while self.stream.readline().strip():
            pass
        self.number, self.errors = 0, []
        for domain in ("Page", "Runtime", "Log"):
            self.call(f"{domain}.enable")

    def receive(self):
        text = b""
        while True:
            first, second = self.stream.read(2)
            size = second & 127
            if size == 126:
                size, = struct.unpack(">H", self.stream.read(2))
            elif size == 127:
                size, = struct.unpack(">Q", self.stream.read(8))
            text += self.stream.read(size)
            if first & 128:
                return json.loads(text)

    def call(self, method, **parameters):
        self.number += 1
        text = json.dumps({"id": self.number, "method": method, "params": parameters}).encode()
        size = bytes([128 | len(text)]) if len(text) < 126 else bytes([254]) + struct.pack(">H", len(text))
        self.socket.sendall(bytes([129]) + size + bytes(4) + text)  # a mask of zeros
        while True:
            message = self.receive()
            if message.get("id") == self.number:
                return message["result"]
            if message.get("method") == "Runtime.exceptionThrown":
                self.errors.append(str(message["params"]["exceptionDetails"])[:400])
            if message.get("method") == "Log.entryAdded" and message["params"]["entry"]["level"] == "error":
                self.errors.append(message["params"]["entry"]["text"])

    def run(self, script):
        answer = self.call("Runtime.evaluate", expression=f"(() => {{ {script} }})()", returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise AssertionError(str(answer["exceptionDetails"])[:400])
        return answer["result"].get("value")

    def open(self, url):
        self.call("Page.navigate", url=url)
        self.until("document.readyState === 'complete' && document.querySelector('#routes h2')?.textContent")

    def until(self, condition, within=20):
        end = time.monotonic() + within
        while not self.run(f"return Boolean({condition})"):
            assert time.monotonic() < end, f"never: {condition}; the page says: {self.run('return document.body.innerText')[:600]}"
            time.sleep(0.05)

    def count(self, column):
        return int(self.run(f"return document.querySelector('#{column} h2').textContent").split()[-1])

    def search(self, text):
        self.run(f"const s = document.getElementById('search'); s.value = {json.dumps(text)}; s.dispatchEvent(new Event('input'))")
        time.sleep(0.3)

    def choose(self, select, value):
        self.run(f"const s = document.getElementById('{select}'); s.value = {json.dumps(value)}; s.dispatchEvent(new Event('change'))")

    def click(self, node):
        self.run(f"document.querySelector('[data-id=\"{node}\"]').click()")

    def screenshot(self, path):
        Path(path).write_bytes(base64.b64decode(self.call("Page.captureScreenshot")["data"]))


def browser(work):
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if not program:
        print("chromium is not installed")
        sys.exit(77)
    process = subprocess.Popen([program, *FLAGS, f"--user-data-dir={work}/profile"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    told = work / "profile/DevToolsActivePort"
    end = time.monotonic() + 60
    while not (told.exists() and told.read_text().count("\n")):
        if process.poll() is not None or time.monotonic() > end:
            process.kill()
            print("chromium does not start here")
            sys.exit(77)
        time.sleep(0.1)
    return process, int(told.read_text().split("\n")[0])


def draw(work, manifests, *options):
    page = work / f"{manifests.stem}.html"
    subprocess.run([BINARY, "graph", "-f", manifests.name, "--output", "html", "-o", page, "--now", "2026-11-23T12:00:00Z", *options],
                   cwd=manifests.parent, check=True, capture_output=True)
    return f"file://{page}"


def is_red(tab, selector, what="color"):
    colour = tab.run(f"return getComputedStyle(document.querySelector({json.dumps(selector)}))['{what}']")
    red, green, blue = (int(part) for part in colour.strip("rgb()").split(",")[:3])
    return red > 150 and green < 140 and blue < 140


def test_shows_everything(tab, work):
    """every Gateway, listener, route, rule and backend is there, and lines between them"""
    tab.open(draw(work, DEMO))
    counts = [tab.count(column) for column in ("gateways", "listeners", "routes", "backends")]
    assert counts == [2, 3, 3, 6], counts
    assert tab.run("return document.querySelectorAll('.card').length") == 14
    assert tab.run("return document.querySelectorAll('button.rule').length") == 5
    assert tab.run("return document.querySelectorAll('#lines path').length") == 11


def test_services_of_services(tab, work):
    """a TraefikService has lines to its parts, in its own column, and says in what shares"""
    tab.open(draw(work, PARTS))
    # One to the listener, one to the route, one for each rule, two for each TraefikService.
    assert tab.run("return document.querySelectorAll('#lines path').length") == 8
    bows = [path for path in tab.run("return [...document.querySelectorAll('#lines path')].map((path) => path.getAttribute('d'))")
            if re.match(r"M([0-9.]+) .* \1 [0-9.]+$", path)]
    assert len(bows) == 4, bows
    tab.click("backend:TraefikService/demo/canary")
    text = tab.run("return document.getElementById('details').innerText")
    assert "9 of 10" in text and "1 of 10" in text, text


def test_problems_are_red(tab, work):
    """what is not served is red, and listed with file and line"""
    tab.open(draw(work, DEMO))
    assert is_red(tab, "[data-id='rule:HTTPRoute/shop/pay/1']")
    assert is_red(tab, ".card.failing", "borderTopColor")
    assert not is_red(tab, "[data-id='rule:HTTPRoute/shop/pay/0']")
    tab.run("document.getElementById('problems-button').click()")
    text = tab.run("return document.getElementById('problems').innerText")
    assert "error backend-denied" in text and "in.yaml:47" in text, text


def test_names_are_text(tab, work):
    """what manifests say stays text, whatever it looks like"""
    tab.open(draw(work, DEMO))
    rule = tab.run("return document.querySelector('[data-id=\"rule:HTTPRoute/shop/cart/0\"]').textContent")
    assert rule == '/cart header x-canary = "]</script><b>&', rule
    assert tab.run("return document.querySelectorAll('.card b, #details b').length") == 0
    assert tab.run("return document.querySelectorAll('script').length") == 2


def test_filters(tab, work):
    """search, namespace and Gateway leave what is connected"""
    tab.open(draw(work, DEMO))
    tab.search("WIKI.internal")
    assert [tab.count(column) for column in ("gateways", "listeners", "routes", "backends")] == [1, 1, 1, 1]
    tab.search("backend-denied")
    assert tab.run("return [...document.querySelectorAll('button.rule')].map((rule) => rule.textContent)") == ["/vault"]
    tab.search("no such thing")
    assert tab.count("routes") == 0
    tab.search("")
    tab.choose("namespace", "bank")
    assert (tab.count("routes"), tab.count("backends")) == (1, 3)
    tab.choose("namespace", "")
    tab.choose("gateway", "gateway:infra/internal")
    assert (tab.count("routes"), tab.count("backends")) == (1, 1)


def test_details(tab, work):
    """a click tells of a part, and leads to its line; the keyboard moves on"""
    tab.open(draw(work, DEMO, "--link", "https://git.example/x/{file}#L{line}"))
    tab.click("rule:HTTPRoute/shop/pay/1")
    text = tab.run("return document.getElementById('details').innerText")
    assert "not served" in text and "no ReferenceGrant" in text and "backend vault:80, broken" in text, text
    assert tab.run("return document.querySelector('#details a').href") == "https://git.example/x/in.yaml#L46"
    tab.run("document.dispatchEvent(new KeyboardEvent('keydown', {key: 'Escape'}))")
    assert tab.run("return document.getElementById('details').hidden")
    tab.run("document.querySelector('#routes button.head').focus()")
    for key, focused in (("ArrowDown", "route:HTTPRoute/shop/cart"), ("ArrowRight", "backend:shop/cart:80")):
        tab.run(f"document.activeElement.dispatchEvent(new KeyboardEvent('keydown', {{key: '{key}', bubbles: true}}))")
        assert tab.run("return document.activeElement.dataset.id") == focused
    assert draw(work, DEMO).endswith(".html")
    tab.open(draw(work, DEMO))
    tab.click("route:HTTPRoute/shop/pay")
    assert tab.run("return document.querySelector('#details a').getAttribute('href')").startswith("./in.yaml#L")


def test_many_routes(tab, work):
    """a thousand routes are a list that scrolls, and no thousand cards"""
    many = work / "many.yaml"
    route = "\n---\n{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {name: r%d, namespace: shop}, spec: {parentRefs: " \
        "[{name: public, namespace: infra, sectionName: web}], hostnames: [r%d.example], rules: [{backendRefs: [{name: cart, port: 80}]}]}}"
    many.write_text(DEMO.read_text() + "".join(route % (number, number) for number in range(ROUTES)))
    tab.open(draw(work, many))
    assert tab.count("routes") == ROUTES + 3
    assert tab.run("return document.querySelectorAll('.card').length") < 80
    tab.run("document.querySelector('#routes .scroll').scrollTop = 50000")
    tab.until("[...document.querySelectorAll('#routes .name')].some((name) => /^r[5-6]/.test(name.textContent))")
    took = tab.run("const s = document.getElementById('search'), t = performance.now(); s.value = 'r777'; show(); return performance.now() - t")
    assert tab.count("routes") == 1 and took < 1000, took
    print(f"# search among {ROUTES} routes: {took:.0f} ms")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_live(tab, work):
    """the agent's page shows what Traefik has loaded and what it refuses, follows changes, and says when it hears nothing"""
    traefik = os.environ.get("TRAEFIK") or subprocess.run([ROOT / "tests/tools/traefik.sh"], check=True, capture_output=True, text=True).stdout.strip()
    web, api, port = free_port(), free_port(), free_port()
    manifests, out = work / "manifests", work / "out"
    manifests.mkdir()
    out.mkdir()
    shutil.copy(DEMO, manifests / "in.yaml")
    static = work / "static.yaml"
    static.write_text(f"entryPoints: {{web: {{address: '127.0.0.1:{web}'}}, traefik: {{address: '127.0.0.1:{api}'}}}}\n"
                      f"api: {{insecure: true}}\nproviders: {{file: {{directory: {out}}}}}\nglobal: {{checkNewVersion: false}}\n")
    server = subprocess.Popen([traefik, f"--configFile={static}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    agent = subprocess.Popen([BINARY, "agent", "-f", manifests, "--out", out, "--traefik-config", static, "--port-map", f"80={web}",
                              "--traefik-api", f"http://127.0.0.1:{api}", "--listen", f"127.0.0.1:{port}"],
                             stdout=subprocess.DEVNULL, stderr=(work / "agent.log").open("w"))
    try:
        end = time.monotonic() + 30
        while socket.socket().connect_ex(("127.0.0.1", port)) != 0:
            assert time.monotonic() < end, (work / "agent.log").read_text()[-1000:]
            time.sleep(0.1)
        tab.open(f"http://127.0.0.1:{port}/")
        tab.until("/^generation [0-9a-f]{12}: loaded by Traefik/.test(document.getElementById('state').textContent)", within=40)
        assert tab.count("routes") == 3
        rule = tab.run("return document.querySelector('[data-id=\"rule:HTTPRoute/shop/cart/0\"]').textContent")
        assert rule == "/cart header x-canary", rule
        (manifests / "in.yaml").write_text(DEMO.read_text().replace("name: wiki, namespace: office}\nspec:\n", "name: news, namespace: office}\nspec:\n"))
        tab.until("document.querySelector('[data-id=\"route:HTTPRoute/office/news\"]')", within=20)
        (manifests / "fault.yaml").write_text(FAULT)
        tab.until("document.querySelector('[data-id=\"route:HTTPRoute/shop/faulty\"]')?.closest('.card').matches('.failing')", within=40)
        tab.run("document.getElementById('problems-button').click()")
        text = tab.run("return document.getElementById('problems').innerText")
        assert "traefik-refused" in text and "nobody-has-it" in text and "fault.yaml" in text, text
        (manifests / "fault.yaml").unlink()
        tab.until("!document.querySelector('[data-id=\"route:HTTPRoute/shop/faulty\"]')", within=40)
        assert tab.errors == [], tab.errors
        agent.terminate()
        agent.wait(timeout=20)
        tab.until("document.getElementById('state').textContent.startsWith('stale')", within=20)
        tab.errors.clear()  # that the agent is away is an error to Chromium
    finally:
        for process in (agent, server):
            process.kill()
            process.wait()


def main():
    failed = 0
    with tempfile.TemporaryDirectory(prefix="gatefile-page-", ignore_cleanup_errors=True) as folder:
        work = Path(folder)
        process, port = browser(work)
        try:
            for test in (test_shows_everything, test_services_of_services, test_problems_are_red, test_names_are_text, test_filters, test_details, test_many_routes, test_live):
                tab = Tab(port)
                try:
                    test(tab, work)
                    assert tab.errors == [], tab.errors
                    print(f"ok - {test.__doc__}")
                except (AssertionError, OSError, KeyError, subprocess.CalledProcessError) as problem:
                    failed += 1
                    print(f"not ok - {test.__doc__}\n# {problem}")
                if os.environ.get("SCREENSHOTS"):
                    tab.screenshot(Path(os.environ["SCREENSHOTS"]) / f"{test.__name__}.png")
        finally:
            process.kill()
            process.wait()
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
