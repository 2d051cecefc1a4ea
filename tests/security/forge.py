"""Tokens that nobody gave out: signed with whatever an attacker has, or could have."""

import base64
import hmac
import json
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from entrepot.metadata.sql import driver


@dataclass(frozen=True, slots=True)
class Key:
    """A key of the server, as its database keeps it."""

    id: str
    private: ec.EllipticCurvePrivateKey

    @property
    def public_forms(self) -> list[bytes]:
        """The public half in every form in which it could be taken for a shared secret."""
        public = self.private.public_key()
        whole = serialization.PublicFormat.SubjectPublicKeyInfo
        point = serialization.PublicFormat.UncompressedPoint
        return [
            public.public_bytes(serialization.Encoding.PEM, whole),
            public.public_bytes(serialization.Encoding.DER, whole),
            public.public_bytes(serialization.Encoding.X962, point),
        ]


def key_of(data: Path) -> Key:
    """The key that the server signs with now."""
    with closing(driver.connect(data / "entrepot.db")) as database:
        query = "SELECT id, private FROM signing_keys ORDER BY created_at DESC"
        (name, private), *_ = database.execute(query).fetchall()
    found = serialization.load_pem_private_key(str(private).encode(), None)
    assert isinstance(found, ec.EllipticCurvePrivateKey)
    return Key(str(name), found)


def claims(account: str, repository: str, **changes: Any) -> dict[str, Any]:
    """What the server says of an account that may do all in one repository; None leaves out."""
    now = int(time.time())
    told = {
        "iss": "entrepot",
        "aud": "entrepot",
        "sub": account,
        "iat": now,
        "nbf": now,
        "exp": now + 300,
        "jti": "forged",
        "access": [{"type": "repository", "name": repository, "actions": ["pull", "push"]}],
        "account": account,
        "namespace": None,
        "token": None,
        "generation": 1,
        **changes,
    }
    return {name: value for name, value in told.items() if name not in changes or value is not None}


def _part(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def unsigned(header: Mapping[str, Any], body: Mapping[str, Any]) -> str:
    """The part of a token that is signed."""
    return f"{_part(json.dumps(header).encode())}.{_part(json.dumps(body).encode())}"


def es256(key: Key, body: Mapping[str, Any], **header: Any) -> str:
    """A token signed as the server signs."""
    text = unsigned({"alg": "ES256", "typ": "JWT", "kid": key.id, **header}, body)
    return f"{text}.{_part(signature(key.private, text.encode()))}"


def signature(private: ec.EllipticCurvePrivateKey, content: bytes) -> bytes:
    """The signature of ES256: two numbers of 32 bytes."""
    r, s = decode_dss_signature(private.sign(content, ec.ECDSA(hashes.SHA256())))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def hs256(secret: bytes, body: Mapping[str, Any], **header: Any) -> str:
    """A token signed with a shared secret."""
    text = unsigned({"alg": "HS256", "typ": "JWT", **header}, body)
    return f"{text}.{_part(hmac.digest(secret, text.encode(), 'sha256'))}"


def rs256(body: Mapping[str, Any], **header: Any) -> str:
    """A token signed with an RSA key of the attacker's own."""
    text = unsigned({"alg": "RS256", "typ": "JWT", **header}, body)
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return f"{text}.{_part(private.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


def jwk(private: ec.EllipticCurvePrivateKey) -> dict[str, str]:
    """The public half as a JSON Web Key."""
    numbers = private.public_key().public_numbers()
    x, y = (_part(number.to_bytes(32, "big")) for number in (numbers.x, numbers.y))
    return {"kty": "EC", "crv": "P-256", "x": x, "y": y}
