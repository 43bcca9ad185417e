#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""server.py DIRECTORY: what tests of clients talk to.

Writes certificates to DIRECTORY, listens on four ports of 127.0.0.1 and prints its process id and
the ports on one line: plain HTTP, TLS (for api.test, client certificates optional), one that accepts
and never says a word, and an HTTP proxy. Ends with its parent.
"""

import gzip
import http.server
import os
import pathlib
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time

DIRECTORY = pathlib.Path(sys.argv[1])
SCRIPTS = {}


def openssl(*words):
    subprocess.run(["openssl", *words], check=True, cwd=DIRECTORY, stderr=subprocess.DEVNULL)


def make_certificate(name, subject, extensions, issuer):
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={subject}")
    (DIRECTORY / f"{name}.ext").write_text(extensions)
    signed_by = ("-signkey", f"{name}.key") if issuer is None else \
        ("-CA", f"{issuer}.pem", "-CAkey", f"{issuer}.key", "-CAcreateserial")
    openssl("x509", "-req", "-in", f"{name}.csr", "-out", f"{name}.pem", "-days", "2",
            "-extfile", f"{name}.ext", *signed_by)


def subject_hash(name):
    return subprocess.run(["openssl", "x509", "-noout", "-subject_hash", "-in", f"{name}.pem"], check=True,
                          cwd=DIRECTORY, stdout=subprocess.PIPE, text=True).stdout.strip()


class Script:
    """Answers that a test wants in their order, and the paths that were asked for them.

    Made of blocks with empty lines between them: a status, followed by "open" for a stream that does
    not end or "lasting" for one that goes on for more than a second, then the lines of the body, each
    in a piece of its own. When none is left it is 500.
    """

    def __init__(self, text):
        self.answers = [block.splitlines() for block in text.strip().split("\n\n")]
        self.asked = []

    def next(self, path):
        self.asked.append(path)
        first, *lines = self.answers.pop(0) if self.answers else ["500"]
        status, _, stays = first.partition(" ")
        return int(status), lines, stays


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            for one in value if isinstance(value, list) else [value]:
                self.send_header(name.replace("_", "-"), one)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def chunk(self, data):
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()

    def do_GET(self):
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length)
        name = self.path.strip("/")
        if name.startswith("script/"):
            self.scripted(*name.split("/", 2)[1:], text=body.decode())
        elif name == "echo":
            text = f"{self.command} {self.path}\n{self.headers}".replace("\r", "")
            self.answer(200, text.encode() + body)
        elif name == "connection":
            self.answer(200, str(self.client_address[1]).encode())
        elif name == "who":
            subject = dict(item[0] for item in (self.connection.getpeercert() or {}).get("subject", ()))
            self.answer(200, f"{subject.get('commonName')} {self.client_address[1]}".encode())
        elif name == "stream":
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for data in (b"one\n", b"two\n", b"three\n"):
                self.chunk(data)
                time.sleep(0.1)
            self.chunk(b"")
        elif name == "endless":
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            while True:
                self.chunk(b"tick\n")
                time.sleep(0.01)
        elif name == "slow":
            time.sleep(3)
            self.answer(200)
        elif name == "gzip":
            self.answer(200, gzip.compress(b"a" * 100000), Content_Encoding="gzip")
        elif name == "busy":
            self.answer(429, b"later", Retry_After="7", Warning=['299 - "first"', '299 - "second"'])
        elif name == "until":
            self.answer(503, Retry_After=self.date_time_string(time.time() + 60))
        elif name == "redirect":
            self.answer(302, b"", Location="/echo")
        elif name == "broken":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort")
            self.close_connection = True
        elif name == "hang-up":
            self.close_connection = True
        elif name == "garbage":
            self.wfile.write(b"SSH-2.0-OpenSSH\r\n")
            self.close_connection = True
        elif name == "large":
            self.answer(200, b"x" * (1 << 20))
        else:
            self.answer(404, b"nothing here")

    def scripted(self, name, path=None, text=""):
        """POST /script/NAME makes one, GET tells what was asked; below it are its answers."""
        if path is None and self.command == "POST":
            SCRIPTS[name] = Script(text)
            self.answer(200)
        elif path is None:
            self.answer(200, "\n".join(SCRIPTS[name].asked).encode())
        else:
            status, lines, stays = SCRIPTS[name].next(path)
            self.send_response(status)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for line in lines:
                self.chunk(line.encode() + b"\n")
            if stays:
                threading.Event().wait(1.2 if stays == "lasting" else None)
            self.chunk(b"")

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET

    def do_CONNECT(self):
        host, port = self.path.rsplit(":", 1)
        if host == "denied.test":
            self.answer(403)
            return
        with socket.create_connection(("127.0.0.1", int(port))) as there:
            self.send_response(200)
            self.end_headers()
            back = threading.Thread(target=pump, args=(there, self.connection), daemon=True)
            back.start()
            pump(self.connection, there)
        self.close_connection = True


def pump(source, target):
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def handle_error(self, *_):  # clients that go away are what is tested
        pass


def listen(context=None):
    server = Server(("127.0.0.1", 0), Handler)
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True,
                                            do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


def main():
    authority = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n"
    make_certificate("ca", "test authority", authority, None)
    make_certificate("other-ca", "another authority", authority, None)
    make_certificate("server", "server", "subjectAltName=DNS:api.test\n", "ca")
    # As /etc/ssl/certs would be if the system trusted "ca": by its hash, and not in the file of all.
    system = DIRECTORY / "system"
    system.mkdir()
    shutil.copy(DIRECTORY / "other-ca.pem", system / "ca-certificates.crt")
    shutil.copy(DIRECTORY / "ca.pem", system / f"{subject_hash('ca')}.0")
    make_certificate("client-1", "client one", "extendedKeyUsage=clientAuth\n", "ca")
    make_certificate("client-2", "client two", "extendedKeyUsage=clientAuth\n", "ca")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(DIRECTORY / "server.pem", DIRECTORY / "server.key")
    context.load_verify_locations(DIRECTORY / "ca.pem")
    context.verify_mode = ssl.CERT_OPTIONAL
    silent = socket.create_server(("127.0.0.1", 0))
    print(os.getpid(), listen(), listen(context), silent.getsockname()[1], listen(), flush=True)
    parent = os.getppid()
    while os.getppid() == parent:
        time.sleep(0.5)


main()
