"""A small issuer of OpenID Connect with keys of its own, in a thread of this process.

What it should say is set by the test: an issuer that lies is what the tests are about.
"""

import base64
import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import RSAAlgorithm

from tests.programs.authority import Authority

DISCOVERY: Final = "/.well-known/openid-configuration"
KEYS: Final = "/keys"
# Status, headers and content.
Answer = tuple[int, Mapping[str, str], bytes]


@dataclass
class Issuer:
    """A running issuer: what it answers, and what it was asked."""

    url: str
    key: rsa.RSAPrivateKey
    kid: str = "one"
    answers: dict[str, Callable[[bytes], Answer]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    forms: list[tuple[Mapping[str, str], bytes]] = field(default_factory=list)

    def says(self, path: str, document: object) -> None:
        """Answer *path* with JSON."""
        self.answers[path] = lambda _: json_answer(document)

    def publish(self, **changes: object) -> None:
        """Show the discovery document, with *changes*, and the key."""
        found = {
            "issuer": self.url,
            "jwks_uri": self.url + KEYS,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
        }
        self.says(DISCOVERY, found | changes)
        self.says(KEYS, {"keys": [self.public()]})

    def public(self) -> dict[str, Any]:
        """The public key, as a JSON web key."""
        shown: dict[str, Any] = RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        return {**shown, "kid": self.kid, "use": "sig", "alg": "RS256"}

    def public_pem(self) -> bytes:
        """The public key in the form that careless verifiers take for a shared secret."""
        return self.key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    def sign(self, claims: Mapping[str, object], **header: object) -> str:
        """A token of these claims and the usual ones, signed."""
        return sign(self.filled(claims), self.key, **{"kid": self.kid, **header})

    def filled(self, claims: Mapping[str, object]) -> dict[str, object]:
        """The claims, with the usual ones; those that are None are left out."""
        now = int(time.time())
        usual = {"iss": self.url, "sub": "somebody", "iat": now, "exp": now + 300}
        return {name: value for name, value in {**usual, **claims}.items() if value is not None}


def json_answer(document: object) -> Answer:
    """An answer in JSON."""
    return 200, {"content-type": "application/json"}, json.dumps(document).encode()


def sign(
    claims: object, key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, **header: object
) -> str:
    """A token of any claims, even such as cannot be."""
    algorithm = "RS256" if isinstance(key, rsa.RSAPrivateKey) else "ES256"
    return jwt.PyJWS().encode(json.dumps(claims).encode(), key, algorithm, headers=header)


def unsigned(claims: Mapping[str, object], kid: str) -> str:
    """A token with `alg: none`, which is signed by nobody."""
    head = {"alg": "none", "typ": "JWT", "kid": kid}
    return f"{_part(head)}.{_part(claims)}."


def forged(claims: Mapping[str, object], kid: str, secret: bytes) -> str:
    """A token signed by HS256 with *secret*, which may be anything that is known to all."""
    algorithm = jwt.get_algorithm_by_name("HS256")
    text = f"{_part({'alg': 'HS256', 'typ': 'JWT', 'kid': kid})}.{_part(claims)}"
    return f"{text}.{_base64(algorithm.sign(text.encode(), secret))}"


def _part(document: object) -> str:
    return _base64(json.dumps(document).encode())


def _base64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def new_key() -> rsa.RSAPrivateKey:
    """Another key."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@contextmanager
def issuer(authority: Authority | None = None) -> Iterator[Issuer]:
    """Serve an issuer on a free port of 127.0.0.1, by HTTPS where there is an authority."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    server.daemon_threads = True
    scheme = "http" if authority is None else "https"
    served = Issuer(f"{scheme}://localhost:{server.server_address[1]}", new_key())
    server.RequestHandlerClass = _handler(served)
    if authority is not None:
        issued = authority.server("localhost")
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(issued.certificate, issued.key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    served.publish()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(served: Issuer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            body = self.rfile.read(length)
            path = self.path.partition("?")[0]
            served.asked.append(path)
            if self.command == "POST":
                sent = {name.lower(): value for name, value in self.headers.items()}
                served.forms.append((sent, body))
            answer = served.answers.get(path)
            status, headers, content = answer(body) if answer else (404, {}, b"")
            self.send_response(status)
            for name, value in {**headers, "content-length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_GET  # noqa: N815 - as the class it extends calls it

        def log_message(self, *args: object) -> None:
            """Print nothing."""

    return Handler
