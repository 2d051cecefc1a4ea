"""How much there is."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Counts:
    """How many accounts, organizations, repositories and tags there are."""

    accounts: int
    organizations: int
    repositories: int
    tags: int


@dataclass(frozen=True, slots=True)
class Stored:
    """Blobs, each counted once, and what they would take if repositories did not share them.

    `unlinked` bytes are those of blobs that no repository has any more.
    """

    blobs: int = 0
    size: int = 0
    linked: int = 0
    unlinked: int = 0

    @property
    def saved(self) -> int:
        """Bytes that need not be kept because repositories share blobs."""
        return self.linked - (self.size - self.unlinked)

    def __add__(self, other: "Stored") -> "Stored":
        return Stored(
            self.blobs + other.blobs,
            self.size + other.size,
            self.linked + other.linked,
            self.unlinked + other.unlinked,
        )
