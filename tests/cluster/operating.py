# SPDX-License-Identifier: Apache-2.0
"""What operators see and do beside a real API server: status in each fault, pause and rollback, a start from --state-dir."""

import json
import re
import shutil
import stat
import subprocess
import tempfile
from pathlib import Path

import objects
from actors import Load, Network, Site, certificate, der
from cluster import AGENT, GATEWAY_API, RULES, TOLD, Failure, grant, until
from serving import settled
from suite import equal, test

VISIBLE = 5  # seconds


def operate(site, command, *words, code=0):
    done = subprocess.run([site.agent.words[0], command, "--out", site.traefik.out, *words], capture_output=True, text=True, timeout=40)
    if code is not None and done.returncode != code:
        raise Failure(f"{command} ends with {done.returncode}, not {code}: {done.stdout}{done.stderr}")
    return done.stdout


def facts(site):
    return json.loads(operate(site, "status", "--report", "json", code=None))


def shows(site, code, *words, within=VISIBLE):
    until(lambda: code in {problem["code"] for problem in facts(site).get("problems", [])},
          lambda: f"the status says {code}: {operate(site, 'status', code=None)}", within)
    for word in words:
        # The first attempts may fail in other words, such as a connection that broke.
        until(lambda: word in operate(site, "status", code=1), lambda: f"the status says {word}: {operate(site, 'status', code=1)}", VISIBLE)


def is_well(site, within=20):
    until(lambda: facts(site).get("ok"), lambda: operate(site, "status", code=None), within)


@test
def the_status_names_an_api_server_that_is_away(lab):
    network = Network(lab.plane.PORT)
    with Site(lab.plane, "told", kubeconfig=lab.plane.kubeconfig("told", server=network.server)).install("a").start() as site:
        settled(site)
        is_well(site)
        text = operate(site, "status")
        for word in ("kinds followed", "Gateway told/gw: programmed; 1 routes accepted, 0 refused", "serves that generation"):
            if word not in text:
                raise Failure(f"{word} is not in {text}")
        with Load(site.traefik, site.host("a")):
            network.cut()
            shows(site, "api-server-unreachable", "API server  FAULT", f"the connection to the API server {network.server} broke", "since", "cure")
            equal("the metric", site.agent.metric("gatefile_problems", code="api-server-unreachable"), 1)
            network.mend()
            is_well(site, 30)


@test
def the_status_names_a_right_that_is_missing(lab):
    """And prints the Role that gives it."""
    rules = [rule for rule in RULES if "services" not in rule["resources"]]
    lab.api.apply(*grant("told", "told", rules))
    with Site(lab.plane, "right", user=TOLD).install("a") as site:
        site.traefik.start()
        site.agent.start()
        until((site.traefik.out / ".gatefile/agent.sock").exists, "there is a control socket")
        shows(site, "kind-forbidden", "Service", 'kind: "ClusterRole"', '- "services"', within=15)


@test
def the_status_notes_a_newer_gateway_api(lab):
    """Where the agent may ask for it, and once; else nothing is said."""
    definition = objects.item("apiextensions.k8s.io/v1", "CustomResourceDefinition", f"httproutes.{GATEWAY_API}")
    annotation = f"{GATEWAY_API}/bundle-version"
    known = lab.api.get(definition)["metadata"]["annotations"][annotation]
    right = {"apiGroups": ["apiextensions.k8s.io"], "resources": ["customresourcedefinitions"],
             "resourceNames": [definition["metadata"]["name"]], "verbs": ["get"]}

    def asked(site, code):
        until(lambda: site.agent.metric("gatefile_api_requests_total", resource="customresourcedefinitions"), "the agent asks")
        return site.agent.metric("gatefile_api_requests_total", verb="get", resource="customresourcedefinitions", code=code)

    lab.api.patch(definition, {"metadata": {"annotations": {annotation: "v9.9.9"}}})
    try:
        lab.api.apply(*grant("told", "told", [*RULES, right]))
        with Site(lab.plane, "newer", user=TOLD).install("a").start() as site:
            settled(site)
            shows(site, "gateway-api-newer")
            site.agent.says("WRN Gateway API v9.9 is newer than v1.7")
            if "API server  note" not in operate(site, "status"):
                raise Failure(f"it is no note: {operate(site, 'status')}")
            equal("/readyz", site.agent.get("/readyz")[0], 200)
        lab.api.apply(*grant("told", "told", RULES))
        with Site(lab.plane, "blind", user=TOLD).install("a").start() as site:
            settled(site)
            equal("requests that were refused", asked(site, 403), 1)
            site.route("b")
            site.serves("b")
            equal("requests in all", asked(site, 403), 1)
            equal("the problems", facts(site)["problems"], [])
            if "customresourcedefinitions" in site.agent.process.text():
                raise Failure(f"the log tells of it\n{site.agent.say()}")
    finally:
        lab.api.patch(definition, {"metadata": {"annotations": {annotation: known}}})


