#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The provider plugin as Traefik interprets it: how soon a publication is served, and what cannot disturb it.

What goes for any Go program is in src/plugin/provider_test.go.
"""

import json
import os
import statistics
import sys
import time

sys.dont_write_bytecode = True  # nothing next to the sources
from case_requests import Client  # noqa: E402
from cases import DEFAULT_STATIC  # noqa: E402
from sandbox import HERE, Failure, Report, prepare_network, run_in_namespace  # noqa: E402
from stock_traefik import MARKER, Traefik  # noqa: E402

ROUNDS = 30
POLL = 1.0
# A loaded machine is no reason to fail; waiting for the poll would be.
SLOWEST = 0.5 * POLL


class Plugin:
    """A Traefik with the plugin, and a route whose path is the generation: served means 502."""

    def __init__(self, work):
        self.traefik = Traefik(DEFAULT_STATIC, work)
        self.directory = self.traefik.directories["plugin"]
        self.pipe = self.directory / ".gatefile" / "wake"
        self.file = self.directory / "gatefile.json"
        self.client = Client()
        self.count = 0

    def content(self, path):
        # Without a default certificate Traefik makes one at each change, and that is all one would measure.
        certificate = {"certFile": (HERE / "backend/tls/cert.pem").read_text(), "keyFile": (HERE / "backend/tls/key.pem").read_text()}
        return json.dumps({"tls": {"stores": {"default": {"defaultCertificate": certificate}}}, "http": {
            "routers": {"r": {"rule": f"Path(`{path}`)", "entryPoints": ["web"], "service": "s"}},
            "services": {"s": {"loadBalancer": {"servers": [{"url": "http://127.0.0.1:1"}]}}},
            "middlewares": {MARKER: {"headers": {"customResponseHeaders": {"X-Generation": path}}}},
        }})

    def next(self):
        self.count += 1
        return f"/{self.count}"

    def serves(self, path):
        order = {"to": "127.0.0.1:8000", "method": "GET", "host": "a.example", "target": path}
        return self.client.send(order)["status"] == 502

    def publish(self, within):
        """Publishes a new generation and returns the seconds until it is served."""
        path = self.next()
        content = self.content(path)
        began = time.monotonic()
        self.traefik.publish("plugin", content)
        while not self.serves(path):
            if time.monotonic() > began + within:
                raise Failure(f"generation {path} is not served after {within} s")
            time.sleep(0.0005)
        return time.monotonic() - began

    def replace(self, content):
        """Puts a file in place without a wake-up."""
        temporary = self.directory / ".gatefile" / "next.tmp"
        temporary.write_text(content)
        temporary.rename(self.file)

    def undisturbed(self, disturb):
        """What is served must still be after a disturbance, and the next publication must come through."""
        self.publish(3 * POLL)
        path = f"/{self.count}"
        disturb()
        time.sleep(1.5 * POLL)
        if not self.serves(path):
            raise Failure("the last good configuration is gone")
        self.publish(3 * POLL)

    # The tests, in order.

    def wakes(self):
        """a publication is served at once"""
        self.publish(3 * POLL)
        times = []
        for _ in range(ROUNDS):
            times.append(self.publish(3 * POLL))
            time.sleep(0.05)
        print(f"# rename to served: median {statistics.median(times) * 1000:.1f} ms, most {max(times) * 1000:.1f} ms")
        if statistics.median(times) > SLOWEST:
            raise Failure("the wake-up does not arrive")

    def truncated(self):
        """a truncated file changes nothing"""
        self.undisturbed(lambda: self.replace(self.content("/x")[:-10]))

    def null(self):
        """JSON that is no object changes nothing"""
        self.undisturbed(lambda: self.replace("null"))

    def wrong_type(self):
        """JSON that Traefik cannot decode changes nothing"""
        self.undisturbed(lambda: self.replace('{"http": []}'))

    def broken(self):
        """what is no JSON between its braces changes nothing"""
        content = self.content("/x")
        self.undisturbed(lambda: self.replace(content.replace('"services":', '"services"')))
        self.undisturbed(lambda: self.replace(content + "}"))

    def empty(self):
        """an empty file changes nothing"""
        self.undisturbed(lambda: self.replace(""))

    def vanished(self):
        """a vanished file changes nothing"""
        self.undisturbed(self.file.unlink)

    def pipe_as_file(self):
        """a pipe in place of the file changes nothing"""
        def disturb():
            self.file.unlink()
            os.mkfifo(self.file)
        self.undisturbed(disturb)

    def no_pipe(self):
        """without the pipe it polls"""
        self.undisturbed(self.pipe.unlink)

    def file_as_pipe(self):
        """a file in place of the pipe is ignored"""
        self.undisturbed(lambda: self.pipe.write_text("x"))
        self.pipe.unlink()

    def new_pipe(self):
        """a new pipe is found"""
        os.mkfifo(self.pipe)
        time.sleep(2.5 * POLL)
        taken = self.publish(3 * POLL)
        if taken > SLOWEST:
            raise Failure(f"served after {taken:.3f} s only")

    def stops(self):
        """Traefik stops without waiting for it"""
        began = time.monotonic()
        self.traefik.stop()
        if time.monotonic() > began + 5:
            raise Failure("Traefik took its time")


def run(work):
    prepare_network()
    report = Report()
    plugin = Plugin(work)
    try:
        report.play((plugin.wakes, plugin.truncated, plugin.null, plugin.wrong_type, plugin.broken, plugin.empty, plugin.vanished,
                     plugin.pipe_as_file, plugin.no_pipe, plugin.file_as_pipe, plugin.new_pipe, plugin.stops))
    finally:
        plugin.traefik.stop()
        plugin.client.stop()
    return report.end()


if __name__ == "__main__":
    sys.exit(run_in_namespace(run))
