"""What nobody needs any more, on its way out of the registry."""

from dataclasses import dataclass, fields
from datetime import datetime

from entrepot.oci.digest import Digest


@dataclass(frozen=True, slots=True)
class Content:
    """Bytes of the blob store; `size` is None where it is not known."""

    digest: Digest
    size: int | None


@dataclass(frozen=True, slots=True)
class Link:
    """A blob that a repository has and that none of its manifests names.

    `key` is the database's own name for it.
    """

    key: tuple[int, int]
    repository: str
    digest: Digest
    size: int
    linked_at: datetime


@dataclass(frozen=True, slots=True)
class RetiredLink:
    """A blob that was taken out of a repository, and can be recalled for a while.

    `named` is whether a manifest of the repository names it all the same.
    """

    key: tuple[int, int]
    repository: str
    digest: Digest
    size: int
    retired_at: datetime
    named: bool


@dataclass(frozen=True, slots=True)
class Condemned:
    """Bytes that may be removed once they are `due`.

    Until the moment `until` somebody removes them; it lies in the past where nobody does. They are
    `held` where the metadata names them again.
    """

    digest: Digest
    size: int | None
    due: datetime
    until: datetime
    held: bool


@dataclass(frozen=True, slots=True)
class Heap:
    """How many there are, and how many bytes they have."""

    count: int = 0
    bytes: int = 0

    def with_these(self, *sizes: int | None) -> "Heap":
        """As many more; a size that is not known counts as nothing."""
        return Heap(self.count + len(sizes), self.bytes + sum(size or 0 for size in sizes))


@dataclass(frozen=True, slots=True)
class Tally:
    """What a collection did.

    `retired` are blobs taken out of repositories, `restored` those that were put back because a
    manifest names them, `forgotten` blobs that no repository has any more, `strays` bytes that
    nothing named, `removed` the bytes that are gone.
    """

    retired: Heap = Heap()
    restored: Heap = Heap()
    forgotten: Heap = Heap()
    strays: Heap = Heap()
    removed: Heap = Heap()

    @property
    def is_empty(self) -> bool:
        """Whether nothing was done."""
        return all(not getattr(self, field.name).count for field in fields(self))


@dataclass(frozen=True, slots=True)
class Collection:
    """One run of the garbage collection.

    A `thorough` one also looks through the whole blob store. `asked_by` is empty where the server
    began it by itself; `error` is empty unless it failed.
    """

    id: int
    asked_at: datetime
    asked_by: str
    thorough: bool
    started_at: datetime | None = None
    seen_at: datetime | None = None
    ended_at: datetime | None = None
    tally: Tally = Tally()
    error: str = ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for a later collection: blobs that can still be recalled, and bytes."""

    retired: Heap
    condemned: Heap
