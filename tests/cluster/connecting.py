# SPDX-License-Identifier: Apache-2.0
"""The ways to the API server that a kubeconfig can describe, and the ways to backends from outside the cluster."""

import json
import ssl
import stat
import time
from pathlib import Path

import objects
from actors import CONTROLLER, Agent, Proxy, Site
from cluster import AGENT, until
from operating import facts, is_well, shows
from serving import settled
from suite import equal, test

# Names that the API server's certificate has, and an address that nobody answers at.
SERVER_NAME = "kubernetes.default.svc"
NOBODY = "https://10.254.254.254:6443"
HANGING = "61.25"  # seconds, which no other program sleeps


def changed(path, cluster=None, user=None):
    """A kubeconfig with other fields of its one cluster or user."""
    config = json.loads(path.read_text())
    config["clusters"][0]["cluster"].update(cluster or {})
    if user:
        config["users"][0]["user"] = user
    path.write_text(json.dumps(config, indent=1))
    return path


def serves_with(lab, name, kubeconfig, *flags):
    with Site(lab.plane, name, *flags, kubeconfig=kubeconfig).install("a").start() as site:
        site.serves("a")
        settled(site)
        site.route("b")
        site.serves("b")
        return site.agent.process.text()


def through_proxy(lab, scheme, server):
    context = None
    if scheme == "https":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(lab.plane.work / "server.crt", lab.plane.work / "server.key")
    proxy = Proxy(lab.plane.PORT, context)
    kubeconfig = changed(lab.plane.kubeconfig(f"by-{scheme}", server=server),
                         {"proxy-url": f"{scheme}://127.0.0.1:{proxy.port}", "tls-server-name": SERVER_NAME})
    serves_with(lab, f"by-{scheme}", kubeconfig)
    equal("what was asked of the proxy", {target for _, target in proxy.asked}, {server.removeprefix("https://")})
    equal("how", {kind for kind, _ in proxy.asked}, {"socks5" if scheme == "socks5" else "connect"})


@test
def through_an_http_proxy(lab):
    through_proxy(lab, "http", NOBODY)


@test
def through_an_https_proxy(lab):
    """one TLS configuration for both, as client-go has it: the proxy's certificate has the server's name"""
    through_proxy(lab, "https", NOBODY)


@test
def through_a_socks_proxy(lab):
    """which resolves the server's name"""
    through_proxy(lab, "socks5", f"https://{SERVER_NAME}:6443")


@test
def through_a_proxy_of_the_environment(lab):
    """as for kubectl; what is asked of Traefik, and a server at loopback, goes past it"""
    proxy = Proxy(lab.plane.PORT)
    kubeconfig = changed(lab.plane.kubeconfig("by-environment", server=NOBODY), {"tls-server-name": SERVER_NAME})
    with Site(lab.plane, "by-environment", kubeconfig=kubeconfig).install("a") as site:
        site.agent.environment.update(https_proxy=f"http://127.0.0.1:{proxy.port}", HTTP_PROXY="http://127.0.0.1:1")
        site.start()
        site.serves("a")
        settled(site)
        equal("what was asked of the proxy", {target for _, target in proxy.asked}, {NOBODY.removeprefix("https://")})


@test
def a_program_gives_the_token(lab):
    program = lab.work / "credentials"
    calls = lab.work / "credentials.calls"
    credential = {"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential",
                  "status": {"token": lab.plane.token(AGENT)}}
    program.write_text(f"#!/bin/sh\necho \"$WORD $KUBERNETES_EXEC_INFO\" >> {calls}\necho '{json.dumps(credential)}'\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    kubeconfig = changed(lab.plane.kubeconfig("program"), user={"exec": {
        "apiVersion": "client.authentication.k8s.io/v1", "command": str(program), "interactiveMode": "Never",
        "env": [{"name": "WORD", "value": "hello"}]}})
    with Site(lab.plane, "no-program", kubeconfig=kubeconfig) as site:
        site.traefik.start()
        agent = Agent(lab.plane, site.traefik, "--controller-name", CONTROLLER + "/no-program", kubeconfig=kubeconfig).start()
        agent.says("--allow-exec", 15)
        agent.kill()
    equal("calls without --allow-exec", calls.exists(), False)
    serves_with(lab, "program", kubeconfig, "--allow-exec")
    called = calls.read_text().splitlines()
    equal("what the program is told", [line.startswith('hello {') and '"ExecCredential"' in line for line in called],
          [True] * len(called))


