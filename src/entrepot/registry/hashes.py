"""Hashes of unfinished uploads, carried from one request to the next."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from entrepot.blobs.port import BlobStore
from entrepot.errors import DigestInvalid, UploadUnknown
from entrepot.model.records import UploadRecord
from entrepot.oci.digest import Digest, Hasher, hasher
from entrepot.threads import Threads

_KEPT: Final = 1000
# Below this, handing the work to a thread costs more than the hash.
_IN_PLACE: Final = 64 * 1024
# Hashing leaves the interpreter's lock; more threads than cores do not make it faster.
_THREADS: Final = 4
# One batch of each connection can wait, as long as it is not hashed no more of it is read.
_WAITING: Final = 10_000


@dataclass(slots=True)
class Running:
    """The hash of an upload's first `offset` bytes."""

    algorithm: str
    hasher: Hasher
    offset: int
    threads: Threads | None = None

    @classmethod
    def start(cls, algorithm: str, threads: Threads | None = None) -> "Running":
        return cls(algorithm, hasher(algorithm), 0, threads)

    def update_now(self, chunk: bytes) -> None:
        """Take in *chunk* on the spot: for content so small that no other request waits long."""
        self.hasher.update(chunk)
        self.offset += len(chunk)

    async def update(self, chunks: Sequence[bytes]) -> None:
        """Take in *chunks*; large ones in a thread, beside the event loop."""
        length = sum(map(len, chunks))
        if length <= _IN_PLACE or self.threads is None:
            self._update(chunks)
        else:
            await self.threads.run(self._update, chunks)
        self.offset += length

    def require(self, digest: Digest) -> None:
        """Return when the content has *digest*; DigestInvalid otherwise."""
        if self.hasher.hexdigest() != digest.hex:
            raise DigestInvalid(
                "the content does not have the digest it was pushed under",
                detail={"given": digest.text, "size": self.offset},
            )

    @property
    def hex(self) -> str:
        """The digits of the hash so far."""
        return self.hasher.hexdigest()

    def _update(self, chunks: Sequence[bytes]) -> None:
        for chunk in chunks:
            self.hasher.update(chunk)


class Hashes:
    """The hashes that one worker carries; the oldest give way, and can always be rebuilt."""

    def __init__(self) -> None:
        self._running: dict[str, Running] = {}
        self._threads = Threads("hash", _THREADS, _WAITING)

    def start(self, algorithm: str) -> Running:
        """The hash of no bytes yet."""
        return Running.start(algorithm, self._threads)

    async def rebuilt(self, blobs: BlobStore, upload: UploadRecord, algorithm: str) -> Running:
        """The hash of the upload's stored bytes; UploadUnknown when they are not all there.

        DigestInvalid when they are others than were received: a power cut can leave such bytes.
        """
        running, left = self.start(algorithm), upload.offset
        if not left:
            return running
        async for piece in blobs.staged(upload.id, upload.receipts):
            # Behind the offset stands what a writer that died left.
            await running.update([piece[:left]])
            left -= min(left, len(piece))
            if not left:
                break
        if left:
            raise UploadUnknown
        if upload.hash and algorithm == upload.algorithm and running.hex != upload.hash:
            raise DigestInvalid
        return running

    def take(self, upload: str, algorithm: str, offset: int) -> Running | None:
        """The upload's hash, if it is carried here and stands exactly at *offset*."""
        running = self._running.pop(upload, None)
        fits = running and (running.algorithm, running.offset) == (algorithm, offset)
        return running if fits else None

    def stands_at(self, upload: str, offset: int) -> bool:
        """Whether the upload's hash is carried here, up to *offset*."""
        running = self._running.get(upload)
        return running is not None and running.offset == offset

    def keep(self, upload: str, running: Running) -> None:
        self._running[upload] = running
        if len(self._running) > _KEPT:
            del self._running[next(iter(self._running))]

    def forget(self, upload: str) -> None:
        self._running.pop(upload, None)