@test
def a_pause_waits_and_outlives_the_agent(lab):
    with Site(lab.plane, "pause").install("a").start() as site:
        settled(site)
        with Load(site.traefik, site.host("a")):
            operate(site, "pause", "--reason", "the weekend")
            until(lambda: "the weekend" in site.gateway_condition("Programmed")["message"], "the Gateway says so", 10)
            equal("Programmed of what is served", site.gateway_condition("Programmed")["status"], "True")
            site.route("b")
            shows(site, "paused", "changes wait", "the weekend")
            until(lambda: "changes wait" in site.gateway_condition("Programmed")["message"], "the Gateway says that changes wait", 10)
            equal("the metric", site.agent.metric("gatefile_paused"), 1)
            site.traefik.stays(404, site.host("b"))
            site.agent.kill()
            site.agent.start()
            shows(site, "paused", "changes wait", within=20)
            site.traefik.stays(404, site.host("b"))
            operate(site, "resume")
            site.serves("b")
        is_well(site)
        until(lambda: "paused" not in site.gateway_condition("Programmed")["message"], "the Gateway says no more of it", 10)


@test
def a_rollback_is_held_and_loses_no_request(lab):
    with Site(lab.plane, "rollback").install("a").start() as site:
        settled(site)
        site.route("r", "/old")
        site.serves("r", "/old")
        is_well(site)
        number = [one["number"] for one in json.loads(operate(site, "history", "--report", "json")) if one["current"]][0]
        site.route("r", "/new")
        site.serves("r", "/new")
        with Load(site.traefik, site.host("a")):
            operate(site, "rollback", str(number))
            site.serves("r", "/old")
            site.refuses("r", "/new")
            site.route("s")
            site.traefik.stays(404, site.host("s"))
            operate(site, "resume")
            site.serves("s")
            site.serves("r", "/new")
        is_well(site)


@test
def a_node_reboots_while_the_api_server_is_away(lab):
    network = Network(lab.plane.PORT)
    state = Path(tempfile.mkdtemp(prefix="state-", dir=lab.work)) / "gatefile"
    with Site(lab.plane, "reboot", "--state-dir", state, kubeconfig=lab.plane.kubeconfig("reboot", server=network.server)).install("a").start() as site:
        settled(site)
        until((state / "output").exists, "the last good output is kept", 10)
        network.cut()
        site.agent.stop()
        site.traefik.stop()
        shutil.rmtree(site.traefik.out)
        site.traefik.out.mkdir()
        site.agent.start()
        site.traefik.start()
        site.serves("a", within=10)
        # Load balancers send requests to who is ready.
        site.agent.ready(10)
        shows(site, "api-server-unreachable")
        site.route("b")
        network.mend()
        site.serves("b", within=30)
        is_well(site, 30)


@test
def credentials_come_after_a_reboot(lab):
    """What is kept is served without them, and without the kubeconfig itself; all is well once they are there."""
    token = lab.work / "late-token"
    token.write_text(lab.plane.token(AGENT))
    kubeconfig = lab.plane.kubeconfig("late", token_file=token)
    state = Path(tempfile.mkdtemp(prefix="state-", dir=lab.work)) / "gatefile"
    with Site(lab.plane, "late", "--state-dir", state, "--lease", "late", kubeconfig=kubeconfig).install("a").start() as site:
        settled(site)
        until((state / "output").exists, "the last good output is kept", 10)
        for number, file in enumerate((token, kubeconfig)):
            site.agent.stop()
            site.traefik.stop()
            shutil.rmtree(site.traefik.out)
            site.traefik.out.mkdir()
            away = file.rename(file.with_suffix(".away"))
            site.agent.start()
            site.traefik.start()
            site.serves("a", within=10)
            site.agent.ready(10)
            shows(site, "api-server-unreachable", file.name, "what is published stays")
            equal("requests to the API server", site.agent.metric("gatefile_api_requests_total"), None)
            site.route(f"b{number}")
            away.rename(file)
            site.serves(f"b{number}", within=20)
            is_well(site, 30)
            until(lambda: site.agent.metric("gatefile_leader") == 1, lambda: "it leads\n" + site.agent.say(), 30)


@test
def credentials_come_after_the_agent(lab):
    """With nothing to serve Traefik waits for them as long as for an API server; a kubeconfig that is wrong is told at once."""
    token = lab.work / "later-token"
    kubeconfig = lab.plane.kubeconfig("later", token_file=token)
    with Site(lab.plane, "later", "--startup-timeout", "2s", kubeconfig=kubeconfig).install("a") as site:
        site.agent.start()
        until(lambda: site.agent.get("/readyz/published")[0] == 503, "there is nothing to serve", 2)
        until(lambda: site.agent.get("/readyz/published")[0] == 200, "who waits is let go", 4)
        equal("/readyz with nothing to serve", site.agent.get("/readyz")[0], 503)
        shows(site, "api-server-unreachable", token.name)
        site.traefik.start()
        token.write_text(lab.plane.token(AGENT))
        site.serves("a", within=20)
        is_well(site)
        wrong = site.another("--context", "nowhere")
        wrong.words[wrong.words.index("--out") + 1] = lab.work / "nothing-published"
        wrong.start()
        until(wrong.process.ended, "an agent ends that has nothing to serve and no context", 5)
        wrong.says('no context "nowhere"', 1)


