# SPDX-License-Identifier: Apache-2.0
"""gatefile rbac: what it prints is enough for the agent, and no more than it uses."""

import contextlib
import itertools
import json
import re

import objects
from actors import Site, certificate, der
from cluster import ADMIN, Failure, address, documents, until
from coexist import install
from leaving import furnish, has_entry, run
from serving import settled
from suite import equal, test

READ = {"get", "list", "watch"}
ACCOUNT = "agent"
# A beta that the API server has to be asked for; the others are there.
NOT_SERVED = "clustertrustbundles"


@contextlib.contextmanager
def audited(lab, user):
    """A file in which the API server writes what a user asks of it."""
    policy, log = lab.work / "audit.json", lab.work / f"audit-{user.replace(':', '-')}.log"
    policy.write_text(json.dumps({"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "omitStages": ["RequestReceived"],
                                  "rules": [{"level": "Metadata", "users": [user]}, {"level": "None"}]}))
    with lab.plane.having(f"--audit-policy-file={policy}", f"--audit-log-path={log}"):
        yield log


def account(lab, namespace):
    """The user's name, and a kubeconfig with a token of a ServiceAccount that has no rights yet."""
    made = objects.item("v1", "ServiceAccount", ACCOUNT, namespace)
    lab.api.apply(objects.namespace(namespace), made)
    answer = lab.api.request("POST", lab.api.path_of(made) + "/token", {
        "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"audiences": ["https://test"]}})
    file = lab.work / f"token-{namespace}"
    file.write_text(answer["status"]["token"])
    return f"system:serviceaccount:{namespace}:{ACCOUNT}", lab.plane.kubeconfig(f"account-{namespace}", token_file=file)


def rights(lab, text):
    """(namespace, group, resource, name, verb) of what the Roles in a text grant; None where it is any."""
    for document in documents(text):
        version, kind, namespace, name = address(document)
        if not kind.endswith("Role"):
            continue
        for rule in lab.api.request("GET", lab.api.path(version, kind, namespace, name))["rules"]:
            verbs = set(rule["verbs"])
            # Who may list may as well get, so these three together are one right.
            verbs = {"read"} | verbs - READ if READ <= verbs else verbs
            yield from itertools.product([namespace], rule["apiGroups"], rule["resources"], rule.get("resourceNames", [None]), verbs)


def uses(asked, right):
    namespace, group, resource, name, verb = right
    about = asked["objectRef"]
    is_resource = about["resource"] + (f"/{about['subresource']}" if "subresource" in about else "") == resource
    return (is_resource and about.get("apiGroup", "") == group and namespace in (None, about.get("namespace"))
            and name in (None, about.get("name")) and asked["verb"] in (READ if verb == "read" else {verb}))


def with_every_kind(site):
    """Objects of every kind that the agent reads by name, or writes the status of."""
    pair = certificate(site.plane.work, site.host("a"))
    policy = objects.item(objects.GATEWAY, "BackendTLSPolicy", "named", site.name, spec={
        "targetRefs": [{"group": "", "kind": "Service", "name": "three"}],
        "validation": {"hostname": "three.example", "caCertificateRefs": [{"group": "", "kind": "ConfigMap", "name": "authorities"}]}})
    site.gateway["spec"]["allowedListeners"] = {"namespaces": {"from": "Same"}}
    site.install("a")
    site.api.apply(objects.secret("tls", site.name, *pair), objects.service("three", site.name), policy,
                   objects.item("v1", "ConfigMap", "parameters", site.name, data={}),
                   objects.item("v1", "ConfigMap", "authorities", site.name, data={"ca.crt": pair[0]}))
    site.api.patch(objects.gateway_class(site.name, site.controller), {"spec": {"parametersRef": {
        "group": "", "kind": "ConfigMap", "name": "parameters", "namespace": site.name}}})
    site.route("three", service="three")
    return pair[0], furnish(site)


def manifests(site):
    """What of these is in a repository, as one file."""
    kinds = ("Gateway", "ListenerSet", "HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute", "UDPRoute", "BackendTLSPolicy")
    items = [site.api.get(objects.gateway_class(site.name, site.controller))]
    for kind in kinds:
        items += [{"apiVersion": objects.GATEWAY, "kind": kind, **item} for item in site.api.list(objects.GATEWAY, kind, site.name)]
    file = site.traefik.work / "manifests.yaml"
    file.write_text("\n---\n".join(json.dumps(item) for item in items))
    return file


def printed(site, *flags):
    """What `gatefile rbac` prints of the cluster, which it prints of its manifests as well."""
    words = ("rbac", "--service-account", f"{site.name}/{ACCOUNT}", "--controller-name", site.controller, "--read-bundle-version", *flags)
    code, text, said = run(*words, "--from", "cluster", "--kubeconfig", site.plane.kubeconfig("reader", ADMIN))
    equal(f"rbac --from cluster ({said})", code, 0)
    code, again, said = run(*words, "-f", manifests(site))
    equal(f"rbac -f ({said})", code, 0)
    equal("what is printed of the manifests", again, text)
    return text


def events(site, namespace, kind):
    found = site.api.request("GET", f"/apis/events.k8s.io/v1/namespaces/{namespace}/events")["items"]
    return [event for event in found if event["regarding"]["kind"] == kind and event["reportingController"] == site.controller]


def route_turns(site):
    """It loses its listener, and an Event says so."""
    before = len(events(site, site.name, "HTTPRoute"))
    site.api.patch(site.make("a"), {"spec": {"parentRefs": [objects.parent(site.gateway, sectionName="missing")]}})
    until(lambda: len(events(site, site.name, "HTTPRoute")) > before, lambda: "an Event tells of the route\n" + site.agent.say())


def class_turns(site):
    """Its parameters are of a kind that nobody reads, so that no right is missing."""
    site.api.patch(objects.gateway_class(site.name, site.controller), {"spec": {"parametersRef": {"group": "example.com", "kind": "Other"}}})
    until(lambda: events(site, "default", "GatewayClass"), lambda: "an Event tells of the class\n" + site.agent.say())


def does_its_work(site, pair, told):
    """Whether the certificate is served, each object has its status, and the agent has its Lease."""
    return (site.agent.metric("gatefile_leader") == 1 and site.traefik.certificate(site.host("a")) == der(pair)
            and all(has_entry(site, item) for item in told) and site.route_condition("a", "Accepted")["status"] == "True")


def lives_with_what_is_printed(lab, name, *flags):
    install(lab)
    user, kubeconfig = account(lab, name)
    site = Site(lab.plane, name, "--lease", f"{name}/gatefile", *flags, kubeconfig=kubeconfig,
                listeners=[objects.listener(), objects.tls_listener("tls")])
    pair, told = with_every_kind(site)
    text = printed(site, *flags)
    lab.api.apply_yaml(text)
    with audited(lab, user) as log, site:
        site.start()
        settled(site)
        until(lambda: does_its_work(site, pair, told), lambda: "the agent does its work\n" + site.agent.say())
        route_turns(site)
        class_turns(site)
        equal("requests that were answered with 403", site.agent.metric("gatefile_api_requests_total", code="403"), None)
        site.agent.stop()
        equal("what the log says of rights", re.findall(r"(?i).*(?:forbidden|not allowed).*", site.agent.process.text()), [])
        asked = [json.loads(line) for line in log.read_text().splitlines()]
    refused = [event for event in asked if event["annotations"]["authorization.k8s.io/decision"] != "allow"]
    equal("what the API server refused", refused, [])
    about_objects = [event for event in asked if event.get("objectRef", {}).get("resource")]
    granted = set(rights(lab, text))
    unused = sorted(str(right) for right in granted if not any(uses(event, right) for event in about_objects))
    if [right for right in unused if NOT_SERVED not in right] or len(granted) < 20:
        raise Failure(f"of {len(granted)} rights these are not used: {unused}")


@test
def what_rbac_prints_is_enough_and_no_more(lab):
    lives_with_what_is_printed(lab, "granted")


@test
def what_rbac_prints_for_a_namespace_is_enough_and_no_more(lab):
    lives_with_what_is_printed(lab, "confined", "--watch-namespace", "confined")


def bound(role, user):
    """What gives a printed Role to a user: to whom it is given, only they know who give it."""
    _, kind, namespace, name = address(role)
    return objects.item("rbac.authorization.k8s.io/v1", kind + "Binding", name, namespace,
                        roleRef={"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": name},
                        subjects=[{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user}])


@test
def what_refusals_print_is_enough(lab):
    """The agent begins without any right, and is given each Role that its log prints."""
    install(lab)
    name = "barred"
    user, kubeconfig = account(lab, name)
    site = Site(lab.plane, name, "--lease", f"{name}/gatefile", "--gateway-services", "ClusterIP",
                "--gateway-service-address", "10.1.2.3", kubeconfig=kubeconfig, listeners=[objects.listener(), objects.tls_listener("tls")])
    pair, told = with_every_kind(site)
    service = objects.item("v1", "Service", "gatefile-" + site.gateway["metadata"]["name"], site.name)
    given = set()

    def works_with_what_is_printed():
        for role in {json.loads(text) for text in re.findall(r' cure=("(?:[^"\\]|\\.)+")', site.agent.process.text())} - given:
            given.add(role)
            lab.api.apply_yaml(role)
            lab.api.apply(bound(role, user))
        return does_its_work(site, pair, told) and has_its_service()

    def has_its_service():
        slices = lab.api.request("GET", f"/apis/discovery.k8s.io/v1/namespaces/{name}/endpointslices")["items"]
        owners = [item["metadata"]["labels"].get("kubernetes.io/service-name") for item in slices]
        return lab.api.raw("GET", lab.api.path_of(service))[0] == 200 and service["metadata"]["name"] in owners

    sections = itertools.cycle(["missing", "http"])

    def a_turn_is_told():
        """An Event that was refused is not sent again, so it takes another turn."""
        site.api.patch(site.make("a"), {"spec": {"parentRefs": [objects.parent(site.gateway, sectionName=next(sections))]}})
        works_with_what_is_printed()
        return events(site, name, "HTTPRoute")

    with site:
        site.traefik.start()
        site.agent.start()
        until(works_with_what_is_printed, lambda: f"the agent does its work with {len(given)} Roles\n{site.agent.say()}", 120, 0.5)
        until(a_turn_is_told, lambda: f"an Event tells of the route\n{site.agent.say()}", 30, 1.0)
        print(f"# {len(given)} Roles")
