"""How much a namespace may hold, and how much it holds."""

from dataclasses import dataclass
from typing import Final

# Of the limit; from here on it is told that the namespace is nearly full.
NEARLY: Final = 0.8


@dataclass(frozen=True, slots=True)
class Quota:
    """What a namespace may hold at most: bytes and repositories; None where there is no limit."""

    bytes: int | None = None
    repositories: int | None = None

    def __bool__(self) -> bool:
        return self.bytes is not None or self.repositories is not None


UNLIMITED: Final = Quota()


@dataclass(frozen=True, slots=True)
class Pending:
    """What is not part of any image yet: `uploads` under way, and `bytes` of theirs and of blobs.

    The blobs are those that were pushed and that no manifest of the namespace names so far.
    """

    uploads: int
    bytes: int


@dataclass(frozen=True, slots=True)
class PendingLimits:
    """How much may be pending; None where there is no limit.

    `bytes` is for each namespace without a quota, and `uploads` for each namespace and account;
    `total_bytes` and `total_uploads` are for all namespaces together. Uploads expire after
    `upload_hours`.
    """

    bytes: int | None = None
    total_bytes: int | None = None
    uploads: int | None = None
    total_uploads: int | None = None
    upload_hours: float = 168


ANY_PENDING: Final = PendingLimits()


@dataclass(frozen=True, slots=True)
class Held:
    """What a namespace holds.

    `bytes` are those of the manifests of its repositories and of the blobs that these name, each
    content once, however many repositories and images of the namespace have it.
    """

    bytes: int
    repositories: int


@dataclass(frozen=True, slots=True)
class Holder:
    """A namespace, what it holds, and its own limits; None where the settings' hold."""

    namespace: str
    held: Held
    own: Quota | None
    pending: Pending = Pending(0, 0)


def passes_mark(quota: Quota, before: int, after: int) -> bool:
    """Whether the namespace, holding *before* and then *after* bytes, has become nearly full."""
    if quota.bytes is None:
        return False
    mark = quota.bytes * NEARLY
    return before < mark <= after
