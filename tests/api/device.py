"""A device with passkeys, as a browser speaks to it: soft-webauthn, and somebody to unlock it."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256
from typing import Any, Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2 import cbor  # type: ignore[import-untyped]
from soft_webauthn import SoftWebauthnDevice

# Web Authentication, 6.1: the flag "user verified" of the authenticator's data.
_VERIFIED: Final = 0x04
_FLAGS: Final = 32


class Device:
    """Makes a passkey, and answers with it."""

    def __init__(self, origin: str, *, unlocked: bool = True) -> None:
        self.origin = origin
        self._flag = _VERIFIED if unlocked else 0
        self._soft = SoftWebauthnDevice()

    def create(self, options: dict[str, Any]) -> dict[str, Any]:
        """What a browser sends after `navigator.credentials.create`."""
        made = self._soft.create(_opened(options), self.origin)
        attested = cbor.decode(made["response"]["attestationObject"])
        attested["authData"] = self._flagged(attested["authData"])
        made["response"]["attestationObject"] = cbor.encode(attested)
        return _told(made)

    def get(self, options: dict[str, Any]) -> dict[str, Any]:
        """What a browser sends after `navigator.credentials.get`."""
        made = self._soft.get(_opened(options), self.origin)
        answer = made["response"]
        answer["authenticatorData"] = self._flagged(answer["authenticatorData"])
        signed = answer["authenticatorData"] + sha256(answer["clientDataJSON"]).digest()
        answer["signature"] = self._soft.private_key.sign(signed, ec.ECDSA(hashes.SHA256()))
        return _told(made)

    def rewind(self) -> None:
        """Count from the beginning, as a copy of the device would."""
        self._soft.sign_count = 0

    def _flagged(self, data: bytes) -> bytes:
        return data[:_FLAGS] + bytes([data[_FLAGS] | self._flag]) + data[_FLAGS + 1 :]


def _opened(options: dict[str, Any]) -> dict[str, Any]:
    """The options as a browser hands them on, with bytes for Base64."""
    challenge = urlsafe_b64decode(options["challenge"] + "==")
    opened = {**options, "challenge": challenge}
    if "attestation" in opened:
        opened["attestation"] = "none"
    return {"publicKey": opened}


def _told(made: dict[str, Any]) -> dict[str, Any]:
    """What was made as JSON, with Base64 for bytes."""
    identity = _text(made["rawId"])
    response = {
        name: _text(value) for name, value in made["response"].items() if isinstance(value, bytes)
    }
    return {"id": identity, "rawId": identity, "type": made["type"], "response": response}


def _text(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()
