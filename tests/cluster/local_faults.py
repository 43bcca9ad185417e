# SPDX-License-Identifier: Apache-2.0
"""The agent killed, the disk full or read-only, Traefik restarted or silent: traffic goes on, it is said what is wrong, and
all is well again without a restart."""

import json
import os
import random
import signal
import subprocess
import threading
import time

import objects
from actors import FILE, Load, Site
from cluster import Failure, until
from serving import settled
from suite import equal, test

KILLS, KILLS_LONG = 20, 200
SEED = 20261123
PUBLISHED = {"plugin": "gatefile.json", "file": "gatefile.yml"}


class Reader:
    """Reads what is published all the time, as Traefik might: every version must be whole."""

    def __init__(self, file, last_word):
        self.file, self.last_word = file, last_word
        self.versions, self.bad = set(), []
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _run(self):
        while not self.over.wait(0.001):
            try:
                with self.file.open() as stream:
                    about, text = os.fstat(stream.fileno()), stream.read()
            except FileNotFoundError:
                self.bad.append("there is none")
                continue
            version = about.st_ino, about.st_mtime_ns
            if version in self.versions:
                continue
            self.versions.add(version)
            try:
                if self.file.suffix == ".json":
                    json.loads(text)
                elif not text.endswith("\n"):
                    raise ValueError("it breaks off")
                if self.last_word not in text:
                    raise ValueError(f"{self.last_word} is missing")
            except ValueError as error:
                self.bad.append(f"{error} in {len(text)} bytes")

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, kind, *_):
        self.over.set()
        self.thread.join()
        if kind is None and self.bad:
            raise Failure(f"{len(self.bad)} of {len(self.versions)} versions are broken: {self.bad[0]}")


def killed_at_any_moment(lab, form):
    chance = random.Random(SEED)
    with Site(lab.plane, f"kill-{form}", form=form).install(*(f"r{number}" for number in range(50))).start() as site:
        settled(site, "r49")
        over, number = threading.Event(), [0]

        def change():
            while not over.is_set():
                number[0] += 1
                site.route("r1", f"/{number[0]}")
                over.wait(0.02)

        changer = threading.Thread(target=change, daemon=True)
        changer.start()
        try:
            with Load(site.traefik, site.host("r0")), Reader(site.traefik.out / PUBLISHED[form], f"r49.kill-{form}") as reader:
                for _ in range(KILLS_LONG if lab.long else KILLS):
                    publications = len(reader.versions)
                    until(lambda: len(reader.versions) > publications, lambda: "the agent publishes\n" + site.agent.say(), 20, 0.001)
                    time.sleep(chance.random() * 0.15)
                    site.agent.kill()
                    site.agent.start()
            over.set()
            changer.join()
            site.serves("r1", f"/{number[0]}", within=20)
            site.serves("r49", within=0.5)
            left = sorted(path.name for path in site.traefik.out.iterdir() if not path.name.startswith("."))
            equal("what is in the directory", left, [PUBLISHED[form]])
            if site.traefik.errors():
                raise Failure(f"Traefik's log: {site.traefik.errors()[:3]}")
        finally:
            over.set()


@test
def killed_at_any_moment_of_a_publication(lab):
    killed_at_any_moment(lab, "plugin")


@test
def killed_at_any_moment_of_a_publication_of_files(lab):
    killed_at_any_moment(lab, FILE)


def mount(*words):
    subprocess.run(["mount", *map(str, words)], check=True)


def told(site):
    """What is wrong, wherever the agent says it: the Gateway's Programmed, /readyz?verbose, the log."""
    return f"{site.gateway_condition('Programmed')} {site.agent.get('/readyz?verbose')[1]}"


@test
def a_directory_turns_read_only(lab):
    site = Site(lab.plane, "readonly")
    # Root without its power over permissions, as in a container that has dropped it.
    site.agent.words[:0] = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-dac_override,-dac_read_search"]
    with site.install("a").start():
        settled(site)
        with Load(site.traefik, site.host("a")):
            site.traefik.out.chmod(0o555)
            (site.traefik.out / ".gatefile").chmod(0o555)
            failed = site.agent.metric("gatefile_publish_total", result="failed") or 0
            site.route("b")
            until(lambda: (site.agent.metric("gatefile_publish_total", result="failed") or 0) > failed,
                  lambda: "the failure is counted\n" + site.agent.get("/metrics")[1])
            site.agent.says("(?i)permission denied|read-only", 5)
            until(lambda: site.gateway_condition("Programmed")["status"] == "False",
                  lambda: "the status does not promise what is not served: " + told(site))
            equal("/readyz", site.agent.get("/readyz")[0], 200)
            (site.traefik.out / ".gatefile").chmod(0o700)
            site.traefik.out.chmod(0o755)
            site.serves("b", within=60)
            until(lambda: site.gateway_condition("Programmed")["status"] == "True", lambda: told(site), 15)


