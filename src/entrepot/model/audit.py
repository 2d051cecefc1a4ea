"""What was done: the audit log's entries."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Cause:
    """Who does something: the name, where from, and with which token."""

    actor: str
    address: str = ""
    credential: str = ""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One thing that was done, or refused.

    `position` and `hash` are set once the entry is linked into the chain; `hash` then covers the
    entry and the hash before it.
    """

    id: int
    at: datetime
    actor: str
    action: str
    target: str
    address: str
    credential: str
    outcome: str
    detail: str
    position: int | None
    hash: str | None


@dataclass(frozen=True, slots=True)
class AuditQuery:
    """Which entries are looked for; what is None matters not."""

    actor: str | None = None
    action: str | None = None
    target: str | None = None
    address: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Attempts:
    """Failures to log in under one key, in the period that began at `since`."""

    key: str
    failures: int
    since: datetime


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to a request that carried an Idempotency-Key, sealed with that key."""

    digest: str
    request: str
    status: int
    sealed: str
    created_at: datetime
