"""Blobs in this process's memory: a working store that forgets when the process ends."""

from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Final

from entrepot.blobs.port import Standing
from entrepot.errors import BlobUnknown, UploadBusy, UploadUnknown
from entrepot.oci.digest import Digest

PIECE: Final = 1024 * 1024


class MemoryBlobs:
    """The BlobStore port, and Files, over two dicts."""

    def __init__(self) -> None:
        self._blobs: dict[Digest, bytes] = {}
        self._owner = ""
        self._uploads: dict[str, bytearray] = {}
        self._open: dict[str, MemoryStaging] = {}

    async def size(self, digest: Digest) -> int:
        return len(self._content(digest))

    async def read(
        self, digest: Digest, start: int = 0, length: int | None = None
    ) -> AsyncIterator[bytes]:
        content = self._content(digest)
        for piece in _pieces(content, start, len(content) if length is None else start + length):
            yield piece

    def read_now(self, digest: Digest, length: int) -> bytes:
        return self._content(digest)[:length]

    def _content(self, digest: Digest) -> bytes:
        try:
            return self._blobs[digest]
        except KeyError:
            raise BlobUnknown(detail=digest.text) from None

    async def put(self, digest: Digest, *chunks: bytes, upload: str | None = None) -> None:
        self._blobs[digest] = b"".join(chunks)
        if upload is not None:
            await self.discard(upload)

    async def delete(self, digest: Digest) -> None:
        self._blobs.pop(digest, None)

    async def digests(self) -> AsyncIterator[Digest]:
        for digest in list(self._blobs):
            yield digest

    async def is_shared(self) -> bool:
        return False

    async def owner(self, claimant: str) -> str:
        self._owner = self._owner or claimant
        return self._owner

    async def stage(self, upload: str, offset: int, receipts: Sequence[str]) -> "MemoryStaging":  # noqa: ARG002 - the bytes are at hand
        if upload in self._open:
            raise UploadBusy
        content = self._uploads.get(upload)
        if content is None and offset == 0:
            content = self._uploads[upload] = bytearray()
        if content is None or len(content) < offset:
            raise UploadUnknown
        del content[offset:]
        staging = self._open[upload] = MemoryStaging(self, upload, content)
        return staging

    async def staged(self, upload: str, receipts: Sequence[str]) -> AsyncIterator[bytes]:  # noqa: ARG002 - the bytes are at hand
        content = bytes(self._uploads.get(upload, b""))
        for piece in _pieces(content, 0, len(content)):
            yield piece

    async def standing(self, upload: str, offset: int, receipts: Sequence[str]) -> Standing | None:
        size = len(self._uploads.get(upload, b""))
        return Standing(min(offset, size), tuple(receipts)) if size or not offset else None

    async def discard(self, upload: str) -> None:
        self._uploads.pop(upload, None)
        self._open.pop(upload, None)

    async def wait_until_available(self) -> None:
        return

    async def ping(self) -> None:
        return

    def finish(self, upload: str, staging: "MemoryStaging", digest: Digest) -> None:
        if self._open.get(upload) is not staging:
            raise UploadUnknown
        self._blobs[digest] = bytes(self._uploads.pop(upload))

    def release(self, upload: str, staging: "MemoryStaging") -> None:
        if self._open.get(upload) is staging:
            del self._open[upload]


class MemoryStaging:
    """An upload's bytes, open for appending."""

    def __init__(self, store: MemoryBlobs, upload: str, content: bytearray) -> None:
        self._store = store
        self._upload = upload
        self._content = content
        self._start = len(content)

    async def write(self, chunks: Sequence[bytes]) -> None:
        for chunk in chunks:
            self._content += chunk

    async def flush(self) -> str:
        return ""

    async def close(self) -> str:
        self._store.release(self._upload, self)
        return ""

    async def drop(self) -> None:
        del self._content[self._start :]

    async def commit(self, digest: Digest) -> None:
        try:
            self._store.finish(self._upload, self, digest)
        finally:
            self._store.release(self._upload, self)


def _pieces(content: bytes, start: int, end: int) -> Iterator[bytes]:
    for at in range(start, end, PIECE):
        yield content[at : min(at + PIECE, end)]