@test
def a_disk_is_full(lab):
    site = Site(lab.plane, "full")
    mount("-t", "tmpfs", "-o", "size=1m", "tmpfs", site.traefik.out)
    with site.install("a").start():
        settled(site)
        with Load(site.traefik, site.host("a")):
            filler = site.traefik.out / ".filler"
            with filler.open("wb", buffering=0) as stream:
                try:
                    while True:
                        stream.write(b"x" * 512)
                except OSError:
                    pass
            site.route("b")
            site.agent.says("(?i)no space left", 10)
            until(lambda: site.gateway_condition("Programmed")["status"] == "False", lambda: told(site), 15)
            equal("/readyz", site.agent.get("/readyz")[0], 200)
            filler.unlink()
            site.serves("b", within=60)
            until(lambda: site.gateway_condition("Programmed")["status"] == "True", lambda: told(site), 15)


@test
def another_file_system_takes_the_place_of_the_directory(lab):
    """Each tmpfs begins with the same inode."""
    site = Site(lab.plane, "mounted")
    mount("-t", "tmpfs", "-o", "size=1m", "tmpfs", site.traefik.out)
    with site.install("a").start():
        settled(site)
        inode = site.traefik.out.stat().st_ino
        subprocess.run(["umount", "--lazy", site.traefik.out], check=True)
        mount("-t", "tmpfs", "-o", "size=1m", "tmpfs", site.traefik.out)
        equal("the inode of the directory", site.traefik.out.stat().st_ino, inode)
        site.route("b")
        until((site.traefik.out / PUBLISHED["plugin"]).exists, lambda: "it is published there\n" + site.agent.say())


@test
def traefik_restarts(lab):
    for form in PUBLISHED:
        with Site(lab.plane, f"restart-{form}", form=form).install("a").start() as site:
            settled(site)
            site.traefik.stop()
            site.route("b")
            time.sleep(1)
            equal("/readyz without a Traefik", site.agent.get("/readyz")[0], 200)
            site.traefik.start()
            site.serves("a", within=5)
            site.serves("b")
            site.route("c")
            site.serves("c")
            until(lambda: site.gateway_condition("Programmed")["status"] == "True", lambda: told(site), 20)


@test
def traefik_s_api_is_unreachable(lab):
    with Site(lab.plane, "mute-api") as site:
        good = site.traefik.api_url
        # Nobody listens there until a proxy is put in between.
        site.agent.words[site.agent.words.index(good)] = "http://10.3.0.1:9000"
        site.traefik.start()
        site.install("a")
        site.agent.start()
        site.traefik.expect(200, site.host("a"), within=15)
        time.sleep(1)
        equal("/readyz without proof", site.agent.get("/readyz")[0] == 200, False)
        until(lambda: site.gateway_condition("Programmed")["observedGeneration"] == 1, lambda: "Programmed is judged: " + told(site), 20)
        equal("Programmed without proof", site.gateway_condition("Programmed")["status"] == "True", False)
        message = site.gateway_condition("Programmed")["message"]
        if "10.3.0.1:9000" not in message and "API" not in message:
            raise Failure(f"Programmed does not say what is wrong: {message}")
        site.route("b")
        site.traefik.expect(200, site.host("b"))
        target = good.removeprefix("http://")
        address, _, port = target.partition(":")
        relay = Relay(("10.3.0.1", 9000), (address, int(port)))
        try:
            site.agent.ready(30)
            until(lambda: site.gateway_condition("Programmed")["status"] == "True", lambda: told(site), 15)
        finally:
            relay.close()
        site.route("c")
        site.traefik.expect(200, site.host("c"))
        equal("/readyz, once green", site.agent.get("/readyz")[0], 200)


class Relay:
    """From one address to another, until it is closed."""

    def __init__(self, near, far):
        script = ("import socketserver,socket,threading,sys\n"
                  "class H(socketserver.BaseRequestHandler):\n"
                  "  def handle(self):\n"
                  f"    far=socket.create_connection({far!r})\n"
                  "    def pump(a,b):\n"
                  "      try:\n"
                  "        while (d:=a.recv(65536)): b.sendall(d)\n"
                  "      except OSError: pass\n"
                  "      for s in (a,b):\n"
                  "        try: s.shutdown(2)\n"
                  "        except OSError: pass\n"
                  "    t=threading.Thread(target=pump,args=(far,self.request),daemon=True); t.start()\n"
                  "    pump(self.request,far)\n"
                  "socketserver.ThreadingTCPServer.allow_reuse_address=True\n"
                  "socketserver.ThreadingTCPServer.daemon_threads=True\n"
                  f"socketserver.ThreadingTCPServer({near!r},H).serve_forever()\n")
        self.process = subprocess.Popen(["python3", "-c", script])

    def close(self):
        self.process.kill()
        self.process.wait()


