"""Names of accounts, organizations, teams and robots; e-mail addresses."""

import re
from typing import Final

from entrepot.errors import FieldInvalid
from entrepot.oci.names import OFFICIAL, is_part

LONGEST: Final = 64
# What addresses of the server's own begin with, or what would be taken for somebody official.
RESERVED: Final = frozenset(
    {"api", "v1", "v2", "token", "auth", "login", "logout", "signup", "settings", "explore"}
    | {"search", "static", "admin-area", "anonymous", "entrepot", "healthz", "livez", "readyz"}
    | {"metrics", OFFICIAL, "_"}
)
_EMAIL: Final = re.compile(r"[^@\s\x00-\x1f<>\"(),:;\\]{1,64}@[A-Za-z0-9.-]{1,180}", re.ASCII)


def accept_name(name: str) -> str:
    """*name*, when an account or an organization can have it; FieldInvalid."""
    if name in RESERVED:
        raise FieldInvalid(f"the name {name} is reserved", field="name")
    return accept_part(name)


def accept_part(name: str, field: str = "name") -> str:
    """*name*, when it can be a part of a repository's name of at most 64 characters."""
    if len(name) > LONGEST or not is_part(name):
        raise FieldInvalid(
            f"a name is 1 to {LONGEST} lower-case letters and digits, joined by . _ __ or -",
            field=field,
        )
    return name


def accept_email(email: str) -> str:
    """*email* in lower case; FieldInvalid when mail cannot be sent there."""
    if _EMAIL.fullmatch(email) is None or ".." in email:
        raise FieldInvalid("that is no e-mail address", field="email")
    return email.lower()
