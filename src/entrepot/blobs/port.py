"""What a blob store promises. Every adapter passes tests/blobs/contract.py."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from entrepot.oci.digest import Digest


@dataclass(frozen=True, slots=True)
class Standing:
    """The part of an upload that can be continued: its first `offset` bytes, under `receipts`."""

    offset: int
    receipts: tuple[str, ...] = ()


class Staging(Protocol):
    """One upload's bytes, open for one writer at a time."""

    async def write(self, chunks: Sequence[bytes]) -> None:
        """Append *chunks*; they are in the store, if not yet durable, when this returns."""

    async def flush(self) -> str:
        """Keep what was written, and the upload; returns the receipt to hand back later.

        A receipt is opaque, and empty when there is nothing to remember. Nothing is written
        after it.
        """

    async def close(self) -> str:
        """Keep what was written and let the upload go; returns the receipt as `flush` does.

        Closing twice, or after a commit, is harmless and gives the same receipt.
        """

    async def drop(self) -> None:
        """Drop what was written since the upload was opened; nothing is written after it."""

    async def commit(self, digest: Digest) -> None:
        """Make all of the upload's bytes, known to have *digest*, finished content.

        The upload ends with it. Between `stage` and `commit` no other writer changes the bytes.
        UploadUnknown when the upload was committed or discarded meanwhile.
        """


class BlobStore(Protocol):
    """Finished content by digest, and unfinished content by upload.

    Finished content is immutable, complete and durable: it appears at once or not at all, and
    survives a crash of the machine from the moment `Staging.commit` or `put` returns. Unfinished
    content survives a crash of the process. An upload is named by a UUID; its content is what
    the receipts stand for, in their order.
    """

    async def size(self, digest: Digest) -> int:
        """The content's length in bytes; BlobUnknown when it is not here."""

    def read(
        self, digest: Digest, start: int = 0, length: int | None = None
    ) -> AsyncIterator[bytes]:
        """The content from *start* on, in pieces; BlobUnknown before the first piece."""

    async def put(self, digest: Digest, *chunks: bytes, upload: str | None = None) -> None:
        """Store small content, known to have *digest*, in chunks; harmless when it is here.

        It takes the place of *upload*, which is discarded.
        """

    async def delete(self, digest: Digest) -> None:
        """Remove the content; harmless when it is not here."""

    def digests(self) -> AsyncIterator[Digest]:
        """Every digest in the store, in no order."""

    async def is_shared(self) -> bool:
        """Whether Docker's own registry has repositories here: content without rows may be its."""

    async def owner(self, claimant: str) -> str:
        """To whom the store belongs: to *claimant* from now on, where it was nobody's."""

    async def stage(self, upload: str, offset: int, receipts: Sequence[str]) -> Staging:
        """Open an upload for appending at *offset*, where the receipts end.

        Bytes behind the offset, left by a writer that died, are dropped with the first write, not
        before. UploadBusy when another writer has it open; UploadUnknown when the store no longer
        holds *offset* bytes of it.
        """

    def staged(self, upload: str, receipts: Sequence[str]) -> AsyncIterator[bytes]:
        """What the upload holds so far, in pieces."""

    async def standing(self, upload: str, offset: int, receipts: Sequence[str]) -> Standing | None:
        """The part of an upload of *offset* bytes that is here and can be continued.

        None when it was committed or discarded, or nothing of it is left.
        """

    async def discard(self, upload: str) -> None:
        """Drop an upload and its bytes; harmless when there is none, or it was committed.

        A commit or discard that was cut short is brought to its end.
        """

    async def wait_until_available(self) -> None:
        """Wait for the end of a known outage, without asking the store; StorageUnavailable."""

    async def ping(self) -> None:
        """Return when the store can be read and written; raise what is wrong otherwise."""


@runtime_checkable
class Redirects(Protocol):
    """A store that can send clients straight to the bytes."""

    async def url(self, digest: Digest) -> str | None:
        """An address good for minutes from which anyone may GET the content; None: ask me."""


@runtime_checkable
class Files(Protocol):
    """A store that often has content in memory, to be read without waiting for anything."""

    def read_now(self, digest: Digest, length: int) -> bytes | None:
        """The whole content of *length* bytes, or None when it would have to be waited for.

        BlobUnknown when it is not here.
        """
