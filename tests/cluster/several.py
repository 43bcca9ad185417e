# SPDX-License-Identifier: Apache-2.0
"""Two API servers behind one Traefik: shares by weight, what one lacks or loses, and what its tenants cannot do."""

import collections
import http.client
import http.server
import json
import re
import socket
import subprocess
import threading
import time

import objects
from actors import HTTP, Load, Network, Site
from cluster import AGENT, AGENTS, GATEWAY_API, ControlPlane, Failure, grant, until
from operating import facts, is_well, operate, shows
from serving import settled
from suite import equal, test

HOME, OTHER = "here", "there"
MEMBER_RULES = [{"apiGroups": [""], "resources": ["services"], "verbs": ["get", "list", "watch"]},
                {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": ["get", "list", "watch"]}]


class OtherPlane(ControlPlane):
    """In which the agent may do what `gatefile rbac --for member` says, and nothing else."""

    PORT, ETCD, PEER = 7443, 7379, 7380
    SERVER = f"https://127.0.0.1:{PORT}"
    made = None

    @classmethod
    def of(cls, lab):
        if cls.made is None:
            work = lab.work / "other"
            work.mkdir()
            cls.made = cls(work)
            cls.made.start()
        return cls.made

    def install(self, without=()):
        for plural in ("gateways", "httproutes", "referencegrants", "gatewayclasses"):
            self.admin.apply_yaml(self.crd(plural))
            until(lambda name=plural: self.served(name) or self.raw_beta(name), f"{plural} are served", 30)
        self.admin.apply(objects.namespace("default"), *grant("members", AGENTS, MEMBER_RULES))

    def raw_beta(self, plural):
        return self.admin.raw("GET", f"/apis/{GATEWAY_API}/v1beta1/{plural}?limit=1")[0] == 200


def kubeconfig(lab, other, server=None):
    """Of both clusters, without a current context."""
    planes = {HOME: (lab.plane, lab.plane.SERVER), OTHER: (other, server or other.SERVER)}
    path = lab.work / f"both-{server and server.rpartition(':')[2] or 'plain'}.kubeconfig"
    path.write_text(json.dumps({
        "apiVersion": "v1", "kind": "Config",
        "clusters": [{"name": name, "cluster": {"server": address, "certificate-authority": f"{plane.work}/ca.crt"}}
                     for name, (plane, address) in planes.items()],
        "users": [{"name": "user", "user": {"token": lab.plane.token(AGENT)}}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": "user"}} for name in planes]}))
    return path


class Pair(Site):
    """A Site whose agent follows a second cluster as well."""

    def __init__(self, lab, name, *flags, server=None, **more):
        self.other = OtherPlane.of(lab)
        super().__init__(lab.plane, name, *flags, kubeconfig=kubeconfig(lab, self.other, server), **more)
        self.clusters(self.agent)

    @staticmethod
    def clusters(agent):
        at = agent.words.index("--from")
        agent.words[at:at + 2] = ["--from", f"cluster:{HOME}", "--from", f"cluster:{OTHER}"]

    def beside(self, *addresses, port=13000):
        """The Service "one" of the other cluster."""
        self.other.admin.apply(objects.namespace(self.name), objects.service("one", self.name),
                               objects.endpoint_slice("one", self.name, *addresses, port=port))
        return self

    def answers(self, route, count, gap=0.0):
        """How many requests each address answered; a Failure when one is no 200."""
        found = collections.Counter()
        for _ in range(count):
            connection = http.client.HTTPConnection(self.traefik.address, HTTP, timeout=30)
            connection.request("GET", "/", headers={"Host": self.host(route)})
            answer = connection.getresponse()
            body = answer.read()
            connection.close()
            if answer.status != 200:
                raise Failure(f"{self.host(route)} answers {answer.status} after {sum(found.values())} requests\n{self.agent.say()}")
            found[json.loads(body)["address"]] += 1
            time.sleep(gap)
        return found

    def comes_from(self, route, *addresses, within=10):
        """Waits until these answer, and no others."""
        def who():
            try:
                return sorted(self.answers(route, 30))
            except Failure as failure:
                return str(failure)

        until(lambda: who() == sorted(addresses), lambda: f"{route} is answered by {addresses}, not {who()}\n{self.agent.say()}", within)


@test
def several_clusters_share_by_weight(lab):
    with Pair(lab, "shares", "--cluster-weight", f"{HOME}=3", "--cluster-weight", f"{OTHER}=1").install("a") as site:
        site.api.apply(objects.endpoint_slice("one", site.name, "10.0.1.1", "10.0.1.2"))
        site.beside("10.9.1.1", "10.9.1.2", "10.9.1.3").start()
        site.comes_from("a", "10.0.1.1", "10.0.1.2", "10.9.1.1", "10.9.1.2", "10.9.1.3")
        found = site.answers("a", 720)
        here = sum(count for address, count in found.items() if address.startswith("10.0."))
        print(f"# of 720 requests {here} were answered by the cluster of weight 3, {720 - here} by that of 1: {dict(sorted(found.items()))}")
        if not 0.73 <= here / 720 <= 0.77:
            raise Failure(f"{here} of 720 is not three quarters")
        if max(found["10.0.1.1"], found["10.0.1.2"]) > 1.05 * min(found["10.0.1.1"], found["10.0.1.2"]):
            raise Failure(f"the endpoints of one cluster are not used alike: {found}")
        settled(site)
        is_well(site)
        text = operate(site, "status")
        for word in (f'(cluster "{HOME}", weight 3)', f'(cluster "{OTHER}", weight 1), Services and endpoints followed'):
            if word not in text:
                raise Failure(f"{word} is not in {text}")
        equal("the metric", site.agent.metric("gatefile_cluster_synced", cluster=OTHER), 1)


@test
def several_clusters_fail_over(lab):
    with Pair(lab, "failover").install("a") as site:
        site.api.apply(objects.endpoint_slice("one", site.name, "10.0.2.1"))
        site.beside("10.9.2.1").start()
        site.comes_from("a", "10.0.2.1", "10.9.2.1")
        with Load(site.traefik, site.host("a")) as load:
            site.beside()
            site.comes_from("a", "10.0.2.1")
            site.beside("10.9.2.1")
            site.comes_from("a", "10.0.2.1", "10.9.2.1")
            site.api.apply(objects.endpoint_slice("one", site.name))
            site.comes_from("a", "10.9.2.1")
            site.api.delete(objects.service("one", site.name), objects.endpoint_slice("one", site.name))
            time.sleep(0.5)
            site.comes_from("a", "10.9.2.1")
            site.api.apply(objects.service("one", site.name), objects.endpoint_slice("one", site.name, "10.0.2.2"))
            site.comes_from("a", "10.0.2.2", "10.9.2.1")
        print(f"# {load.sent} requests meanwhile, none failed")


@test
def several_clusters_with_one_that_stands_by(lab):
    with Pair(lab, "standby", "--cluster-weight", f"{OTHER}=0").install("a") as site:
        site.api.apply(objects.endpoint_slice("one", site.name, "10.0.3.1"))
        site.beside("10.9.3.1").start()
        site.comes_from("a", "10.0.3.1")
        until(lambda: site.agent.metric("gatefile_cluster_synced", cluster=OTHER) == 1, "the other cluster is read")
        equal("who answers", set(site.answers("a", 50)), {"10.0.3.1"})
        with Load(site.traefik, site.host("a")):
            site.api.apply(objects.endpoint_slice("one", site.name))
            site.comes_from("a", "10.9.3.1")
            site.api.apply(objects.endpoint_slice("one", site.name, "10.0.3.1"))
            site.comes_from("a", "10.0.3.1")


class Pod(http.server.ThreadingHTTPServer):
    """Answers like the backend of all addresses, and can be ended."""

    def __init__(self, address, port):
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):  # pylint: disable=invalid-name
                body = json.dumps({"address": address}).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        super().__init__((address, port), Handler)
        self.daemon_threads = True
        self.taken = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def get_request(self):
        connection, address = super().get_request()
        self.taken.append(connection)
        return connection, address

    def handle_error(self, request, client_address):
        """Connections break when it ends."""

    def end(self):
        self.shutdown()
        self.server_close()
        for connection in self.taken:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # it has ended already


@test
def several_clusters_of_which_one_is_lost(lab):
    other = OtherPlane.of(lab)
    with Pair(lab, "lost").install("a") as site:
        site.api.apply(objects.endpoint_slice("one", site.name, "10.0.4.1"))
        pod = Pod("10.9.4.1", 15000)
        site.beside("10.9.4.1", port=15000).start()
        site.comes_from("a", "10.0.4.1", "10.9.4.1")
        is_well(site)
        other.kill_server()
        try:
            shows(site, "api-server-unreachable", f'cluster "{OTHER}"', "unreachable, served as it was")
            equal("the metric", site.agent.metric("gatefile_cluster_reachable", cluster=OTHER), 0)
            site.route("b")
            site.serves("b")
            found = site.answers("a", 100)
            print(f"# with the API server of one cluster away: {dict(found)}")
            equal("who answers without the API server", set(found), {"10.0.4.1", "10.9.4.1"})
            # Now all of that cluster is gone.
            with Load(site.traefik, site.host("a")) as load:
                # On a connection that was just made for it a request that is cut off is asked once.
                until(lambda: load.sent > 20, "requests are on their way")
                pod.end()
                equal("who answers without the cluster", set(site.answers("a", 200)), {"10.0.4.1"})
            print(f"# {load.sent + 200} requests while its endpoints refuse connections, none failed")
        finally:
            other.start_server()
        pod = Pod("10.9.4.1", 15000)
        is_well(site, 30)
        site.comes_from("a", "10.0.4.1", "10.9.4.1")
        pod.end()


@test
def several_clusters_of_which_one_was_never_read(lab):
    network = Network(OtherPlane.of(lab).PORT)
    network.cut()
    with Pair(lab, "never", "--startup-timeout", "3s", server=network.server).install("a") as site:
        site.api.apply(objects.endpoint_slice("one", site.name, "10.0.6.1"))
        site.beside("10.9.6.1")
        site.traefik.start()
        began = time.monotonic()
        site.agent.start(10)
        took = time.monotonic() - began
        print(f"# published {took:.1f} s after the start, with a time-out of 3 s")
        if took < 2:
            raise Failure("the other cluster was not waited for")
        site.comes_from("a", "10.0.6.1")
        site.agent.says("published without a cluster that was never read cluster=there")
        shows(site, "cluster-not-read", f'cluster "{OTHER}"', "never read")
        equal("the metric", site.agent.metric("gatefile_cluster_synced", cluster=OTHER), 0)
        network.mend()
        site.comes_from("a", "10.0.6.1", "10.9.6.1")
        is_well(site, 30)


@test
def several_clusters_with_tenants_of_bad_will(lab):
    with Pair(lab, "tenants").install("a") as site:
        other, secret = site.other.admin, "tenants-secret"
        site.api.apply(objects.endpoint_slice("one", site.name, "10.0.7.1"), objects.namespace(secret),
                       objects.service("hidden", secret), objects.endpoint_slice("hidden", secret, "10.0.7.9"))
        # In the home, a route may not lead to another namespace without a grant there.
        crossing = site.make("crossing", service="hidden")
        crossing["spec"]["rules"][0]["backendRefs"][0]["namespace"] = secret
        site.api.apply(crossing)
        # In the other cluster somebody grants it, and has a route, a Gateway and a class of his own.
        permission = objects.item(f"{GATEWAY_API}/v1beta1", "ReferenceGrant", "all", secret, spec={
            "from": [{"group": GATEWAY_API, "kind": "HTTPRoute", "namespace": site.name}],
            "to": [{"group": "", "kind": "Service"}]})
        foreign = site.make("foreign", service="hidden")
        foreign["spec"]["rules"][0]["backendRefs"][0]["namespace"] = secret
        own = site.make("a", "/stolen")
        outward = objects.item("v1", "Service", "away", site.name, spec={
            "type": "ExternalName", "externalName": "evil.example",
            "ports": [{"name": "http", "port": 80, "protocol": "TCP"}]})
        site.beside("10.9.7.1")
        other.apply(objects.namespace(secret), permission, objects.gateway_class(site.name, site.controller), site.gateway,
                    foreign, own, outward)
        site.route("outward", service="away")
        site.start()
        site.comes_from("a", "10.0.7.1", "10.9.7.1")
        equal("a route without a grant", site.traefik.get(site.host("crossing")), 500)
        equal("its ResolvedRefs", site.route_condition("crossing", "ResolvedRefs")["reason"], "RefNotPermitted")
        equal("a route of the other cluster", site.traefik.get(site.host("foreign")), 404)
        equal("what it changed of the home's", site.traefik.get(site.host("a"), "/stolen"), 404)
        equal("an ExternalName of the other cluster", site.traefik.get(site.host("outward")), 503)
        settled(site)
        for item in (site.gateway, foreign, own, objects.gateway_class(site.name, site.controller)):
            kept = other.get(item)
            # The API server writes defaults of its own into the status of new Gateways and classes.
            if site.controller in json.dumps(kept.get("status", {})) or "gatefile" in json.dumps(kept["metadata"].get("managedFields")):
                raise Failure(f"something was written to {item['kind']} of the other cluster: {kept}")
        asked = {match for match in re.findall(r'gatefile_cluster_api_requests_total\{[^}]*resource="(\w+)"', site.agent.get("/metrics")[1])}
        equal("what else was asked for in the other cluster", asked - {"services", "endpointslices"}, set())
        # A grant of the home counts, for the endpoints of every cluster.
        site.api.apply(permission)
        other.apply(objects.service("hidden", secret), objects.endpoint_slice("hidden", secret, "10.9.7.9"))
        site.comes_from("crossing", "10.0.7.9", "10.9.7.9")


@test
def several_clusters_are_explained_and_drawn(lab):
    with Pair(lab, "words").install("a") as site:
        site.api.apply(objects.endpoint_slice("one", site.name, "10.0.8.1"))
        site.beside("10.9.8.1")
        words = ["--from", f"cluster:{HOME}", "--from", f"cluster:{OTHER}", "--kubeconfig", str(site.kubeconfig),
                 "--controller-name", site.controller, "--traefik-config", str(site.traefik.static)]

        def run(command, *more):
            done = subprocess.run([site.agent.words[0], command, *words, *more], capture_output=True, text=True, timeout=60)
            if done.returncode != 0:
                raise Failure(f"{command} ends with {done.returncode}: {done.stdout}{done.stderr}")
            return done.stdout

        text = run("explain", "GET", f"http://{site.host('a')}/")
        for word in (f"10.0.8.1:13000 ({HOME}, weight 1)", f"10.9.8.1:13000 ({OTHER}, weight 1)"):
            if word not in text:
                raise Failure(f"{word} is not in {text}")
        for address in ("10.0.8.1:13000", "10.9.8.1:13000"):
            if address not in run("graph", "--output", "json"):
                raise Failure(f"{address} is not drawn")


@test
def the_agent_of_several_clusters_says_where_it_is(lab):
    with Pair(lab, "facts").install("a") as site:
        site.beside("10.9.9.1").start()
        settled(site)
        source = facts(site)["source"]
        equal("the home", (source["cluster"], source["weight"]), (HOME, 1))
        equal("the others", [(one["cluster"], one["server"], one["weight"], one["read"], one["reachable"]) for one in source["members"]],
              [(OTHER, site.other.SERVER, 1, True, True)])
