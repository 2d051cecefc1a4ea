"""The Authorization header: Basic (RFC 7617) and Bearer (RFC 6750)."""

import binascii
from base64 import b64decode
from dataclasses import dataclass
from typing import Final

from entrepot.errors import RequestInvalid

# More than any account, address or directory's name has; longer ones are costly to compare.
NAME_LENGTH: Final = 255


@dataclass(frozen=True, slots=True)
class Basic:
    """A name and a password."""

    name: str
    password: str


@dataclass(frozen=True, slots=True)
class Bearer:
    """A token."""

    token: str


def parse_authorization(value: str) -> Basic | Bearer | None:
    """The credentials in *value*; None where it names nobody; RequestInvalid.

    Docker's engine sends an empty name and password (`Og==`) when it has none.
    """
    kind, _, rest = value.strip().partition(" ")
    match kind.lower():
        case "basic":
            return _basic(rest.strip())
        case "bearer":
            return Bearer(rest.strip())
        case _:
            raise RequestInvalid("the Authorization header must be Basic or Bearer")


def _basic(encoded: str) -> Basic | None:
    try:
        text = b64decode(encoded, validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        raise RequestInvalid("the Basic credentials are not Base64 of UTF-8 text") from None
    name, colon, password = text.partition(":")
    if not colon or "\0" in text:
        raise RequestInvalid("the Basic credentials are no name:password")
    if len(name) > NAME_LENGTH:
        raise RequestInvalid(f"a name to log in with has at most {NAME_LENGTH} characters")
    return Basic(name, password) if name or password else None
