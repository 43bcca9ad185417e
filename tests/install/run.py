#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What gatefile is installed from: the Debian package of $GATEFILE, installed into a scratch root and removed again, and what Kustomize
makes of samples/kubernetes/kustomize.

    run.py             in less than a minute; installs lintian if it is missing
    run.py --long      also the static programs and their packages for amd64 and arm64 (samples/install/release.sh), minutes to an hour
    run.py --update    rewrites what differs in rendered/ and exits with 77, so that it never counts as a pass
"""

import difflib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import traceback

import foreign
import kept

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE = pathlib.Path(__file__).resolve().parent
KUSTOMIZE = ROOT / "samples/kubernetes/kustomize"
binary = pathlib.Path(os.environ.get("GATEFILE", ROOT / "build/dev/src/cli/gatefile")).resolve()
version = re.search(r"version: '(.*)'", (ROOT / "meson.build").read_text())[1]
failed = 0

PACKAGED = """
drwxr-xr-x ./etc/gatefile/
-rw-r--r-- ./etc/gatefile/gatefile.yaml
-rw-r--r-- ./lib/systemd/system/gatefile.service
-rwxr-xr-x ./usr/bin/gatefile
-rw-r--r-- ./usr/lib/sysusers.d/gatefile.conf
-rw-r--r-- ./usr/share/bash-completion/completions/gatefile
-rw-r--r-- ./usr/share/doc/gatefile/changelog.gz
-rw-r--r-- ./usr/share/doc/gatefile/copyright
-rw-r--r-- ./usr/share/doc/gatefile/examples/monitoring/README.md
-rw-r--r-- ./usr/share/doc/gatefile/examples/monitoring/alerts.yaml
-rw-r--r-- ./usr/share/doc/gatefile/examples/monitoring/dashboard.json
-rw-r--r-- ./usr/share/doc/gatefile/examples/systemd/README.md
-rw-r--r-- ./usr/share/doc/gatefile/examples/systemd/gatefile.yaml
-rw-r--r-- ./usr/share/doc/gatefile/examples/systemd/traefik.service
-rw-r--r-- ./usr/share/doc/gatefile/examples/systemd/traefik.yaml
-rw-r--r-- ./usr/share/fish/vendor_completions.d/gatefile.fish
-rw-r--r-- ./usr/share/lintian/overrides/gatefile
-rw-r--r-- ./usr/share/man/man1/gatefile.1.gz
-rw-r--r-- ./usr/share/man/man7/gatefile-diagnostics.7.gz
-rw-r--r-- ./usr/share/man/man7/gatefile-migrate.7.gz
-rw-r--r-- ./usr/share/man/man7/gatefile-operations.7.gz
-rw-r--r-- ./usr/share/man/man7/gatefile-options.7.gz
-rw-r--r-- ./usr/share/man/man7/gatefile-traefik.7.gz
-rw-r--r-- ./usr/share/zsh/vendor-completions/_gatefile
""".split("\n")[1:-1]


class Skip(Exception):
    pass


class Failure(Exception):
    pass


def run(*words, code=0, **more):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, **more)
    if code is not None and done.returncode != code:
        raise Failure(f"{' '.join(map(str, words))}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done


def equal(what, found, wanted):
    if found != wanted:
        lines = found, wanted
        if not isinstance(found, list):
            lines = str(found).splitlines(), str(wanted).splitlines()
        raise Failure("\n".join(difflib.unified_diff(lines[1], lines[0], f"{what}: wanted", "found", lineterm="")))


def check(name, test, *arguments):
    global failed
    try:
        test(*arguments)
    except Skip as why:
        print(f"ok - {name} # SKIP {why}", flush=True)
    except Exception as error:  # a test that breaks has failed, and the others still run
        failed += 1
        print(f"not ok - {name}")
        text = str(error) if isinstance(error, Failure) else traceback.format_exc()
        print("\n".join(f"# {line}" for line in text.splitlines()), flush=True)
    else:
        print(f"ok - {name}", flush=True)


def wanted_tool(name, package):
    """The tool, of its Debian package if need be."""
    if shutil.which(name) is None:
        subprocess.run(["bash", "-c", f". {ROOT}/tests/tools/packages.sh; need {package}"], stdout=sys.stderr, check=False)
    if shutil.which(name) is None:
        raise Skip(f"there is no {name}")


# The package

def package(out):
    """Of the program that the other tests run, with Debian's shared libraries."""
    arguments = ["--from-build", binary.parents[2]] if binary.parts[-3:-1] == ("src", "cli") else None
    if arguments is None:
        raise Skip("$GATEFILE is in no build folder")
    run(ROOT / "samples/install/release.sh", *arguments, "--out", out)
    run("sha256sum", "--check", "--strict", "SHA256SUMS", cwd=out)


