# SPDX-License-Identifier: Apache-2.0
"""Makes certificates for servers at 127.0.0.1."""

import subprocess


class Authority:
    """In a folder: its own ca.pem, and a NAME.pem with NAME.key for each that it issues."""

    NEW = "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"

    def __init__(self, folder):
        self.folder = folder
        self.openssl("req", "-x509", *self.NEW, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=lab", "-days", "2")
        (folder / "san").write_text("subjectAltName=IP:127.0.0.1\n")

    def openssl(self, *words):
        subprocess.run(["openssl", *words], cwd=self.folder, check=True, capture_output=True)

    def issue(self, name, subject, days=2):
        """-1 days: it has ended."""
        self.openssl("req", *self.NEW, "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", subject)
        self.openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
                     "-out", f"{name}.pem", "-days", str(days), "-extfile", "san")
        return self.folder / f"{name}.pem", self.folder / f"{name}.key"
