# SPDX-License-Identifier: Apache-2.0
"""Makers of the objects that tests and benches create."""

GATEWAY = "gateway.networking.k8s.io/v1"


def item(version, kind, name, namespace=None, **parts):
    meta = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": version, "kind": kind, "metadata": meta, **parts}


def namespace(name, **labels):
    made = item("v1", "Namespace", name)
    made["metadata"]["labels"] = labels
    return made


def gateway_class(name, controller):
    return item(GATEWAY, "GatewayClass", name, spec={"controllerName": controller})


def listener(name="http", port=80, protocol="HTTP", **more):
    return {"name": name, "port": port, "protocol": protocol, "allowedRoutes": {"namespaces": {"from": "All"}}, **more}


def tls_listener(secret, name="https", port=443, **more):
    return listener(name, port, "HTTPS", tls={"mode": "Terminate", "certificateRefs": [{"name": secret}]}, **more)


def gateway(name, namespace, class_name, *listeners):
    return item(GATEWAY, "Gateway", name, namespace,
                spec={"gatewayClassName": class_name, "listeners": list(listeners or [listener()])})


def parent(gateway_object, **more):
    meta = gateway_object["metadata"]
    return {"name": meta["name"], "namespace": meta["namespace"], **more}


def http_route(name, namespace, parents, hostname, path="/", service="one", port=80, kind="Exact"):
    return item(GATEWAY, "HTTPRoute", name, namespace, spec={
        "parentRefs": parents,
        "hostnames": [hostname],
        "rules": [{"matches": [{"path": {"type": kind, "value": path}}],
                   "backendRefs": [{"name": service, "port": port}]}],
    })


def stream_route(kind, name, namespace, parents, service="one", port=80, **more):
    """A TCPRoute, UDPRoute or, with hostnames, TLSRoute."""
    return item(GATEWAY, kind, name, namespace, spec={
        "parentRefs": parents, **more, "rules": [{"backendRefs": [{"name": service, "port": port}]}]})


def service(name, namespace):
    return item("v1", "Service", name, namespace, spec={"ports": [{"name": "http", "port": 80, "protocol": "TCP"}]})


def endpoint_slice(service_name, namespace, *addresses, port=13000):
    made = item("discovery.k8s.io/v1", "EndpointSlice", f"{service_name}-1", namespace, addressType="IPv4",
                ports=[{"name": "http", "port": port, "protocol": "TCP"}],
                endpoints=[{"addresses": [address], "conditions": {"ready": True}} for address in addresses])
    made["metadata"]["labels"] = {"kubernetes.io/service-name": service_name}
    return made


def secret(name, namespace, certificate, key):
    return item("v1", "Secret", name, namespace, type="kubernetes.io/tls",
                stringData={"tls.crt": certificate, "tls.key": key})


def condition(conditions, kind):
    """A condition, with None for each part that is not there."""
    found = dict.fromkeys(("status", "reason", "message", "observedGeneration", "lastTransitionTime"))
    for entry in conditions or ():
        if entry["type"] == kind:
            found.update(entry)
    return found