def made_again(deb, scratch):
    run(ROOT / "samples/install/package.sh", binary, architecture(), scratch / "again")
    if (scratch / "again" / deb.name).read_bytes() != deb.read_bytes():
        raise Failure("a second package of the same program has other bytes")


def architecture():
    return run("dpkg", "--print-architecture").stdout.strip()


def fields(deb):
    equal("fields", run("dpkg-deb", "--showformat", "${Package} ${Version} ${Architecture}", "--show", deb).stdout,
          f"gatefile {version} {architecture()}")
    needed = run("dpkg-deb", "--field", deb, "Depends").stdout
    for library in ("libc6", "libssl3", "libcurl4", "libmicrohttpd12"):
        if not re.search(rf"\b{library}(t64)?\b", needed):
            raise Failure(f"it does not depend on {library}: {needed}")


def contents(deb):
    files = []
    for line in run("dpkg-deb", "--contents", deb).stdout.splitlines():
        mode, owner, _, _, _, path = line.split()
        equal(path, owner, "root/root")
        if not mode.startswith("d") or path == "./etc/gatefile/":
            files.append(f"{mode} {path}")
        else:
            equal(path, mode, "drwxr-xr-x")
    equal("contents", sorted(files, key=lambda line: line.split()[1]), PACKAGED)


def lintian(deb):
    wanted_tool("lintian", "lintian")
    done = run("lintian", "--allow-root", "--fail-on", "error,warning", deb, code=None)
    if done.returncode:
        raise Failure(done.stdout + done.stderr)


def dpkg(root, *words):
    """dpkg below `root`, whose maintainer scripts are told so instead of being run in a chroot."""
    return run("dpkg", f"--root={root}", "--force-script-chrootless", "--force-depends", "--force-confold", *words)


def tree(root):
    """All paths but those that are dpkg's own, or of the accounts, which stay by policy."""
    own = re.compile(r"(var/lib/dpkg|var/log|var/lib/systemd|etc/(passwd|group|shadow|gshadow)-?$|etc/\.pwd\.lock|run)")
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if not own.match(str(path.relative_to(root))))


def make_root(root):
    for folder in ("var/lib/dpkg/info", "var/lib/dpkg/updates", "var/log", "etc"):
        (root / folder).mkdir(parents=True)
    for file in ("var/lib/dpkg/status", "var/lib/dpkg/available"):
        (root / file).touch()


def installs(deb, root):
    before = tree(root)
    dpkg(root, "--install", deb)
    equal("version", run(root / "usr/bin/gatefile", "version").stdout, f"gatefile {version}\n")
    if shutil.which("systemd-sysusers"):
        accounts = (root / "etc/passwd").read_text()
        equal("accounts", re.findall(r"(?m)^(\w+):", accounts)[-1], "gatefile")
    enabled = [path for path in tree(root) if "wants" in path]
    equal("services that were enabled", enabled, [])
    dpkg(root, "--verify", "gatefile")
    # What somebody wrote into the configuration outlives an upgrade.
    own = root / "etc/gatefile/gatefile.yaml"
    own.write_text("out: /run/gatefile\n")
    dpkg(root, "--install", deb)
    equal("configuration", own.read_text(), "out: /run/gatefile\n")
    if shutil.which("systemctl"):
        run("systemctl", f"--root={root}", "enable", "gatefile.service")
    (root / "var/lib/gatefile").mkdir(parents=True)
    (root / "var/lib/gatefile/state").touch()
    dpkg(root, "--remove", "gatefile")
    left = [path for path in tree(root) if "gatefile" in path]
    equal("left by --remove", left, ["etc/gatefile", "etc/gatefile/gatefile.yaml", "var/lib/gatefile", "var/lib/gatefile/state"])
    dpkg(root, "--purge", "gatefile")
    equal("left by --purge", [path for path in tree(root) if path not in before and not (root / path).is_dir()], [])
    equal("left by --purge", [path for path in tree(root) if "gatefile" in path], [])


def pages(unpacked):
    pages = sorted((unpacked / "usr/share/man").rglob("*.gz"))
    for page in pages:
        text = run("gzip", "-dc", page).stdout
        source = ROOT / "man" / page.name.removesuffix(".gz")
        if source.exists():
            equal(page.name, text, source.read_text())
        if not re.search(r"(?m)^\.Dt GATEFILE", text):
            raise Failure(f"{page.name} is no manual page")
        if shutil.which("man"):
            said = run("man", "--warnings", "--local-file", page, env={**os.environ, "MANWIDTH": "100"}).stderr.splitlines()
            equal(f"complaints about {page.name}", [line for line in said if "can't break line" not in line], [])


