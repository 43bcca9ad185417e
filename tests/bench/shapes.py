# SPDX-License-Identifier: Apache-2.0
"""What `serve` compares with ours: the rules of Traefik's own provider, and one fixed router."""

import hashlib
import re

import generate
from programs import ENTRY_POINT


def balancer(url):
    return {
        "loadBalancer": {
            "servers": [{"url": url}],
            "strategy": "wrr",
            "passHostHeader": True,
            "responseForwarding": {"flushInterval": "100ms"},
        }
    }


def fixed(url):
    router = {
        "rule": "PathPrefix(`/`)",
        "entryPoints": [ENTRY_POINT],
        "service": "all",
        "priority": 1,
    }
    return {"http": {"routers": {"all": router}, "services": {"all": balancer(url)}}}


def normalized(name):
    return "-".join(part for part in re.split(r"[^A-Za-z0-9]+", name) if part)


def flat_match(hostname, match):
    """The provider's rule and priority of one match; only what generate.py makes."""
    kind, value = match["path"]["type"], match["path"]["value"]
    if kind == "Exact":
        rule, priority = f'Path("{value}")', 100_000
    elif value == "/":
        rule, priority = 'PathPrefix("/")', 1
    else:
        rule, priority = f'(Path("{value}") || PathPrefix("{value}/"))', 10_000 + 100 * len(value)
    for header in match.get("headers", ()):
        rule += f' && Header("{header["name"]}","{header["value"]}")'
        priority += 100
    return f'Host("{hostname}") && {rule}', priority + len(hostname)


def flat(rules, url):
    """What Traefik's kubernetesGateway provider makes of generate.cluster(rules)."""
    routers, services = {}, {}
    gateway = f"gw-{generate.GATEWAY['namespace']}-{generate.GATEWAY['name']}"
    for namespace, name, hostname, count in generate.routes(rules):
        for index, match in enumerate(generate.matches()[-count:]):
            rule, priority = flat_match(hostname, match)
            key = normalized(f"httproute-{namespace}-{name}-{gateway}-ep-{ENTRY_POINT}-{index}")
            router = f"{key}-{hashlib.sha256(rule.encode()).hexdigest()[:20]}"
            routers[router] = {
                "entryPoints": [ENTRY_POINT],
                "rule": rule,
                "ruleSyntax": "default",
                "priority": priority + count - index,
                "service": f"{router}-wrr",
            }
            service = f"{router}-svc-{namespace}-{name}-0"
            services[f"{router}-wrr"] = {"weighted": {"services": [{"name": service, "weight": 1}]}}
            services[service] = balancer(url)
    return {"http": {"routers": routers, "services": services}}
