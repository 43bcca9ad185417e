# SPDX-License-Identifier: Apache-2.0
"""What Traefik does not load, or refuses a part of, while its API answers."""

import json

import objects
from actors import FILE, PLUGIN, Load, Site
from cluster import Failure, until
from coexist import TRAEFIK, Requests, answers, ingress_route, install
from coexist_tls import secure_site
from operating import facts, is_well, shows
from serving import settled
from suite import equal, test

# The agent waits for ten seconds before it says that something is not loaded.
PATIENCE = 20
LACKING = "lacking"  # a plugin that no Traefik here has


def is_told_as_not_loaded(site, provider):
    """Wherever the agent says it; and what it says to look for is in Traefik's log."""
    programmed = lambda: site.gateway_condition("Programmed")
    until(lambda: "has not loaded generation" in programmed()["message"],
          lambda: f"the Gateway says so: {programmed()}\n{site.agent.say()}", PATIENCE)
    equal("Programmed", (programmed()["status"], programmed()["reason"]), ("False", "Pending"))
    listener = site.api.get(site.gateway)["status"]["listeners"][0]
    equal("the listener's Programmed", objects.condition(listener["conditions"], "Programmed")["status"], "False")
    to_look_for = f"providerName={provider}"
    if to_look_for not in programmed()["message"]:
        raise Failure(f"{to_look_for} is not in {programmed()['message']}")
    if provider not in {entry.get("providerName") for entry in site.traefik.errors()}:
        raise Failure(f"{to_look_for} is not in Traefik's log: {site.traefik.errors()}")
    shows(site, "generation-not-loaded", "Traefik     FAULT  does not serve that generation", "has not loaded generation", to_look_for)
    site.agent.says(f"(?i)does not serve the generation.*{to_look_for}", 1)
    equal("the metric", site.agent.metric("gatefile_traefik_loaded"), 0)
    equal("/readyz, once green", site.agent.get("/readyz")[0], 200)
    site.traefik.stays(404, site.host("b"), seconds=0.2)


def is_loaded_again(site):
    site.serves("b")
    settled(site, "b")
    is_well(site)
    equal("the metric", site.agent.metric("gatefile_traefik_loaded"), 1)


@test
def a_generation_that_is_not_loaded_for_a_foreign_file(lab):
    """A broken file of somebody else stops Traefik's whole file provider."""
    with Site(lab.plane, "unloaded", form=FILE).install("a").start() as site:
        settled(site)
        is_well(site)
        with Load(site.traefik, site.host("a")):
            broken = site.traefik.out / "others.yml"
            broken.write_text("http: {routers: [\n")
            site.route("b")
            is_told_as_not_loaded(site, "file")
            broken.unlink()
            is_loaded_again(site)


@test
def a_generation_that_is_not_loaded_for_another_directory(lab):
    """What is mounted for Traefik's plugin is something else for a while, which Traefik cannot decode."""
    with Site(lab.plane, "unmounted", form=PLUGIN) as site:
        link, other = site.traefik.work / "mounted", site.traefik.work / "other"
        other.mkdir()
        (other / "gatefile.json").write_text('{"http": {"routers": 1}}')
        link.symlink_to(site.traefik.out)
        told = site.traefik.static.with_name("told.yaml")
        told.write_text(site.traefik.static.read_text())
        site.agent.words[site.agent.words.index(site.traefik.static)] = told
        site.traefik.static.write_text(told.read_text().replace(f"directory: {site.traefik.out}", f"directory: {link}"))
        site.install("a").start()
        settled(site)
        is_well(site)

        def mount(folder):
            fresh = link.with_name("fresh")
            fresh.symlink_to(folder)
            fresh.rename(link)

        with Load(site.traefik, site.host("a")):
            mount(other)
            until(site.traefik.errors, "Traefik cannot decode it")
            site.route("b")
            is_told_as_not_loaded(site, "plugin-gatefile")
            mount(site.traefik.out)
            is_loaded_again(site)


def refused(site):
    """{object: what Traefik says} as `gatefile status` has it."""
    return {problem["subject"]: problem["what"] for problem in facts(site).get("problems", []) if problem["code"] == "traefik-refused"}