def unit(unpacked):
    text = (unpacked / "lib/systemd/system/gatefile.service").read_text()
    equal("program", re.search(r"(?m)^ExecStart=(\S+)", text)[1], "/usr/bin/gatefile")
    user = re.search(r"(?m)^User=(\S+)", text)[1]
    equal("accounts", re.findall(r"(?m)^u (\S+)", (unpacked / "usr/lib/sysusers.d/gatefile.conf").read_text()), [user])
    if shutil.which("systemd-analyze"):
        done = run("systemd-analyze", "verify", "--recursive-errors=no", "--man=no", f"--root={unpacked}",
                   "gatefile.service", code=None)
        complaints = [line for line in (done.stdout + done.stderr).splitlines() if "gatefile.service" in line and "/bin/kill" not in line]
        equal("complaints of systemd-analyze", complaints, [])


def settings(unpacked, scratch):
    """The packaged file says nothing; without its comment marks it is what the sample says, and all of it is understood."""
    packaged = unpacked / "etc/gatefile/gatefile.yaml"
    said = run(binary, "config", "view", "agent", "--config", packaged, env=plain()).stdout
    equal("settings of the packaged file", [line for line in said.splitlines()[1:] if "  # default" not in line], [])
    views = []
    for source in (packaged, ROOT / "samples/systemd/gatefile.yaml"):
        file = scratch / f"{len(views)}.yaml"
        file.write_text(re.sub(r"(?m)^#(?=[a-z-]+: )", "", source.read_text()))
        said = run(binary, "config", "view", "agent", "--config", file, env=plain()).stdout
        views.append([line.rpartition("  # ")[0] for line in said.splitlines() if f"# {file}:" in line])
    equal("settings", *views)
    if len(views[0]) < 10:
        raise Failure(f"only {views[0]}")


def plain():
    return {name: value for name, value in os.environ.items() if not name.startswith("GATEFILE_")}


def found_by_itself(unpacked):
    """/etc/gatefile/gatefile.yaml, a variable over it, a flag over both. In a mount namespace, where /etc has the package's."""
    layer = unpacked.parent / "etc"
    (layer / "gatefile").mkdir(parents=True)
    file = layer / "gatefile/gatefile.yaml"
    file.write_text("out: /run/file\ngrace: 5s\nlease: file\ngateway-class: some\nagent:\n  state-dir: /var/file\n"
                    "status:\n  report: json\n")
    inside = ["unshare", "--mount", "sh", "-ec", f"mount -t overlay overlay -o lowerdir={layer}:/etc /etc; exec \"$@\"", "sh"]
    if run(*inside, "true", code=None).returncode:
        raise Skip("no overlay can be mounted here")

    def view(*words, **more):
        said = run(*inside, binary, "config", "view", *words, env={**plain(), **more}).stdout
        return sorted(line for line in said.splitlines() if line.startswith("#") or " # default" not in line)

    here = "/etc/gatefile/gatefile.yaml"
    said = view("agent", "--lease", "flag", GATEFILE_GRACE="7s", GATEFILE_LEASE="variable")
    equal("settings", [line for line in said if re.match("(out|grace|lease):", line)], [
        'grace: "7s"  # environment GATEFILE_GRACE', 'lease: "flag"  # flag --lease', f'out: "/run/file"  # {here}:1'])
    for command in ("history", "pause", "release", "resume", "rollback"):
        equal(command, view(command), [f"# gatefile {command}: {here}", f'out: "/run/file"  # {here}:1'])
    equal("status", view("status"), [f"# gatefile status: {here}", f'out: "/run/file"  # {here}:1', f'report: "json"  # {here}:8'])
    equal("cleanup", view("cleanup", "--lease", "flag"), [
        f"# gatefile cleanup: {here}", f'gateway-class: ["some"]  # {here}:4', 'lease: "flag"  # flag --lease',
        f'out: "/run/file"  # {here}:1', f'state-dir: "/var/file"  # {here}:6'])
    equal("check", view("check"), ["# gatefile check: no configuration file"])
    said = run(*inside, binary, "status", env=plain(), code=3).stdout
    equal("whether status looks there, as JSON", ("/run/file/" in said, json.loads(said)["ok"]), (True, False))
    file.chmod(0)
    words = ["setpriv", "--reuid", "65534", "--clear-groups", binary, "status", "--out", "/run/flag"]
    done = run(*inside, *words, env=plain(), code=3)
    equal("whether one who may not read it can ask", ("/run/flag/" in done.stdout, "its options are not taken" in done.stderr),
          (True, True))


