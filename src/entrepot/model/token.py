"""Tokens: what programs log in with, and who may get one without a password."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from entrepot.model.permission import TokenScope


class TokenKind(StrEnum):
    """Whom a token stands for."""

    PERSONAL = "personal"
    ROBOT = "robot"
    IDENTITY = "identity"
    KEYLESS = "keyless"


@dataclass(frozen=True, slots=True)
class Token:
    """A secret that a program logs in with; `digest` is its SHA-256.

    Personal and identity tokens act for `account`, robots and keyless tokens for `namespace`.
    Without scopes a token may do what its account may. An identity token that was got with another
    token has that as its `parent`, and its limits. `generation` counts the secrets that a robot has
    had; an identity token has that of its account, or of its parent.
    """

    id: str
    kind: TokenKind
    name: str
    account: str | None
    namespace: str | None
    description: str
    digest: str
    scopes: tuple[TokenScope, ...]
    parent: str | None
    generation: int
    created_at: datetime
    created_by: str
    expires_at: datetime | None
    last_used_at: datetime | None = None
    last_used_from: str | None = None


@dataclass(frozen=True, slots=True)
class TrustRule:
    """Whose tokens of another issuer are exchanged for one of ours, and what that may do."""

    namespace: str
    name: str
    issuer: str
    claims: tuple[tuple[str, str], ...]
    scopes: tuple[TokenScope, ...]
    created_at: datetime
    created_by: str


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key (PEM, PKCS #8) that signs Bearer tokens until `retires_at`."""

    id: str
    private: str
    created_at: datetime
    retires_at: datetime