@test
def traefik_is_never_kept_waiting_for_long(lab):
    network = Network(lab.plane.PORT)
    network.cut()
    site = Site(lab.plane, "waits", "--startup-timeout", "2s", kubeconfig=lab.plane.kubeconfig("waits", server=network.server))
    with site.install("a"):
        site.agent.start()
        until(lambda: site.agent.get("/readyz/published")[0] == 503, "there is nothing to serve", 2)
        until(lambda: site.agent.get("/readyz/published")[0] == 200, "who waits is let go", 4)
        equal("/readyz with nothing to serve", site.agent.get("/readyz")[0], 503)
        site.agent.says("Traefik may start though nothing is published", 1)
        site.traefik.start()
        network.mend()
        site.serves("a", within=30)


@test
def a_key_pair_that_does_not_match_keeps_the_last_good_one(lab):
    listeners = (objects.listener(), objects.tls_listener("pair", hostname="pair.example"))
    with Site(lab.plane, "pairs", listeners=listeners) as site:
        def secret(certificate, key):
            # Of kubernetes.io/tls the API server wants both.
            return {**objects.secret("pair", site.name, certificate, key), "type": "Opaque"}

        first, second = (certificate(lab.work, "pair.example") for _ in range(2))
        site.install("a")
        lab.api.apply(secret(*first))
        site.start()
        until(lambda: site.traefik.certificate("pair.example") == der(first[0]), "the certificate is served", 15)
        is_well(site)
        lab.api.apply(secret(second[0], first[1]))
        shows(site, "certificate-ref", "Secret pairs/pair", "the last good ones are served on")
        site.route("b")
        site.serves("b")
        equal("whether the last good one is served", site.traefik.certificate("pair.example") == der(first[0]), True)
        lab.api.patch(secret(*second), {"data": {"tls.key": None}})
        shows(site, "certificate-ref", "Secret pairs/pair", "tls.key is missing", "the last good ones are served on")
        site.route("c")
        site.serves("c")
        equal("whether the last good one is served", site.traefik.certificate("pair.example") == der(first[0]), True)
        lab.api.apply(secret(*second))
        until(lambda: site.traefik.certificate("pair.example") == der(second[0]), "the new pair is served once it is whole", 15)
        is_well(site)


@test
def a_good_key_pair_outlives_the_agent(lab):
    """With --state-dir; and goes with the Secret, and with the last reference to it."""
    state = Path(tempfile.mkdtemp(prefix="state-", dir=lab.work)) / "gatefile"
    kept = state / ".gatefile/key-pairs"
    listeners = (objects.listener(), objects.tls_listener("pair", hostname="kept.example"))
    with Site(lab.plane, "keeps", "--state-dir", state, listeners=listeners) as site:
        first, second = (certificate(lab.work, "kept.example") for _ in range(2))
        site.install("a")
        lab.api.apply(objects.secret("pair", site.name, first[0], first[1]))
        site.start()
        until(lambda: site.traefik.certificate("kept.example") == der(first[0]), "the certificate is served", 15)
        until(kept.exists, "the pair is kept", 10)
        equal("its mode", oct(stat.S_IMODE(kept.stat().st_mode)), "0o600")
        lab.api.apply(objects.secret("pair", site.name, second[0], first[1]))
        shows(site, "certificate-ref", "Secret keeps/pair", "the last good ones are served on")
        site.agent.stop()
        site.agent.start(15)
        shows(site, "certificate-ref", "Secret keeps/pair", "the last good ones are served on")
        # What is published now is what this agent made.
        site.route("b")
        site.serves("b")
        equal("whether the last good one is served", site.traefik.certificate("kept.example") == der(first[0]), True)
        lab.api.apply(objects.secret("pair", site.name, second[0], second[1]))
        until(lambda: site.traefik.certificate("kept.example") == der(second[0]), "the new pair is served once it is whole", 15)
        is_well(site)
        lab.api.delete(objects.secret("pair", site.name, second[0], second[1]))
        until(lambda: not kept.exists(), "nothing is kept of a Secret that is gone", 10)
        equal("whether it is served on", site.traefik.certificate("kept.example") == der(second[0]), True)
        lab.api.apply(objects.secret("pair", site.name, second[0], second[1]))
        until(kept.exists, "it is kept once it is back", 10)
        site.gateway["spec"]["listeners"].pop()
        lab.api.apply(site.gateway)
        until(lambda: not kept.exists(), "nothing is kept of what nothing refers to", 10)
        equal("keys in the log", re.findall(r"PRIVATE|LS0t", site.agent.process.text()), [])
