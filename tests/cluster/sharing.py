# SPDX-License-Identifier: Apache-2.0
"""Several instances with one controller name: each takes back what it said itself, and none writes against another."""

import time

import objects
from actors import FILE, Agent, Site
from cluster import until
from leaving import run
from serving import settled, versions
from suite import equal, test

AT_REST = 6


@test
def instances_split_by_namespaces_write_nothing_at_rest(lab):
    """A route below a Gateway of each, and a class of both, whose features depend on the format."""
    both = ("--watch-namespace", "meeting")
    with Site(lab.plane, "north", "--watch-namespace", "north", *both) as north, Site(lab.plane, "south", form=FILE) as south:
        gateway = objects.gateway("gw", south.name, north.name)
        route = objects.http_route("shared", "meeting", [objects.parent(north.gateway), objects.parent(gateway)], "shared.meeting.example")
        north.install()
        lab.api.apply(objects.namespace(south.name), objects.namespace("meeting"), objects.service("one", "meeting"),
                      objects.endpoint_slice("one", "meeting", "10.0.0.1"), gateway, route)
        north.start()
        south.traefik.start()
        other = Agent(lab.plane, south.traefik, "--controller-name", north.controller, "--watch-namespace", south.name, *both,
                      name="south-agent", kubeconfig=north.kubeconfig).start(15)
        told = lambda: sorted(entry["parentRef"]["namespace"] for entry in (lab.api.get(route).get("status") or {}).get("parents", []))
        until(lambda: told() == ["north", "south"], lambda: f"both tell: {told()}\n{north.agent.say()}\n{other.say()}")
        north.traefik.expect(200, "shared.meeting.example")
        south.traefik.expect(200, "shared.meeting.example")
        time.sleep(2)
        before = versions(north)
        time.sleep(AT_REST)
        after = versions(north)
        equal("what was written at rest", [key for key in after if after[key] != before.get(key)], [])
        equal("who tells after it", told(), ["north", "south"])
        # What each has said it takes back itself, and at the end cleanup with the same options.
        lab.api.delete(gateway)
        until(lambda: told() == ["north"], lambda: f"one tells: {told()}\n{other.say()}")
        lab.api.apply(gateway)
        until(lambda: told() == ["north", "south"], lambda: f"both tell again: {told()}\n{other.say()}")
        other.stop()
        code, out, said = run("cleanup", "--from", "cluster", "--kubeconfig", north.kubeconfig, "--controller-name", north.controller,
                              "--watch-namespace", south.name, *both, "--yes")
        equal(f"cleanup, which leaves the class ({out}{said})", code, 1)
        equal("who tells after it", told(), ["north"])


@test
def a_gateway_of_another_controller_takes_our_word_from_its_routes(lab):
    with Site(lab.plane, "moves").install("a").start() as site:
        settled(site)
        lab.api.apply(objects.gateway_class("moves-other", "example.com/another"))
        lab.api.patch(site.gateway, {"spec": {"gatewayClassName": "moves-other"}})
        until(lambda: not site.parents("a"), lambda: f"our entry goes: {site.parents('a')}\n{site.agent.say()}")


@test
def a_chosen_gateway_that_is_deleted_takes_our_word_from_its_routes(lab):
    with Site(lab.plane, "chooses", "--gateway-selector", "mine") as site:
        site.gateway["metadata"]["labels"] = {"mine": "yes"}
        site.install("a").start()
        settled(site)
        lab.api.delete(site.gateway)
        until(lambda: not site.parents("a"), lambda: f"our entry goes: {site.parents('a')}\n{site.agent.say()}")
