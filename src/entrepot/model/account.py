"""Accounts, the namespaces they push to, and what they log in with."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from entrepot.model.permission import Role, Visibility


class NamespaceKind(StrEnum):
    """Whom a namespace belongs to; of what is gone the name stays taken, and nothing else."""

    PERSONAL = "personal"
    ORGANIZATION = "organization"
    OFFICIAL = "official"
    GONE = "gone"


LOCAL = "local"


class Naming(StrEnum):
    """How a username is made of a name at an identity source that cannot be one."""

    LOCAL_PART = "local-part"
    WHOLE = "whole"
    STRICT = "strict"


@dataclass(frozen=True, slots=True)
class Namespace:
    """The first part of the names of repositories, and what new ones there are."""

    name: str
    kind: NamespaceKind
    visibility: Visibility
    description: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Account:
    """A person who can log in; the personal namespace has the same name.

    `subject` is what identifies the person at the `source`. `generation` grows with all that must
    end what was given out before. `totp_step` is the last one-time code's, which is good once.
    Since `left_at` the source no longer knows the person, and the account is disabled.
    """

    name: str
    email: str | None
    full_name: str
    admin: bool
    disabled: bool
    source: str
    subject: str
    password: str | None
    must_change: bool
    generation: int
    totp: str | None
    totp_step: int
    created_at: datetime
    last_login_at: datetime | None = None
    left_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Team:
    """Accounts of an organization that are given roles together.

    `group` is the group at an identity source whose members belong to it.
    """

    namespace: str
    name: str
    description: str
    group: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Session:
    """A browser that is logged in; `id` is the digest of what its cookie holds."""

    id: str
    account: str
    generation: int
    method: str
    csrf: str
    address: str
    agent: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Passkey:
    """A WebAuthn credential."""

    id: str
    account: str
    name: str
    public_key: str
    sign_count: int
    created_at: datetime
    last_used_at: datetime | None = None


class CodeKind(StrEnum):
    """What a code is good for."""

    SIGN_UP = "sign-up"
    INVITATION = "invitation"
    RESET = "reset"
    SECOND_FACTOR = "second-factor"
    RECOVERY = "recovery"
    PASSKEY = "passkey"
    SIGN_ON = "sign-on"
    LOGIN = "login"


@dataclass(frozen=True, slots=True)
class Code:
    """A secret that was given out once and is good once; `digest` is its SHA-256."""

    digest: str
    id: str
    kind: CodeKind
    account: str | None
    namespace: str | None
    data: str
    created_at: datetime
    created_by: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Membership:
    """An account that has a role on a whole namespace, or is in a team of it."""

    account: str
    role: Role | None
    teams: tuple[str, ...]
