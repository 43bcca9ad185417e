# SPDX-License-Identifier: Apache-2.0
"""What the benches with a real API server share: the cluster with as many objects as wanted, and the two who
follow it, gatefile with Traefik (provider plugin) and the same Traefik with its own Gateway API provider.
Both Traefiks have a default certificate: without one Traefik makes an RSA key at every reload, some 60 ms.
"""

import json
import math
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "cluster"))
import generate  # noqa: E402
import objects  # noqa: E402
from actors import NATIVE, PLUGIN, PROBE, Agent, Traefik, certificate, cpu_of, memory_of  # noqa: E402
from cluster import ControlPlane, Failure, in_parallel, until  # noqa: E402

BACKEND = ("10.0.0.1", 13000)
NAMESPACE = generate.GATEWAY["namespace"]
OURS, THEIRS = "gatefile", "native"
# The Gateway, the class and the controller of each.
GATEWAYS = {OURS: (generate.GATEWAY["name"], "gatefile", "gatefile.dev/gateway-controller"),
            THEIRS: ("native", "traefik", "traefik.io/gateway-controller")}
LISTENERS = (objects.listener(), objects.listener("probe", PROBE))
START_LIMIT, REST_LIMIT = 300, 20
WRITING = ("POST", "PUT", "PATCH", "APPLY", "DELETE")


def parents(**more):
    return [{"name": name, "namespace": NAMESPACE, **more} for name, _, _ in GATEWAYS.values()]


def gateway_of(who):
    name, class_name, _ = GATEWAYS[who]
    return objects.gateway(name, NAMESPACE, class_name, *LISTENERS)


def base_objects():
    yield objects.namespace(NAMESPACE)
    for who, (_, class_name, controller) in GATEWAYS.items():
        yield objects.gateway_class(class_name, controller)
        yield gateway_of(who)
    yield objects.service("probe", NAMESPACE)
    yield objects.endpoint_slice("probe", NAMESPACE, BACKEND[0])


class Cluster:
    """The API server with as many rules as wanted."""

    def __init__(self, work, *flags):
        self.plane = ControlPlane(work, *flags)
        self.plane.start()
        self.api = self.plane.admin
        self.there = {}
        self.api.apply(*base_objects())

    def grow(self, rules):
        """Seconds, and objects that were made."""
        wanted = []
        for item in generate.cluster(rules, BACKEND):
            if item["kind"] in ("GatewayClass", "Gateway"):
                continue
            if item["kind"] == "HTTPRoute":
                item["spec"]["parentRefs"] = parents(sectionName="http")
            key = self.api.path_of(item)
            if self.there.get(key) != item:
                wanted.append((key, item))
        began = time.monotonic()
        for kind in (True, False):  # namespaces first
            in_parallel(self._put, [pair for pair in wanted if (pair[1]["kind"] == "Namespace") == kind])
        self.there.update(wanted)
        return time.monotonic() - began, len(wanted)

    def _put(self, pair):
        key, item = pair
        if key in self.there:
            self.api.patch(item, {"spec": item["spec"]})
        elif self.api.raw("POST", key.rpartition("/")[0], json.dumps(item))[0] not in (201, 409):
            raise Failure(f"{key} is refused")

    def writes(self):
        """{what: count} of the requests so far that change something."""
        found = {}
        for labels, value in self.api.metrics("apiserver_request_total").items():
            fields = dict(part.split("=", 1) for part in labels.strip("{}").replace('"', "").split(","))
            if fields["verb"] in WRITING and fields["code"][0] == "2" and \
                    (fields["subresource"] == "status" or fields["resource"] == "events"):
                what = "events" if fields["resource"] == "events" else "status"
                found[what] = found.get(what, 0) + int(value)
        return found


class Contestant:
    def __init__(self, cluster, work, name, throttle, native_options=()):
        self.name, self.throttle = name, throttle
        if name == OURS:
            self.traefik = Traefik(work, PLUGIN, throttle)
            pair = self.traefik.work / "default.pem"
            pair.write_text("".join(certificate(work, "default.example")))
            self.agent = Agent(cluster.plane, self.traefik, "--default-certificate", pair,
                               kubeconfig=cluster.plane.kubeconfig(name))
        else:
            self.traefik = Traefik(work, NATIVE, throttle, cluster.plane, native_options, certificate(work, "default.example"))
            self.agent = None

    def start(self, hosts, limit=START_LIMIT):
        """Seconds to the last route served."""
        began = time.monotonic()
        self.traefik.start()
        if self.agent:
            self.agent.start()
        until(lambda: all(self.traefik.get(host) == 200 for host in hosts), lambda: f"{self.name} serves", limit)
        return time.monotonic() - began

    def processes(self):
        found = {"traefik": self.traefik.process}
        if self.agent:
            found["agent"] = self.agent.process
        return {who: process for who, process in found.items() if process}

    def send(self, number):
        for process in self.processes().values():
            process.signal(number)

    def spent(self):
        return {who: cpu_of(process) for who, process in self.processes().items()}

    def rest(self):
        """Waits until nothing is left to do."""
        end = time.monotonic() + REST_LIMIT
        before = sum(self.spent().values())
        while time.monotonic() < end:
            time.sleep(0.25)
            now = sum(self.spent().values())
            if now - before <= 0.025:
                return
            before = now

    def settle(self, cluster):
        """Waits until all status is written."""
        end = time.monotonic() + START_LIMIT
        before = cluster.writes()
        while time.monotonic() < end:
            time.sleep(1.5)
            now = cluster.writes()
            if now == before:
                break
            before = now
        self.rest()

    def memory(self):
        return {who: memory_of(process) / 1024 for who, process in self.processes().items()}

    def published(self):
        return sum(file.stat().st_size for file in self.traefik.out.glob("*.json"))

    def stop(self):
        for process in self.processes().values():
            process.kill()


def percentile(samples, share):
    return sorted(samples)[min(len(samples) - 1, math.ceil(share * len(samples)) - 1)]