# Kubernetes

def understood(scratch):
    """The agent knows each option in the manifests and in the values for Helm, and each key in the files for Kustomize."""
    count = 0
    for file in sorted((ROOT / "samples/kubernetes").rglob("*.yaml")):
        text = file.read_text()
        for block in re.findall(r"(?m)^ +- agent\n((?: +(?:- --|#).*\n)+)", text):
            run(binary, "config", "view", "agent", *re.findall(r"(?m)^ +- (--\S+)$", block), env=plain())
            count += 1
        if file.name == "gatefile.yaml":
            run(binary, "config", "view", "agent", "--config", file, env=plain())
            count += 1
    equal("places", count, 7)


def state_is_shown(kubectl, scratch):
    found = list(kept.problems())
    folder = scratch / "with-state"
    shutil.copytree(KUSTOMIZE, folder)
    for example in ("example-sidecar", "example-daemonset"):
        kustomization = folder / example / "kustomization.yaml"
        kustomization.write_text(kept.with_state(kustomization.read_text()))
        found += (f"{example}: {lack}" for lack in kept.lacks(run(kubectl, "kustomize", folder / example).stdout))
    said = run(binary, "config", "view", "agent", env={**plain(), "GATEFILE_STATE_DIR": "/var/lib/gatefile"}).stdout
    equal("state-dir by its variable", [line for line in said.splitlines() if line.startswith("state-dir:")],
          ['state-dir: "/var/lib/gatefile"  # environment GATEFILE_STATE_DIR'])
    equal("what samples do not show", found, [])


def same_rights():
    """Kustomize reads no file outside of its folder, so there is a copy."""
    def rules(file):
        return re.findall(r"(?ms)^kind: (ClusterRole|Role)$.*?^rules:\n(.*?)(?=^---|\Z)", file.read_text())
    original = [rule for rule in rules(ROOT / "samples/kubernetes/rbac.yaml") if "secrets" not in rule[1]]
    equal("rules", rules(KUSTOMIZE / "rights/rbac.yaml"), original)
    equal("class", (KUSTOMIZE / "rights/gatewayclass.yaml").read_text(), (ROOT / "samples/kubernetes/gatewayclass.yaml").read_text())


def renders(kubectl, example, update):
    found = run(kubectl, "kustomize", KUSTOMIZE / example).stdout
    file = HERE / "rendered" / f"{example}.yaml"
    if update:
        file.parent.mkdir(exist_ok=True)
        changed = not file.exists() or file.read_text() != found
        file.write_text(found)
        if changed:
            print(f"# {file.relative_to(ROOT)} was written", flush=True)
        return
    equal(example, found, file.read_text())


def other_tag(text):
    """What a release does to manifests: another tag for every image `gatefile`, and for no other one."""
    found, count = re.subn(r"(?m)(image: gatefile:|- name: gatefile\n    newName: \S+\n    newTag: )0\.1\.0$", r"\g<1>0.2.0", text)
    if not count:
        raise Failure("it has no image gatefile:0.1.0")
    return found


def daemonset_of_traefik(text):
    found = [one for one in re.split(r"(?m)^---\n", text) if re.search(r"(?m)^kind: DaemonSet$", one) and re.search(r"(?m)^  name: traefik$", one)]
    equal("DaemonSets of Traefik", len(found), 1)
    return found[0]


def restarts_no_traefik(kubectl, scratch):
    """With another tag of gatefile Traefik's DaemonSet is the same, byte for byte; in the values for Helm, all that is not gatefile's."""
    folder = scratch / "kustomize"
    shutil.copytree(KUSTOMIZE, folder)
    before = run(kubectl, "kustomize", folder / "example-daemonset").stdout
    kustomization = folder / "example-daemonset/kustomization.yaml"
    kustomization.write_text(other_tag(kustomization.read_text()))
    after = run(kubectl, "kustomize", folder / "example-daemonset").stdout
    plain = (ROOT / "samples/kubernetes/daemonsets.yaml").read_text()
    for what, old, new in (("example-daemonset", before, after), ("daemonsets.yaml", plain, other_tag(plain))):
        equal(f"Traefik's DaemonSet of {what}", daemonset_of_traefik(new), daemonset_of_traefik(old))
        if new == old:
            raise Failure(f"{what}: another tag changes nothing at all")
    values = (ROOT / "samples/kubernetes/helm/values-daemonset.yaml").read_text()
    equal("the values of Traefik", other_tag(values).partition("\nextraObjects:")[0], values.partition("\nextraObjects:")[0])


