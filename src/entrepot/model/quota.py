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


def passes_mark(quota: Quota, before: int, after: int) -> bool:
    """Whether the namespace, holding *before* and then *after* bytes, has become nearly full."""
    if quota.bytes is None:
        return False
    mark = quota.bytes * NEARLY
    return before < mark <= after
