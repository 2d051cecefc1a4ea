"""Secrets that are given out once, and what is kept of them."""

import hashlib
import secrets
from typing import Final

# Told apart from a password at a glance, and by scanners for leaked secrets.
PREFIX: Final = "ept_"


def draw() -> str:
    """240 random bits as 40 characters."""
    return secrets.token_urlsafe(30)


def digest(secret: str) -> str:
    """What is kept of a random secret: enough to know it again, too little to tell it.

    No slow hash is needed, as nobody can try all secrets of 240 bits.
    """
    return hashlib.sha256(secret.encode()).hexdigest()