@test
def what_traefik_refuses_of_middlewares_and_services_is_told_of_their_objects(lab):
    """A Middleware of a plugin that this Traefik lacks: for a rule, and for a backend, where it is Traefik's service that fails."""
    install(lab)
    with Site(lab.plane, "lacking").install("a").start() as site:
        settled(site)
        middleware = objects.item(TRAEFIK, "Middleware", "m", site.name, spec={"plugin": {LACKING: {"some": "setting"}}})
        filters = [{"type": "ExtensionRef", "extensionRef": {"group": "traefik.io", "kind": "Middleware", "name": "m"}}]
        ruled, backed = site.make("ruled"), site.make("backed")
        ruled["spec"]["rules"][0]["filters"] = filters
        backed["spec"]["rules"][0]["backendRefs"][0]["filters"] = filters
        lab.api.apply(middleware, ruled, backed)
        wanted = {f"Middleware {site.name}/m", f"HTTPRoute {site.name}/ruled", f"HTTPRoute {site.name}/backed"}
        until(lambda: refused(site).keys() == wanted,
              lambda: f"the status names each: {json.dumps(facts(site).get('problems'))}\n{site.agent.say()}", 20)
        for name, what in refused(site).items():
            if LACKING not in what:
                raise Failure(f"what is said of {name} does not name the plugin: {what}")
        equal("the metric", site.agent.metric("gatefile_problems", code="traefik-refused"), len(wanted))
        loaded = lambda name: site.route_condition(name, "gatefile.dev/Loaded")
        for name in ("ruled", "backed"):
            until(lambda name=name: (loaded(name)["status"], loaded(name)["reason"]) == ("False", "RefusedByTraefik"),
                  lambda name=name: f"the condition of {name}: {site.parents(name)}")
            if LACKING not in loaded(name)["message"]:
                raise Failure(f"the condition of {name} does not name the plugin: {loaded(name)}")
            equal(f"whether {name} is served", site.traefik.get(site.host(name)) == 200, False)
        equal("the condition of a route without it", loaded("a")["status"], None)
        site.serves("a", within=0.5)

        middleware["spec"] = {"headers": {"customRequestHeaders": {"X-Some": "thing"}}}
        lab.api.apply(middleware)
        site.serves("ruled")
        site.serves("backed")
        until(lambda: not refused(site), lambda: f"nothing is refused: {refused(site)}", 20)
        for name in ("ruled", "backed"):
            until(lambda name=name: loaded(name)["status"] is None, lambda name=name: f"the condition of {name} goes: {loaded(name)}")


@test
def what_traefik_refuses_of_a_root_is_told_by_its_name(lab):
    """Another team's TLS options, which our root for the host adopted, are deleted: nothing of that host is served."""
    install(lab)
    with secure_site(lab, "orphaned") as site:
        host = site.host("a")
        strict = objects.item(TRAEFIK, "TLSOption", "strict", site.name, spec={"minVersion": "VersionTLS13"})
        theirs = ingress_route("theirs", site.name, host, "/theirs", "other", ("websecure",), tls={"options": {"name": "strict"}})
        ours = [objects.http_route(name, site.name, [objects.parent(site.gateway)], site.host(name), "/ours", "app", kind="PathPrefix")
                for name in ("a", "b")]
        lab.api.apply(strict, theirs, *ours)
        site.start()
        answers(site, host, "10.0.0.12", "/theirs", True)
        answers(site, host, "10.0.0.11", "/ours", True)
        settled(site)
        is_well(site)
        with Requests(site, site.host("b"), "/ours", True):
            lab.api.delete(strict)
            until(lambda: refused(site), lambda: f"the status tells: {json.dumps(facts(site).get('problems'))}\n{site.agent.say()}", 20)
            names = refused(site)
            for name, what in names.items():
                if not name.startswith("gf-index") or host not in name or "strict@kubernetescrd" not in what:
                    raise Failure(f"it is told as {names}")
            shows(site, "traefik-refused", "Traefik     FAULT", "TLS options")
            until(lambda: site.agent.metric("gatefile_problems", code="traefik-refused") == len(names), "the metric", 5)
            lab.api.apply(strict)
            answers(site, host, "10.0.0.11", "/ours", True)
            until(lambda: not refused(site), lambda: f"nothing is refused: {refused(site)}", 20)
        is_well(site)
