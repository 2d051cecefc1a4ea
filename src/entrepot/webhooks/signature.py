"""Signatures of what is sent: HMAC-SHA256 over the time and the body."""

import hashlib
import hmac
from typing import Final

_VERSION: Final = "v1"
# For how long a receiver should take what was signed: clocks differ, and recordings are played.
TOLERANCE: Final = 300


def sign(secret: str, timestamp: int, body: bytes) -> str:
    """The value of X-Entrepot-Signature for a body that is sent at *timestamp* (Unix seconds)."""
    signed = f"{timestamp}.".encode() + body
    return f"{_VERSION}={hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()}"


def verify(
    secret: str,
    signature: str,
    timestamp: str,
    body: bytes,
    *,
    now: int,
    tolerance: int = TOLERANCE,
) -> bool:
    """Whether that was signed with the secret, and not long ago: what a receiver has to ask."""
    if not timestamp.isascii() or not timestamp.isdigit() or len(timestamp) > 12:
        return False
    at = int(timestamp)
    expected = sign(secret, at, body)
    return hmac.compare_digest(expected.encode(), signature.encode()) and abs(now - at) <= tolerance