@test
def a_silent_traefik_is_reported_as_not_loaded(lab):
    with Site(lab.plane, "silent").install("a").start() as site:
        settled(site)
        site.traefik.process.signal(signal.SIGSTOP)
        try:
            site.route("b")
            until(lambda: site.gateway_condition("Programmed")["status"] != "True",
                  lambda: "the status does not promise what is not served: " + told(site), 40)
            equal("/readyz, once green", site.agent.get("/readyz")[0], 200)
        finally:
            site.traefik.process.signal(signal.SIGCONT)
        site.serves("b", within=20)
        until(lambda: site.gateway_condition("Programmed")["status"] == "True"
              and site.route_condition("b", "Accepted")["status"] == "True", lambda: told(site), 20)


@test
def sigterm_leaves_what_is_served(lab):
    with Site(lab.plane, "term").install("a").start() as site:
        settled(site)
        began = time.monotonic()
        equal("the exit code", site.agent.stop(), 0)
        equal("whether it ends within 10 s", time.monotonic() - began < 10, True)
        site.traefik.stays(200, site.host("a"))
        site.traefik.stop()
        site.traefik.start()
        site.traefik.expect(200, site.host("a"), within=5)


@test
def what_traefik_refuses_is_the_objects_condition(lab):
    """The agent was told of an entry point that this Traefik has under another name."""
    with Site(lab.plane, "refused") as site:
        wrong = site.traefik.static.with_name("wrong.yaml")
        wrong.write_text(site.traefik.static.read_text().replace("  web: ", "  renamed: "))
        site.agent.words[site.agent.words.index(site.traefik.static)] = wrong
        site.install("a")
        site.traefik.start()
        site.agent.start()
        until(lambda: site.route_condition("a", "gatefile.dev/Loaded")["status"] == "False",
              lambda: f"the route's condition says so: {site.parents('a')}\n{site.agent.say()}", 20)
        equal("what it answers", site.traefik.get(site.host("a")), 404)
        message = site.route_condition("a", "gatefile.dev/Loaded")["message"]
        if "renamed" not in message:
            raise Failure(f"the condition does not name the entry point: {message}")
        until(lambda: site.gateway_condition("Programmed")["reason"] == "Invalid",
              lambda: f"the Gateway says so: {site.gateway_condition('Programmed')}, the route: {message}")


@test
def what_traefik_refuses_of_streams_is_their_condition(lab):
    """This Traefik has none of the entry points for TCP and UDP that the agent was told of."""
    listeners = (objects.listener(), objects.listener("tcp", 9300, "TCP"), objects.listener("udp", 9300, "UDP"))
    with Site(lab.plane, "streams", listeners=listeners) as site:
        wrong = site.traefik.static.with_name("wrong.yaml")
        more = "".join(f'  {name}: {{address: "{site.traefik.address}:{port}"}}\n' for name, port in (("tcp1", "9300"), ("udp1", "9300/udp")))
        wrong.write_text(site.traefik.static.read_text().replace("  web: ", more + "  web: "))
        site.agent.words[site.agent.words.index(site.traefik.static)] = wrong
        site.install("a")
        routes = [objects.stream_route(kind, "s", site.name, [objects.parent(site.gateway, sectionName=section)])
                  for kind, section in (("TCPRoute", "tcp"), ("UDPRoute", "udp"))]
        lab.api.apply(*routes)
        site.traefik.start()
        site.agent.start()

        def condition(route, kind):
            entries = lab.api.get(route).get("status", {}).get("parents", [])
            return objects.condition(entries[0]["conditions"] if entries else (), kind)

        for route in routes:
            until(lambda: condition(route, "gatefile.dev/Loaded")["status"] == "False",
                  lambda: f"the {route['kind']} says so: {lab.api.get(route).get('status')}\n{site.agent.say()}", 20)
            equal("whether it is accepted", condition(route, "Accepted")["status"], "True")
        site.serves("a")
        equal("the HTTPRoute's condition", site.route_condition("a", "gatefile.dev/Loaded")["status"], None)
        held = {entry["name"]: objects.condition(entry["conditions"], "Programmed")["status"]
                for entry in lab.api.get(site.gateway)["status"]["listeners"]}
        equal("which listeners are Programmed", held, {"http": "True", "tcp": "False", "udp": "False"})
