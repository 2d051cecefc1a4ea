"""A certificate authority for one test, made with openssl."""

import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.programs.command import Command
from tests.programs.process import environment

_CURVE: Final = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


@dataclass(frozen=True, slots=True)
class Certificate:
    """A server's certificate with its key, and that of the authority which signed it."""

    authority: Path
    certificate: Path
    key: Path

    def client(self, *protocols: str) -> ssl.SSLContext:
        """What a client needs that trusts this authority alone, and speaks *protocols*."""
        context = ssl.create_default_context(cafile=self.authority)
        if protocols:
            context.set_alpn_protocols(list(protocols))
        return context


def issue(folder: Path) -> Certificate:
    """A certificate for 127.0.0.1."""
    openssl = Command(("openssl",), environment())
    authority, signer = folder / "ca.pem", folder / "ca.key"
    certificate, key = folder / "server.pem", folder / "server.key"
    extensions = ["-addext", "keyUsage=keyCertSign"]
    subject = ["-days", "2", "-subj", "/CN=authority"]
    openssl.run(
        "req", "-x509", *_CURVE, *subject, *extensions, "-keyout", signer, "-out", authority
    )
    request, names = folder / "server.csr", folder / "names"
    names.write_text("subjectAltName=IP:127.0.0.1\n")
    openssl.run("req", *_CURVE, "-subj", "/CN=server", "-keyout", key, "-out", request)
    signing: list[str | Path] = [
        "-CA",
        authority,
        "-CAkey",
        signer,
        "-CAcreateserial",
        "-days",
        "2",
    ]
    openssl.run("x509", "-req", "-in", request, *signing, "-extfile", names, "-out", certificate)
    return Certificate(authority, certificate, key)