def chart(helm, values):
    """Traefik's chart comes from no registry of packages, so it is taken where somebody has it."""
    folder = os.environ.get("TRAEFIK_CHART")
    if not folder or not helm.exists():
        raise Skip("$TRAEFIK_CHART names no folder with the chart")
    text = run(helm, "template", "traefik", folder, "--namespace", "traefik", "--values", ROOT / f"samples/kubernetes/helm/{values}.yaml").stdout
    equal("Traefiks", len(re.findall(r"image: docker.io/traefik:v3.7.15$", text, re.M)), 1)
    wanted = ["gatefile", "gatefile"] if values == "values" else ["gatefile", "gatefile-plugin"]
    equal("images of gatefile", sorted(re.findall(r"image: (gatefile\S*):0.1.0$", text, re.M)), wanted)
    equal("where the API listens", re.findall(r"--entryPoints.traefik.address=(\S+)", text), ["127.0.0.1:8080/tcp" if values == "values" else "127.0.0.1:9190/tcp"])


# What takes long

def released(out):
    for name in sorted(path.name for path in out.iterdir()):
        if name.startswith(f"gatefile-{version}-linux-"):
            if "NEEDED" in run("readelf", "--dynamic", out / name).stdout:
                raise Failure(f"{name} wants shared libraries")
    equal("artifacts", sorted(path.name for path in out.iterdir() if version in path.name), sorted(
        [f"gatefile-{version}-linux-{arch}" for arch in ("amd64", "arm64")] + [f"gatefile_{version}_{arch}.deb" for arch in ("amd64", "arm64")]))
    run("sha256sum", "--check", "--strict", "SHA256SUMS", cwd=out)


def elsewhere(out, arch, scratch):
    emulator = None if arch == architecture() else "qemu-" + {"amd64": "x86_64", "arm64": "aarch64"}[arch] + "-static"
    found = foreign.problems(out / f"gatefile-{version}-linux-{arch}", emulator, scratch)
    if found:
        raise Failure("\n".join(found))


def release():
    # Its progress is for whoever waits.
    subprocess.run([ROOT / "samples/install/release.sh"], stdout=sys.stderr, check=True)


def main():
    long, update = "--long" in sys.argv[1:], "--update" in sys.argv[1:]
    with tempfile.TemporaryDirectory() as name:
        scratch = pathlib.Path(name)
        deb = scratch / "out" / f"gatefile_{version}_{architecture()}.deb"
        check("the package is made", package, deb.parent)
        if deb.exists():
            root, unpacked = scratch / "root", scratch / "unpacked"
            make_root(root)
            run("dpkg-deb", "--extract", deb, unpacked)
            check("made again it has the same bytes", made_again, deb, scratch)
            check("its fields", fields, deb)
            check("its files, modes and owners", contents, deb)
            check("lintian has no complaint", lintian, deb)
            check("it installs, upgrades, goes, and leaves nothing", installs, deb, root)
            check("its manual pages", pages, unpacked)
            check("its unit and its user", unit, unpacked)
            check("its configuration", settings, unpacked, scratch)
            check("the configuration is found, and variables and flags win", found_by_itself, unpacked)
        check("options in samples/kubernetes are the agent's", understood, scratch)
        check("Kustomize's copies are the originals", same_rights)
        kubectl = run(ROOT / "tests/tools/kubectl.sh").stdout.strip()
        check("each sample of an agent shows --state-dir and what it costs", state_is_shown, kubectl, scratch)
        for example in ("example-sidecar", "example-daemonset"):
            check(f"{example} is rendered", renders, kubectl, example, update)
        check("a new gatefile restarts no Traefik in a DaemonSet of its own", restarts_no_traefik, kubectl, scratch)
        for values in ("values", "values-daemonset"):
            check(f"Traefik's chart takes helm/{values}.yaml", chart, pathlib.Path(kubectl).with_name("helm"), values)
        if long:
            check("release.sh", release)
            artifacts = ROOT / "build/release-artifacts"
            check("its artifacts", released, artifacts)
            for arch in ("amd64", "arm64"):
                with tempfile.TemporaryDirectory() as folder:
                    check(f"names and authorities on other systems, {arch}", elsewhere, artifacts, arch, folder)
            for file in sorted(artifacts.glob(f"*_{version}_*.deb")):
                check(f"lintian has no complaint of {file.name}", lintian, file)
    if update:
        sys.exit(77)
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
