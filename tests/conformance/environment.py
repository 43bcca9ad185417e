# SPDX-License-Identifier: Apache-2.0
"""What the suite runs against: the API server with controllers and Pods, Traefik, and gatefile's agent."""

import os
import subprocess
from pathlib import Path

import objects
from actors import API_PORT, FILE, NATIVE, PLUGIN, Agent, Traefik
from cluster import ADMIN, AGENTS, ControlPlane, Process, documents, grant, until

BRIDGE = "198.18.0.1"  # of the Pods' network, 198.18.0.0/16; the Pods themselves begin with 198.18.1.2
POOL = [f"198.18.0.{number}" for number in range(10, 30)]  # a Gateway each
USABLE, UNUSABLE = POOL[-2], "203.0.113.250"
# What the suite's Gateways listen to.
TCP_PORTS = [80, 443, 5300, 6443, 7443, 8080, 8090, 8443, 8883, 9300, 9301, 9302, 9310, 9311, 9312, 9313, 9320, 9321]
UDP_PORTS = [5300, 5301, 5302, 5310, 5311, 5312]

CLASSES = {PLUGIN: ("gatefile", "gatefile.dev/gateway-controller"), FILE: ("gatefile", "gatefile.dev/gateway-controller"),
           NATIVE: ("traefik", "traefik.io/gateway-controller")}
CONTROLLERS = ["deployment-controller", "replicaset-controller", "endpointslice-controller", "endpoints-controller",
               "namespace-controller", "garbage-collector-controller", "serviceaccount-controller",
               "root-ca-certificate-publisher-controller"]


def prepare_network():
    def ip(*words):
        subprocess.run(["ip", *words], check=True)

    ip("link", "add", "br0", "type", "bridge")
    ip("address", "add", f"{BRIDGE}/16", "dev", "br0")
    ip("link", "set", "br0", "up")
    for address in POOL:
        ip("address", "add", f"{address}/32", "dev", "lo")


def entry_points(addresses):
    """An entry point per address and port, such as a10-80 and a10-5300-udp."""
    lines = []
    for address in addresses:
        name = "a" + address.rpartition(".")[2]
        lines += [f'  {name}-{port}: {{address: "{address}:{port}"}}\n' for port in TCP_PORTS]
        lines += [f'  {name}-{port}-udp: {{address: "{address}:{port}/udp"}}\n' for port in UDP_PORTS]
    return "".join(lines)


class PoolTraefik(Traefik):
    """A stock Traefik with the whole pool; with its own provider, with one address, for that cannot use more."""

    def configure(self):
        if self.provider == NATIVE:
            provider = (f"  kubernetesGateway:\n    endpoint: {self.plane.SERVER}\n    token: {self.plane.token('native')}\n"
                        f"    certAuthFilePath: {self.plane.work}/ca.crt\n    statusAddress: {{ip: {POOL[0]}}}\n"
                        "    experimentalChannel: true\n")
        elif self.provider == FILE:
            provider = f"  file: {{directory: {self.out}, watch: true}}\n"
        else:
            provider = (f"  plugin: {{gatefile: {{directory: {self.out}}}}}\n"
                        "experimental: {localPlugins: {gatefile: {moduleName: gatefile.dev/traefik-plugin}}}\n")
        self.static.write_text(
            "global: {checkNewVersion: false, sendAnonymousUsage: false}\n"
            "log: {level: INFO, format: json}\napi: {insecure: true}\nping: {}\nentryPoints:\n"
            f"{entry_points(POOL[:1] if self.provider == NATIVE else POOL)}"
            # A request that has a deadline over all its tries comes by here a second time.
            '  gatefile-inner: {address: "127.0.0.1:8099", forwardedHeaders: {trustedIPs: ["127.0.0.1/32"]}}\n'
            f'  traefik: {{address: "{self.address}:{API_PORT}"}}\n'
            f"providers:\n  providersThrottleDuration: 0s\n{provider}")


class Environment:
    def __init__(self, work, logs, form, say):
        self.work, self.logs, self.form, self.say = Path(work), logs, form, say
        self.class_name, self.controller = CLASSES[form]
        self.programs = Path(os.environ["CONFORMANCE"])
        self.plane = ControlPlane(work, logs=logs)
        self.kubeconfig = self.plane.kubeconfig("admin", ADMIN)
        self.traefik = self.agent = None

    def start(self):
        prepare_network()
        self.say("the API server")
        self.plane.start()
        self._rest_of_the_definitions()
        self.say("controllers and the Pod runner")
        self._start_controllers()
        self._start_pods()
        self.say("Traefik" if self.form == NATIVE else "Traefik and the agent")
        self.plane.admin.apply(objects.gateway_class(self.class_name, self.controller))
        self.traefik = PoolTraefik(self.work, self.form, plane=self.plane)
        self.traefik.log = self.logs / "traefik.log"
        self.traefik.start()
        if self.form != NATIVE:
            self.plane.admin.apply(*grant("services-of-gateways", AGENTS, [
                {"apiGroups": ["", "discovery.k8s.io"], "resources": ["services", "endpointslices"],
                 "verbs": ["create", "patch", "delete"]}]))
            self.agent = Agent(self.plane, self.traefik, "--gateway-services", "ClusterIP", name="agent")
            self.agent.log = self.logs / "agent.log"
            self.agent.start(30)
        until(self.features, "the GatewayClass claims features", 30)

    def _rest_of_the_definitions(self):
        """The experimental kinds and the admission policy, which ControlPlane leaves out."""
        for file in sorted((Path(self.plane.program).parent / "crds").glob("*.yaml")):
            if "x-k8s.io" in file.name or "vap" in file.name:
                self.plane.admin.apply_yaml("---\n".join(documents(file.read_text())))

    def _start_controllers(self):
        Process([self.plane.program, "kube-controller-manager",
                 *(f"--{flag}kubeconfig={self.kubeconfig}" for flag in ("", "authentication-", "authorization-")),
                 "--leader-elect=false", "--kube-api-qps=200", "--kube-api-burst=400",
                 f"--service-account-private-key-file={self.plane.work}/account.key",
                 f"--root-ca-file={self.plane.work}/ca.crt", f"--controllers={','.join(CONTROLLERS)}"],
                self.logs / "controller-manager.log")

    def _start_pods(self):
        runner = Process([self.programs / "podrunner", "run"], self.logs / "podrunner.log", env=dict(
            os.environ, KUBECONFIG=str(self.kubeconfig), ECHO_BASIC=str(self.programs / "echo-basic"),
            POD_FOLDER=str(self.work / "pods"), TLS_CERT=f"{self.plane.work}/server.crt",
            TLS_KEY=f"{self.plane.work}/server.key"))
        until(lambda: "running" in runner.text() or runner.ended(), "the Pod runner starts", 30)

    def features(self):
        """What the GatewayClass claims."""
        status = self.plane.admin.get(objects.gateway_class(self.class_name, self.controller)).get("status", {})
        return [entry["name"] for entry in status.get("supportedFeatures", [])]

    def restart_agent(self):
        """A program that was built anew is taken."""
        if self.agent:
            self.agent.stop()
            self.agent.start(30)

    def program(self):
        """What is under test, as the report names it."""
        words = [os.environ["TRAEFIK"], "version"] if self.form == NATIVE else [os.environ["GATEFILE"], "version"]
        text = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True).stdout
        return text.split()[1]
