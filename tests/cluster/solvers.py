# SPDX-License-Identifier: Apache-2.0
"""Solvers of ACME's HTTP-01 as cert-manager makes them, Ingresses and HTTPRoutes: they answer while applications move."""

import http.client
import time

import objects
from actors import Site
from cluster import until
from coexist import Requests, answers, application, ask, connect, ingress, install
from suite import equal, test

ACME = "/.well-known/acme-challenge/"


def solver_ingress(namespace, host, token, service, kind="Exact"):
    """As cert-manager's HTTP-01 solver makes it (pkg/issuer/acme/http/ingress.go); before 1.18 it was
    ImplementationSpecific."""
    made = ingress(f"cm-acme-http-solver-{token}", namespace, host, ACME + token, kind, service)
    made["metadata"]["labels"] = {"acme.cert-manager.io/http-domain": "1234567", "acme.cert-manager.io/http-token": "7654321",
                                  "acme.cert-manager.io/http01-solver": "true"}
    made["metadata"]["annotations"] = {"nginx.ingress.kubernetes.io/whitelist-source-range": "0.0.0.0/0,::/0"}
    return made


def solver_route(site, host, token, service):
    """As its gatewayHTTPRoute solver makes it (pkg/issuer/acme/http/httproute.go)."""
    made = objects.http_route(f"cm-acme-http-solver-{token}", site.name, [objects.parent(site.gateway)], host,
                              ACME + token, service, kind="Exact")
    made["metadata"]["labels"] = {"acme.cert-manager.io/http01-solver": "true"}
    made["spec"]["rules"][0]["backendRefs"][0]["weight"] = 1
    return made


def challenged(site, host, token):
    """(status, the endpoint that answered) as an authority finds it: over HTTP, and where that leads to."""
    path = ACME + token
    connection = connect(site, host, False)
    try:
        connection.request("GET", path, headers={"Host": host})
        answer = connection.getresponse()
        answer.read()
        status, location = answer.status, answer.getheader("Location")
    except (OSError, http.client.HTTPException) as error:
        return 0, str(error)
    finally:
        connection.close()
    return ask(site, host, path, True) if location == f"https://{host}{path}" else (status, location)


class Challenges(Requests):
    """An authority that asks for one token all the time."""

    def __init__(self, site, host, token, endpoint):
        super().__init__(site, host, token, endpoint=endpoint)

    def _ask(self):
        return challenged(self.site, *self.order[1:])


def solvers(lab, coexist):
    install(lab)
    name = f"solvers-{coexist}"
    with Site(lab.plane, name, "--coexist", coexist, beside=True).install("stays") as site:
        application(site, "app", "solver")
        host = site.host("app")
        redirect = objects.http_route("app", name, [objects.parent(site.gateway)], host, kind="PathPrefix")
        redirect["spec"]["rules"][0] = {"filters": [{"type": "RequestRedirect", "requestRedirect": {
            "scheme": "https", "statusCode": 301}}]}
        lab.api.apply(redirect)
        site.start()
        until(lambda: ask(site, host)[0] == 301, lambda: f"http is redirected: {ask(site, host)}\n{site.agent.say()}")
        old = solver_ingress(name, host, "one", "solver", "ImplementationSpecific")
        lab.api.apply(old, solver_route(site, host, "two", "solver"))
        answers(site, host, "10.0.0.12", ACME + "one")
        answers(site, host, "10.0.0.12", ACME + "two")
        equal("everything else", ask(site, host, "/shop")[0], 301)
        plain = objects.http_route("app", name, [objects.parent(site.gateway)], host, service="app", kind="PathPrefix")
        with Requests(site, host, ACME + "one", endpoint="10.0.0.12"), Requests(site, host, ACME + "two", endpoint="10.0.0.12"):
            lab.api.apply(plain)
            answers(site, host, "10.0.0.11")
            lab.api.delete(plain)
            lab.api.apply(ingress("app", name, host, service="app"))
            answers(site, host, "10.0.0.11")
            lab.api.apply(redirect)
            time.sleep(1)
        lab.api.delete(old, solver_route(site, host, "two", "solver"))
        until(lambda: ask(site, host, ACME + "two") != (200, "10.0.0.12"), "the solvers are gone")


@test
def solvers_answer_yielding(lab):
    solvers(lab, "yield")


@test
def solvers_answer_winning(lab):
    solvers(lab, "win")