def program_of(lab, name, line):
    """(a script of one line, a kubeconfig that has it as the program that gives the credentials)"""
    program = lab.work / name
    program.write_text(f"#!/bin/sh\n{line}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return program, changed(lab.plane.kubeconfig(name), user={"exec": {
        "apiVersion": "client.authentication.k8s.io/v1", "command": str(program), "interactiveMode": "Never"}})


def running(*words):
    """Processes with this command line."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if entry.read_text().rstrip("\0").split("\0") == [*words]:
                found.append(entry.parent.name)
        except (OSError, UnicodeDecodeError):
            continue  # it has ended
    return found


@test
def a_program_that_hangs_keeps_nobody_waiting(lab):
    program, kubeconfig = program_of(lab, "hanging", f"exec sleep {HANGING}")
    with Site(lab.plane, "hangs", "--allow-exec", "--startup-timeout", "3s", kubeconfig=kubeconfig).install("a") as site:
        began = time.monotonic()
        site.agent.start()
        until(lambda: site.agent.get("/readyz/published")[0] == 200, lambda: "who waits is let go\n" + site.agent.say(), 5)
        print(f"# let go after {time.monotonic() - began:.1f} s")
        shows(site, "api-server-unreachable", "hanging", "has not ended yet")
        equal("programs that run", len(running("sleep", HANGING)), 1)
        for _ in range(10):
            asked = time.monotonic()
            facts(site)
            equal("whether the status comes within 5 s", time.monotonic() - asked < 5, True)
            time.sleep(0.3)
        asked = time.monotonic()
        site.agent.stop()
        equal("whether it ends at once", time.monotonic() - asked < 3, True)
        equal("programs that are left", running("sleep", HANGING), [])
        credential = {"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {"token": lab.plane.token(AGENT)}}
        program.write_text(f"#!/bin/sh\nsleep 1\necho '{json.dumps(credential)}'\n")
        site.start()
        site.serves("a")
        is_well(site)


@test
def kubeconfig_lists_and_contexts(lab):
    """KUBECONFIG names several files: what comes first counts, and a context may use another file's cluster"""
    whole = json.loads(lab.plane.kubeconfig("whole").read_text())
    first = {"apiVersion": "v1", "kind": "Config", "current-context": "wrong", "clusters": whole["clusters"],
             "contexts": [{"name": "wrong", "context": {"cluster": "test", "user": "nobody"}}], "users": []}
    second = {"apiVersion": "v1", "kind": "Config", "users": whole["users"], "contexts": [{"name": "right", "context": {
        "cluster": "test", "user": "user"}}], "clusters": [{"name": "test", "cluster": {"server": NOBODY}}]}
    files = []
    for name, config in (("first", first), ("second", second)):
        files.append(lab.work / f"{name}.kubeconfig")
        files[-1].write_text(json.dumps(config))
    with Site(lab.plane, "listed", "--context", "right").install("a") as site:
        at = site.agent.words.index("--kubeconfig")
        del site.agent.words[at:at + 2]
        site.agent.environment["KUBECONFIG"] = f"{files[0]}:{lab.work}/missing:{files[1]}"
        site.start()
        site.serves("a")


def servers(site):
    """Where Traefik sends requests."""
    return [server["url"] for service in site.traefik.api("/api/http/services")
            for server in service.get("loadBalancer", {}).get("servers", [])]


def service_ways(lab, name, flags, wanted):
    with Site(lab.plane, name, *flags).install() as site:
        service = objects.service("outer", site.name)
        service["spec"]["type"] = "LoadBalancer"
        made = lab.api.apply(service)[0]
        lab.api.patch(service, {"status": {"loadBalancer": {"ingress": [{"ip": "10.77.0.1"}]}}}, "/status")
        site.route("a", service="outer")
        site.start()
        want = wanted(made)
        # Backends do not answer at these ports here: what counts is where Traefik sends requests.
        until(lambda: want in servers(site), lambda: f"{want} is a server: {servers(site)}\n{site.agent.say()}")


@test
def backends_by_their_cluster_address(lab):
    service_ways(lab, "by-clusterip", ("--backends", "clusterip"), lambda made: f"http://{made['spec']['clusterIP']}:80")


@test
def backends_by_the_ports_of_nodes(lab):
    service_ways(lab, "by-nodeport", ("--backends", "nodeport", "--node-address", "10.66.0.1"),
                 lambda made: f"http://10.66.0.1:{made['spec']['ports'][0]['nodePort']}")


@test
def backends_by_their_load_balancer(lab):
    service_ways(lab, "by-balancer", ("--backends", "loadbalancer"), lambda made: "http://10.77.0.1:80")
