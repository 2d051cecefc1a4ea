"""Names of accounts, organizations, teams and robots; e-mail addresses."""

import re
import unicodedata
from collections.abc import Iterator
from itertools import count
from typing import Final

from entrepot.errors import FieldInvalid
from entrepot.model.account import Naming
from entrepot.oci.names import OFFICIAL, is_part

LONGEST: Final = 64
_TYPED: Final = 255
# What addresses of the server's own begin with, or what would be taken for somebody official.
RESERVED: Final = frozenset(
    {"api", "v1", "v2", "v3", "token", "auth", "oauth", "oauth2", "login", "logout", "signup"}
    | {"sign-up", "sign-in", "signin", "sign-on", "register", "reset", "password", "passwords"}
    | {"settings", "explore", "search", "static", "assets", "stars", "star", "activity"}
    | {"invitation", "invitations", "account", "accounts", "user", "users", "u", "r", "o", "t"}
    | {"repository", "repositories", "namespace", "namespaces", "org", "orgs", "organization"}
    | {"organizations", "team", "teams", "robot", "robots", "webhook", "webhooks", "builds"}
    | {"tags", "manifests", "blobs", "uploads", "referrers", "audit", "quotas", "gc", "storage"}
    | {"admin", "admin-area", "administrator", "root", "system", "anonymous", "nobody"}
    | {"entrepot", "registry", "hub", "docs", "help", "about", "support", "security", "status"}
    | {"health", "healthz", "livez", "readyz", "metrics", "well-known", "null", "undefined"}
    | {"new", "me", "self", "everyone", "official", "official-images", "mirror", OFFICIAL, "_"}
    | {"session", "sessions", "passkey", "passkeys", "sso", "oidc", "openapi", "openapi.json"}
    | {"superuser", "sudo", "staff", "moderator", "docker", "postmaster", "hostmaster"}
    | {"webmaster", "abuse", "no-reply", "noreply"}
)
# The first administrator's; reserved for everybody else.
FIRST: Final = "admin"
_EMAIL: Final = re.compile(r"[^@\s\x00-\x1f<>\"(),:;\\]{1,64}@[A-Za-z0-9.-]{1,180}", re.ASCII)


def candidates(name: str, naming: Naming, fallback: str) -> Iterator[str]:
    """Usernames for somebody whom a source calls *name*, the best first; none where it is strict.

    A name that is a username in lower case comes first, and alone. Letters beyond ASCII some of
    which have a lower case within it are never taken for those.
    """
    plain = name.lower() if name.isascii() else ""
    if len(plain) <= LONGEST and is_part(plain):
        yield plain
        if plain not in RESERVED:
            return
    elif naming is Naming.STRICT:
        return
    stem = _cleaned(name.partition("@")[0] if naming is Naming.LOCAL_PART else name) or fallback
    if stem not in RESERVED:
        yield stem
    for number in count(2):
        yield f"{stem}-{number}"


def _cleaned(text: str) -> str:
    """The letters and digits of *text* that a username can have, joined by single characters."""
    # Combining characters are put in order in quadratic time; more than this is cut off anyhow.
    text = text[:_TYPED]
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    joined = re.sub(r"[._-]{2,}", "-", re.sub(r"[^a-z0-9._-]+", "-", plain))
    return joined.strip("._-")[: LONGEST - 4].strip("._-")


def accept_name(name: str, *, first: bool = False) -> str:
    """*name*, when an account or an organization can have it; FieldInvalid."""
    if name in RESERVED and not (first and name == FIRST):
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
    odd = ".." in email or not email.isprintable() or any(c.isspace() for c in email)
    if odd or _EMAIL.fullmatch(email) is None:
        raise FieldInvalid("that is no e-mail address", field="email")
    return email.lower()
