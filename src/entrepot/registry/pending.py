"""Bounds of what is pending: unfinished uploads, and blobs that no manifest names yet.

A namespace may have as many bytes pending as its quota allows it to hold, so an image that fits
can be pushed. What arrives in a request is reported now and then while it arrives, more often the
less room there is, so that requests at the same time, and those that announce no length, see each
other. Each namespace adds rows of its own only: no push waits for a shared one.
"""

from dataclasses import dataclass
from typing import Final

from entrepot.errors import QuotaExceeded, TooManyUploads
from entrepot.metadata.port import Transaction
from entrepot.model.quota import Pending, PendingLimits
from entrepot.model.records import UploadRecord
from entrepot.model.size import sized
from entrepot.oci.digest import Digest
from entrepot.oci.names import namespace_of
from entrepot.registry import quotas
from entrepot.registry.stores import Stores

# A request is reported once it brought so much, and then by steps of these sizes.
_UNREPORTED: Final = 256 * 1024
_LEAST: Final = 1024 * 1024
_MOST: Final = 64 * 1024 * 1024
# Of the room that is left, all requests together may bring this part before their next reports.
_PART: Final = 16
# Where nobody logs in, all are one actor.
_ANYONE: Final = "anonymous"
_NOTHING: Final = Pending(0, 0)


@dataclass(frozen=True, slots=True)
class Room:
    """How many bytes more may be pending, and how many uploads share them."""

    bytes: int
    uploads: int

    @property
    def step(self) -> int:
        """How much one request may bring until its next report."""
        return max(_LEAST, min(_MOST, self.bytes // (_PART * max(self.uploads, 1))))


@dataclass(frozen=True, slots=True)
class Situation:
    """What is pending in a namespace and everywhere, as far as there are limits, and the limits."""

    namespace: str
    here: Pending
    everywhere: Pending
    most: int | None
    limits: PendingLimits

    @classmethod
    def of(cls, t: Transaction, stores: Stores, repository: str) -> "Situation":
        """Read it."""
        namespace, limits = namespace_of(repository), stores.pending
        quota = quotas.limits(t, namespace, stores.quota).bytes
        most = limits.bytes if quota is None else quota
        bounded = most is not None or limits.uploads is not None
        totalled = limits.total_bytes is not None or limits.total_uploads is not None
        return cls(
            namespace,
            t.quotas.pending(namespace) if bounded else _NOTHING,
            t.quotas.all_pending() if totalled else _NOTHING,
            most,
            limits,
        )

    def require_room(self, more: int) -> Room:
        """Return the room that is left; QuotaExceeded where *more* bytes do not fit."""
        left = _MOST * _PART
        of_all = ("This registry", self.everywhere, self.limits.total_bytes)
        for who, pending, most in ((self._who, self.here, self.most), of_all):
            if most is None:
                continue
            if pending.bytes + more > most:
                raise _full(who, pending, more, most, self.limits)
            left = min(left, most - pending.bytes)
        return Room(left, max(self.here.uploads, self.everywhere.uploads))

    def require_upload(self, actor: str, own: int) -> None:
        """Raise TooManyUploads where one more is too many, also for the actor, who has *own*."""
        for who, count, most in (
            (self._who, self.here.uploads, self.limits.uploads),
            (f"Account {actor}", own, self.limits.uploads),
            ("This registry", self.everywhere.uploads, self.limits.total_uploads),
        ):
            if most is not None and count >= most:
                raise _too_many(who, count, most, self.limits)

    @property
    def _who(self) -> str:
        return f"Namespace {self.namespace}"


def require_upload(t: Transaction, stores: Stores, repository: str, actor: str) -> None:
    """QuotaExceeded or TooManyUploads where no more uploads can be started."""
    situation = Situation.of(t, stores, repository)
    situation.require_room(0)
    counted = owner(actor) and stores.pending.uploads is not None
    situation.require_upload(actor, t.uploads.started_by(actor) if counted else 0)


def owner(actor: str) -> str:
    """Whose uploads are counted together; empty where nobody logged in."""
    return "" if actor == _ANYONE else actor


def require_room(
    t: Transaction, stores: Stores, repository: str, more: int, digest: Digest | None = None
) -> Room:
    """Return the room that is left; QuotaExceeded where *more* bytes do not fit.

    A content *digest* that the namespace has already takes no room.
    """
    if digest is not None and t.quotas.counts(namespace_of(repository), digest.text):
        more = 0
    return Situation.of(t, stores, repository).require_room(more)


class Meter:
    """Counts what a request brings to an upload, and stops it where there is no room."""

    def __init__(self, stores: Stores, upload: UploadRecord) -> None:
        self._stores = stores
        self._upload = upload
        self._next = upload.offset + _UNREPORTED
        self._reported = False

    async def count(self, arrived: int) -> None:
        """Note that *arrived* bytes of the upload are here and about to be stored.

        QuotaExceeded where there is no room for them; UploadUnknown where the upload ended.
        """
        if arrived <= self._next:
            return
        upload, now = self._upload, self._stores.clock()

        def work(t: Transaction) -> Room | None:
            t.lock(f"pending {namespace_of(upload.repository)}")
            if not t.uploads.report(upload.id, arrived, at=now):
                return None
            return require_room(t, self._stores, upload.repository, 0)

        async with quotas.telling(self._stores, upload.repository, actor=upload.started_by):
            room = await self._stores.metadata.write(work, durable=False)
        self._reported = True
        # An upload that was ended meanwhile is found out when its bytes are to count.
        self._next = arrived + (room.step if room is not None else _MOST)

    async def undo(self) -> None:
        """Give back what was reported and is not kept."""
        if self._reported:
            upload = self._upload
            await self._stores.metadata.write(
                lambda t: t.uploads.report(upload.id, upload.offset, at=upload.updated_at),
                durable=False,
            )


def _too_many(who: str, count: int, most: int, limits: PendingLimits) -> TooManyUploads:
    return TooManyUploads(
        f"{who} has {_uploads(count)}, and may have {most}. Finish them, or cancel them"
        f" with DELETE; they expire {limits.upload_hours:g} hours after the last write.",
        detail={"uploads": count, "limit": most},
    )


def _full(who: str, pending: Pending, more: int, most: int, limits: PendingLimits) -> QuotaExceeded:
    added = f", and this would add {sized(more)}" if more else ""
    return QuotaExceeded(
        f"{who} has {sized(pending.bytes)} of at most {sized(most)} in"
        f" {_uploads(pending.uploads)} and in blobs that no manifest uses{added}. Push the"
        " manifests that use the blobs, or cancel uploads with DELETE; they expire"
        f" {limits.upload_hours:g} hours after the last write, and garbage collection"
        " (entrepot gc) removes unused blobs.",
        detail={"pending": pending.bytes, "uploads": pending.uploads, "more": more, "limit": most},
    )


def _uploads(count: int) -> str:
    return f"{count} unfinished upload{'' if count == 1 else 's'}"
