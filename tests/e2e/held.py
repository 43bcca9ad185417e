# SPDX-License-Identifier: Apache-2.0
"""Pause, resume, rollback and history: what is held stays, and follows the Pods of its backends."""

import re
import signal
import stat
import subprocess
import time

from agent import GRACE, ROUTE, pods_of
from operated import BINARY, LISTEN, PUBLISHED, Load, Operated, equal, until
from sandbox import Failure

QUIET = """
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: quiet, namespace: infra}
spec:
  gatewayClassName: gatefile
  listeners:
    - {name: web, port: 80, protocol: HTTP, hostname: quiet.example, allowedRoutes: {namespaces: {from: All}}}
---
"""


class Held(Operated):
    def paused(self):
        """pause: what changes waits, is told, and survives a restart; resume publishes it"""
        self.route("a2")
        self.expect(200, "a2")
        with Load("a.example"):
            self.do("pause", "--reason", "before\nthe\x1b[31m weekend")
            self.route("p")
            self.shows("paused", "weekend", "changes wait", "gatefile resume")
            self.stays(404, "p")
            if "\x1b" in self.do("status", code=1):
                raise Failure("the reason's escape reaches the terminal")
            self.end(signal.SIGKILL)
            self.start("--listen", LISTEN)
            self.shows("paused", "weekend")
            self.stays(404, "p")
            self.do("resume")
            self.expect(200, "p")
        self.is_well()

    def rolled_back(self):
        """rollback under load: an older generation is published and held until resume"""
        self.route("r", "/old")
        self.expect(200, "r", "/old")
        self.is_well()
        before = [entry for entry in self.history() if entry["current"]][0]
        self.route("r", "/new")
        self.expect(200, "r", "/new")
        until(lambda: self.history()[-1]["loaded"], "the history says that it is loaded", 5)
        changes = self.do("history", "--diff", str(before["number"]), code=1)
        if "/new" not in changes or "/tmp" in changes:
            raise Failure(f"history --diff says {changes}")
        with Load("a.example"):
            self.do("rollback", str(before["number"]), "--reason", "new is broken")
            self.expect(200, "r", "/old")
            self.expect(404, "r", "/new")
            self.route("s")
            self.stays(404, "s")
            current = [entry for entry in self.history() if entry["current"]]
            equal("what is current", [entry["number"] for entry in current], [before["number"]])
            if "rolled back to" not in self.do("history"):
                raise Failure(self.do("history"))
            self.end()
            self.start("--listen", LISTEN)
            self.shows("paused", f"rolled back to generation {before['number']}", "new is broken")
            self.stays(404, "s")
            self.do("resume")
            self.expect(200, "s")
            self.expect(200, "r", "/new")
        self.is_well()
        self.do("rollback", "999", code=2)

    def told_of(self, name):
        return next(gateway for gateway in self.facts()["gateways"] if gateway["name"] == name)

    def others_stay_programmed(self):
        """rollback: Gateways that the older generation has as they are stay Programmed, the others are not"""
        self.write("quiet", QUIET + ROUTE.format(name="quiet", path="/").replace("name: gw", "name: quiet"))
        self.route("r", "/old")
        self.expect(200, "r", "/old")
        self.expect(200, "quiet")
        self.is_well()
        number = next(entry["number"] for entry in self.history() if entry["current"])
        self.route("r", "/new")
        self.expect(200, "r", "/new")
        self.do("rollback", str(number))
        until(lambda: self.facts()["traefik"]["serves"] == "yes", self.facts, 5)
        until(lambda: not self.told_of("gw")["programmed"], lambda: self.told_of("gw"), 5)
        quiet = self.told_of("quiet")
        if not quiet["programmed"] or "rolled back to" not in quiet["message"]:
            raise Failure(f"what is told of it: {quiet}")
        self.end()
        self.start("--listen", LISTEN)
        until(lambda: "quiet" in str(self.facts()["gateways"]) and self.facts()["traefik"]["serves"] == "yes", self.facts, 5)
        equal("what is told after a restart", [self.told_of(name)["programmed"] for name in ("gw", "quiet")], [False, True])
        self.do("resume")
        self.is_well()
        (self.manifests / "quiet.yaml").unlink()
        self.expect(404, "quiet", within=GRACE + 10)

    def pods(self, *addresses):
        self.write("pods", pods_of(*addresses))

    def published(self):
        return (self.out / PUBLISHED[self.form]).read_text()

    def follows_pods(self):
        """rollback and pause: Pods come and go, and what is held has their addresses; those that nobody knows are named"""
        self.pods("10.0.0.2")
        self.write("moving", ROUTE.format(name="moving", path="/old").replace("name: one", "name: pods"))
        self.expect(200, "moving", "/old")
        self.is_well()
        number = next(entry["number"] for entry in self.history() if entry["current"])
        self.write("moving", ROUTE.format(name="moving", path="/new").replace("name: one", "name: pods"))
        self.expect(200, "moving", "/new")
        self.do("rollback", str(number))
        self.expect(200, "moving", "/old")
        with Load("a.example"):
            self.pods("10.0.0.3")
            until(lambda: "10.0.0.3:13000" in self.published() and "10.0.0.2:13000" not in self.published(), self.said, 5)
            self.expect(200, "moving", "/old")
            self.expect(404, "moving", "/new")
            current = [entry["number"] for entry in self.history() if entry["current"]]
            equal("what is current", current, [number])
            self.end()
            self.start("--listen", LISTEN)
            self.shows("paused", f"rolled back to generation {number}")
            self.pods("10.0.0.4")
            until(lambda: "10.0.0.4:13000" in self.published(), self.said, 5)
            self.goes_to_zero_and_back("/old", "10.0.0.2")
            self.do("resume")
            self.expect(200, "moving", "/new")
            self.is_well()
            self.do("pause")
            self.goes_to_zero_and_back("/new", "10.0.0.3")
            self.pods("10.0.0.5")
            until(lambda: "10.0.0.5:13000" in self.published(), self.said, 5)
            until(lambda: "changes wait" not in self.do("status", code=None), "nothing waits", 5)
            self.do("resume")
        self.write("moving", ROUTE.format(name="moving", path="/new"))
        until(lambda: "pods" not in self.published(), self.said, 5)
        said = self.do("rollback", str(number))
        if "service_shop_pods_80" not in said:
            raise Failure(f"rollback says {said}")
        self.shows("paused", "service_shop_pods_80")
        self.do("resume")
        self.is_well()
        for name in ("moving", "pods"):
            (self.manifests / f"{name}.yaml").unlink()
        self.expect(404, "moving", "/new", within=GRACE + 10)

    def goes_to_zero_and_back(self, path, address):
        """Of a text that is held."""
        self.pods()
        self.expect(503, "moving", path)
        if "nobody knows" in self.do("status", code=None):
            raise Failure(self.do("status", code=None))
        self.pods(address)
        self.expect(200, "moving", path)
        if f"{address}:13000" not in self.published():
            raise Failure(self.published())

    def filtered(self, service):
        """A rule with a filter has a load balancer of its own."""
        self.write("filtered", ROUTE.format(name="filtered", path="/").replace("name: one", f"name: {service}").replace(
            "      backendRefs", "      filters: [{type: RequestHeaderModifier, requestHeaderModifier: {set: [{name: X-A, value: b}]}}]\n"
            "      backendRefs"))

    def leads_to(self):
        return re.search(r'httproute_shop_filtered_r0"?:[\s{"]*loadBalancer.*?http://([\d.]+):', self.published(), re.DOTALL)[1]

    def comes_to(self, address):
        until(lambda: self.leads_to() == address, lambda: f"leads to {address}, not {self.leads_to()}: {self.said()}", 5)

    def moves(self, *addresses):
        """The Pods of what is held."""
        for address in addresses:
            self.pods(address)
            self.comes_to(address)

    def holds_backends(self):
        """pause and rollback: a rule with a filter keeps the Service that it had, and follows the Pods of that, after a restart, too"""
        self.pods("10.0.0.2")
        self.write("also", ROUTE.format(name="also", path="/").replace("name: one", "name: pods"))
        self.filtered("pods")
        self.expect(200, "filtered")
        self.is_well()
        number = next(entry["number"] for entry in self.history() if entry["current"])
        self.do("pause")
        self.filtered("one")
        self.shows("paused", "changes wait")
        equal("where it leads", self.leads_to(), "10.0.0.2")
        self.moves("10.0.0.3")
        self.end(signal.SIGKILL)
        self.start("--listen", LISTEN)
        self.shows("paused", "changes wait")
        equal("where it leads after a restart", self.leads_to(), "10.0.0.3")
        self.moves("10.0.0.4")
        # More than are repeated in the load balancer of a rule.
        self.pods(*(f"10.0.2.{last}" for last in range(1, 11)))
        until(lambda: self.published().count("10.0.2.10:13000") == 2, self.published, 5)
        self.moves("10.0.0.2")
        self.do("resume")
        self.comes_to("10.0.0.1")
        equal("what is kept of the pause", list((self.out / ".gatefile").glob("hold*")), [])
        self.is_well()
        if self.history()[-1]["number"] == number:
            raise Failure("the change has taken the place of what was before")
        self.do("rollback", str(number))
        equal("where a rollback leads", self.leads_to(), "10.0.0.2")
        self.expect(200, "filtered")
        self.moves("10.0.0.3")
        self.end()
        self.start("--listen", LISTEN)
        self.shows("paused", f"rolled back to generation {number}", "changes wait")
        self.moves("10.0.0.2")
        self.do("resume")
        self.comes_to("10.0.0.1")
        self.is_well()
        self.knows_no_backends(number)
        for name in ("filtered", "also", "pods"):
            (self.manifests / f"{name}.yaml").unlink()
        self.expect(404, "filtered", within=GRACE + 10)

    def knows_no_backends(self, number):
        """As an older agent has kept it."""
        self.end()
        meta = self.out / ".gatefile/generations" / f"{number}.meta"
        meta.with_suffix(".backends").unlink()
        meta.write_text(re.sub("backends .*\n", "", meta.read_text()))
        self.start("--listen", LISTEN)
        self.do("rollback", str(number))
        equal("where a rollback leads", self.leads_to(), "10.0.0.2")
        self.pods("10.0.0.3")
        until(lambda: "10.0.0.3:13000" in self.published(), self.said, 5)
        equal("where it leads though nobody knows whose it is", self.leads_to(), "10.0.0.2")
        self.shows("paused", "httproute_shop_filtered_r0")
        self.do("resume")
        self.comes_to("10.0.0.1")

    def pods_are_not_kept(self):
        """history: what differs in the addresses of Pods only, or in whether there are any, takes the place of what was kept before"""
        self.pods("10.0.0.1")
        self.write("moving", ROUTE.format(name="moving", path="/").replace("name: one", "name: pods"))
        self.expect(200, "moving")
        before = [entry["number"] for entry in self.history()]
        for number in range(6):
            self.pods(f"10.0.1.{number + 1}")
            until(lambda wanted=number: f"10.0.1.{wanted + 1}:13000" in self.published(), self.said, 5)
        for _ in range(3):
            self.pods()
            self.expect(503, "moving")
            self.pods("10.0.0.1")
            self.expect(200, "moving")
        until(lambda: self.history()[-1]["loaded"], self.history, 5)
        equal("what is kept", [entry["number"] for entry in self.history()], before)
        if not self.history()[-1]["current"]:
            raise Failure(str(self.history()))
        for name in ("moving", "pods"):
            (self.manifests / f"{name}.yaml").unlink()
        self.expect(404, "moving", within=GRACE + 10)

    def ten_are_kept(self):
        """history: the last ten are kept, readable by nobody else, under names that Traefik passes over"""
        for number in range(14):
            self.route("many", f"/m{number}")
            self.expect(200, "many", f"/m{number}")
        equal("how many are kept", len(self.history()), 10)
        folder = self.out / ".gatefile" / "generations"
        for file in folder.iterdir():
            if file.suffix in (".yml", ".yaml", ".toml") or stat.S_IMODE(file.stat().st_mode) & 0o077:
                raise Failure(f"{file} has the mode {oct(file.stat().st_mode)}")

    def stays_paused_quietly(self):
        """a pause survives a restart without anything that waits, though the inner entry point has a mark"""
        self.write("inner", ROUTE.format(name="inner", path="/").replace(
            "      backendRefs", "      timeouts: {request: 5s}\n      retry: {attempts: 2, backoff: 100ms, codes: [503]}\n      backendRefs"))
        self.expect(200, "inner")
        self.is_well()
        self.do("pause")
        for _ in range(2):
            time.sleep(1)
            text = self.do("status", code=1)
            if "[paused]" not in text or "changes wait" in text or "Gateway infra/gw: programmed" not in text:
                raise Failure(text)
            self.end()
            self.start("--listen", LISTEN)
        self.do("resume")
        (self.manifests / "inner.yaml").unlink()
        self.expect(404, "inner")
        self.is_well()

    def paused_while_held(self):
        """a pause while something is held back costs no time, and `release` during it goes with `resume`"""
        self.end()
        away = self.manifests.with_name(f"held-{self.form}")
        away.mkdir(exist_ok=True)
        for name in ("a", "b", "c", "d", "gateway"):
            (self.manifests / f"{name}.yaml").rename(away / f"{name}.yaml")
        self.start("--listen", LISTEN)
        self.shows("publication-held")
        self.do("pause")
        time.sleep(GRACE + 0.5)
        before = self.seconds()
        time.sleep(2)
        used = self.seconds() - before
        if used > 0.5:
            raise Failure(f"{used:.2f} s of 2 s are used")
        if "publication-held" in self.codes():
            raise Failure("what is paused is told as held")
        self.do("release")
        self.do("resume")
        self.expect(404, "a", within=1)
        for file in away.iterdir():
            file.rename(self.manifests / file.name)
        self.expect(200, "a")
        self.is_well()

    def other_format(self):
        """rollback: a generation of another format is refused, and nothing is paused by that"""
        self.end()
        number = self.history()[0]["number"]
        meta = self.out / ".gatefile/generations" / f"{number}.meta"
        meta.write_text(meta.read_text().replace(PUBLISHED[self.form], "gatefile.other"))
        self.start("--listen", LISTEN)
        done = subprocess.run([BINARY, "rollback", str(number), "--out", str(self.out)], capture_output=True, text=True, timeout=40, check=False)
        if done.returncode == 0 or "another format" not in done.stderr:
            raise Failure(done.stdout + done.stderr)
        self.is_well()
