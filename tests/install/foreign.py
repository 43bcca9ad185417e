# SPDX-License-Identifier: Apache-2.0
"""Static programs as if on other systems: in a root that has nothing but the program, /etc/hosts, an nsswitch.conf whose services
are not there, and authorities where some distribution keeps them. A TLS server stands in for an API server."""

import contextlib
import pathlib
import shutil
import socket
import ssl
import subprocess
import threading
import time

BUNDLES = {
    "Debian": "etc/ssl/certs/ca-certificates.crt",
    "Fedora": "etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "openSUSE": "etc/ssl/ca-bundle.pem",
    "Alpine": "etc/ssl/cert.pem",
}
KUBECONFIG = """apiVersion: v1
kind: Config
current-context: a
contexts: [{name: a, context: {cluster: a, user: a}}]
clusters: [{name: a, cluster: {server: "https://api.test:%d"}}]
users: [{name: a, user: {token: word}}]
"""


def make_certificate(folder):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                    "-subj", "/CN=api.test", "-addext", "subjectAltName=DNS:api.test",
                    "-keyout", folder / "key.pem", "-out", folder / "certificate.pem"], check=True, capture_output=True)


@contextlib.contextmanager
def api_server(folder):
    """(port, first lines of the requests that came over TLS)"""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.2)
    requests, stop = [], threading.Event()

    def serve():
        while not stop.is_set():
            with contextlib.suppress(OSError):  # a client that does not trust us ends the handshake
                connection, _ = listener.accept()
                connection.settimeout(5)
                with context.wrap_socket(connection, server_side=True) as peer:
                    requests.append(peer.recv(4096).split(b"\r\n")[0].decode())
                    peer.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield listener.getsockname()[1], requests
    finally:
        stop.set()
        thread.join()
        listener.close()


def make_root(root, program, emulator):
    (root / "etc").mkdir(parents=True)
    (root / "tmp").mkdir()
    shutil.copy(program, root / "gatefile")
    if emulator:
        shutil.copy(shutil.which(emulator), root / "emulator")
    (root / "etc/hosts").write_text("127.0.0.1 api.test\n")
    (root / "etc/group").write_text("web:x:1234:\n")
    (root / "etc/nsswitch.conf").write_text("hosts: mymachines resolve [!UNAVAIL=return] files\ngroup: systemd sss files\n")


def command(root, *words):
    return [shutil.which("chroot"), root, *(["/emulator"] if (root / "emulator").exists() else []), "/gatefile", *words]


def inside(root, *words):
    return subprocess.run(command(root, *words), capture_output=True, text=True, timeout=60, env={"PATH": "/"}, check=False)


def published(port, folder):
    """The status that a Traefik elsewhere gets over TLS, once something is published; half a minute at most."""
    context = ssl.create_default_context(cafile=folder / "certificate.pem")
    end = time.monotonic() + 30
    while True:
        try:
            with context.wrap_socket(socket.create_connection(("127.0.0.1", port), 5), server_hostname="api.test") as peer:
                peer.sendall(b"GET / HTTP/1.1\r\nHost: api.test\r\nConnection: close\r\n\r\n")
                answer = peer.recv(4096).split(b"\r\n")[0].decode()
        except OSError as error:
            answer = str(error)
        if " 200 " in answer or time.monotonic() > end:
            return answer
        time.sleep(0.1)


def publishes(root, folder):
    """What is wrong with an agent that serves Traefiks elsewhere."""
    for name in ("certificate.pem", "key.pem"):
        shutil.copy(folder / name, root / name)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    agent = subprocess.Popen(command(root, "agent", "-f", "/in.yaml", "--entrypoint", "web=:80", "--out", "/tmp/served", "--publish",
                                     f"http=127.0.0.1:{port}/", "--publish-certificate", "/certificate.pem", "--publish-key", "/key.pem"),
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env={"PATH": "/"})
    answer = published(port, folder)
    agent.terminate()
    said = agent.communicate(timeout=15)[0]
    return [] if answer == "HTTP/1.1 200 OK" else [f"over TLS: {answer}; {said}"]


def problems(program, emulator, scratch):
    """What is wrong with a static program; `emulator` runs it where this machine cannot."""
    scratch = pathlib.Path(scratch)
    make_certificate(scratch)
    root = scratch / "root"
    make_root(root, program, emulator)
    found = []
    with api_server(scratch) as (port, requests):
        (root / "kubeconfig").write_text(KUBECONFIG % port)
        for system, place in {"none": None, **BUNDLES}.items():
            if place:
                (root / place).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(scratch / "certificate.pem", root / place)
            requests.clear()
            done = inside(root, "snapshot", "--from", "cluster", "--kubeconfig", "/kubeconfig", "-o", "/tmp/snapshot.yaml")
            if bool(requests) != bool(place):
                found.append(f"authorities of {system}: requests {requests}; {done.stdout}{done.stderr}")
            if place:
                (root / place).unlink()
    (root / "in.yaml").write_text("")
    for group, wanted in (("web", True), ("nobodys", False)):
        done = inside(root, "convert", "-f", "/in.yaml", "--out", "/tmp/out", "--file-group", group)
        if ("no group is called" not in done.stderr) != wanted:
            found.append(f"group {group}: exit {done.returncode}; {done.stderr}")
    return found + publishes(root, scratch)
