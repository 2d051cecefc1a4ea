"""Blobs in an S3 bucket, laid out as `blobs.segments` draws it; no byte is written twice.

The bucket must honour conditional writes (`If-None-Match: *`), as Amazon's and Ceph's do: they
settle which of two endings of an upload holds. It should have a lifecycle rule that aborts
incomplete multipart uploads, which is what a writer leaves that was killed.
"""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import timedelta
from typing import Final

from obstore.store import ObjectStore

from entrepot.blobs import segments as layout
from entrepot.blobs.endings import Endings
from entrepot.blobs.objects import Objects, Writer
from entrepot.blobs.port import Standing
from entrepot.blobs.segments import Ending, Segment, Segments
from entrepot.clock import Ids, new_uuid
from entrepot.errors import BlobUnknown, StorageUnavailable, UploadBusy, UploadUnknown
from entrepot.observe.outage import Outage
from entrepot.oci.digest import Digest

PART_SIZE: Final = 8 * 1024 * 1024
PIECE: Final = 1024 * 1024
_REMEMBERED: Final = 4096
_URL_LIFETIME: Final = timedelta(minutes=10)


class S3Blobs:
    """The BlobStore port, and Redirects, over one bucket or a folder of it."""

    def __init__(
        self,
        store: ObjectStore,
        *,
        prefix: str = "",
        redirect: bool = False,
        part_size: int = PART_SIZE,
        ids: Ids = new_uuid,
        outage: Outage | None = None,
        patient: ObjectStore | None = None,
    ) -> None:
        self._objects = Objects(
            store,
            patient or store,
            prefix,
            part_size,
            outage or Outage("storage", StorageUnavailable),
        )
        self._endings = Endings(self._objects)
        self._redirect = redirect
        self._ids = ids
        self._open: dict[str, S3Staging] = {}
        self._found: OrderedDict[Digest, Segments] = OrderedDict()

    async def size(self, digest: Digest) -> int:
        return layout.total(await self._find(digest))

    async def _find(self, digest: Digest) -> Segments:
        pointer, data = await asyncio.gather(
            self._objects.text(layout.pointer_key(digest)),
            self._objects.length(layout.data_key(digest)),
        )
        # A pointer may be what a removal left that was cut short; small content is always whole.
        if data is not None:
            found: Segments = (Segment(layout.data_key(digest), data),)
        elif pointer is not None:
            found = layout.parse_pointer(pointer[0])
        else:
            raise BlobUnknown(detail=digest.text)
        self._remember(digest, found)
        return found

    def _remember(self, digest: Digest, found: Segments) -> None:
        self._found[digest] = found
        self._found.move_to_end(digest)
        if len(self._found) > _REMEMBERED:
            self._found.popitem(last=False)

    async def read(
        self, digest: Digest, start: int = 0, length: int | None = None
    ) -> AsyncIterator[bytes]:
        piece, spans = await self._begin(digest, start, length)
        for span in spans:
            # The next piece is on its way while this one goes out.
            ahead = asyncio.ensure_future(self._piece(digest, span))
            try:
                yield piece
                piece = await ahead
            finally:
                ahead.cancel()
        if piece:
            yield piece

    async def _begin(
        self, digest: Digest, start: int, length: int | None
    ) -> tuple[bytes, Iterator[layout.Span]]:
        """The first piece, and where the others are."""
        if (found := self._found.get(digest)) is not None:
            spans = layout.spans(found, start, length, PIECE)
            first = next(spans, None)
            # What was found earlier may be deleted by now; only its bytes prove that it is not.
            if first and (piece := await self._objects.range(*first)) is not None:
                self._remember(digest, found)
                return piece, spans
        spans = layout.spans(await self._find(digest), start, length, PIECE)
        first = next(spans, None)
        return (await self._piece(digest, first) if first else b""), spans

    async def _piece(self, digest: Digest, span: layout.Span) -> bytes:
        piece = await self._objects.range(*span)
        if piece is None:
            raise BlobUnknown(detail=digest.text)
        return piece

    async def put(self, digest: Digest, *chunks: bytes, upload: str | None = None) -> None:
        stored = self._objects.put(layout.data_key(digest), b"".join(chunks))
        if upload is None:
            await stored
        else:
            await asyncio.gather(stored, self.discard(upload))

    async def delete(self, digest: Digest) -> None:
        self._found.pop(digest, None)
        pointer = layout.pointer_key(digest)
        found = await self._objects.text(pointer)
        segments = layout.parse_pointer(found[0]) if found else ()
        await self._objects.remove([layout.data_key(digest)])
        # In this order, nothing is ever pointed to in an upload that could still be discarded, and
        # whoever comes after a crash finds all that is left.
        await self._objects.remove([each.key for each in segments])
        endings = {layout.ended_key(each.folder) for each in segments}
        await self._objects.remove(sorted(endings))
        if found and await self._objects.text(pointer) == found:
            await self._objects.remove([pointer])

    async def digests(self) -> AsyncIterator[Digest]:
        last = None
        async for key, _ in self._objects.below(layout.BLOBS):
            digest = layout.addressed(key)
            # A listing is in order of the keys, so `data` and `segments` are neighbours.
            if digest is not None and digest != last:
                last = digest
                yield digest

    async def url(self, digest: Digest) -> str | None:
        if not self._redirect:
            return None
        match await self._find(digest):
            case (only,) if await self._objects.length(only.key) == only.length:
                return await self._objects.url(only.key, _URL_LIFETIME)
            case _:
                return None

    async def is_shared(self) -> bool:
        async for _ in self._objects.below(layout.DOCKER):
            return True
        return False

    async def owner(self, claimant: str) -> str:
        await self._objects.create("owner", claimant)
        found = await self._objects.text("owner")
        return found[0].strip() if found else ""

    async def stage(self, upload: str, offset: int, receipts: Sequence[str]) -> "S3Staging":
        if upload in self._open:
            raise UploadBusy
        segments = layout.parse_receipts(receipts)
        key = f"{layout.folder(upload)}{len(segments):05d}-{self._ids()}"
        staging = self._open[upload] = S3Staging(self, self._objects, upload, segments, key)
        try:
            await self._check(upload, offset, segments)
        except BaseException:
            self.release(upload, staging)
            raise
        return staging

    async def _check(self, upload: str, offset: int, segments: Segments) -> None:
        if layout.total(segments) != offset:
            raise UploadUnknown
        if await self._endings.kept(upload, segments) != segments:
            raise UploadUnknown

    async def staged(self, upload: str, receipts: Sequence[str]) -> AsyncIterator[bytes]:  # noqa: ARG002 - the receipts name its objects
        for span in layout.spans(layout.parse_receipts(receipts), 0, None, PIECE):
            piece = await self._objects.range(*span)
            if piece is None:
                raise UploadUnknown
            yield piece

    async def commit(self, upload: str, segments: Segments, digest: Digest) -> None:
        await self._endings.commit(upload, Ending(self._ids(), digest, segments))

    async def standing(self, upload: str, offset: int, receipts: Sequence[str]) -> Standing | None:
        kept = await self._endings.kept(upload, layout.parse_receipts(receipts))
        if kept is None or (offset and not kept):
            return None
        return Standing(layout.total(kept), tuple(each.text for each in kept))

    async def discard(self, upload: str) -> None:
        if (staging := self._open.pop(upload, None)) is not None:
            staging.discarded = True
        await self._endings.discard(upload, Ending(self._ids()))

    def release(self, upload: str, staging: "S3Staging") -> None:
        if self._open.get(upload) is staging:
            del self._open[upload]

    async def wait_until_available(self) -> None:
        await self._objects.wait_until_available()

    async def ping(self) -> None:
        await self._objects.probe()


class S3Staging:
    """An upload's next segment, on its way in."""

    def __init__(
        self, store: S3Blobs, objects: Objects, upload: str, earlier: Segments, key: str
    ) -> None:
        self.discarded = False
        self._store = store
        self._objects = objects
        self._upload = upload
        self._earlier = earlier
        self._key = key
        self._writer: Writer | None = None
        self._length = 0
        self._receipt: str | None = None

    async def write(self, chunks: Sequence[bytes]) -> None:
        if self._receipt is not None:
            raise ValueError("the upload was let go")
        content = b"".join(chunks)
        if not content:
            return
        if self._writer is None:
            self._writer = self._objects.writer(self._key)
        await self._writer.write(content)
        # Only now: what a cancelled write sent lies behind the segment's length, and is not read.
        self._length += len(content)

    async def flush(self) -> str:
        return await self._keep()

    async def close(self) -> str:
        try:
            return await self._keep()
        finally:
            self._store.release(self._upload, self)

    async def drop(self) -> None:
        self._length = 0
        if self._receipt:
            self._receipt = ""
            await self._drop()
        else:
            await self._keep()

    async def commit(self, digest: Digest) -> None:
        if self._receipt is not None:
            raise ValueError("the upload was let go")
        try:
            segments = self._earlier + layout.parse_receipts([await self._keep()])
            if self.discarded:
                raise UploadUnknown
            await self._store.commit(self._upload, segments, digest)
        except UploadUnknown:
            await self._drop()
            raise
        finally:
            self._store.release(self._upload, self)

    async def _keep(self) -> str:
        if self._receipt is None:
            # Should what follows fail, a second attempt cannot succeed and hides the first error.
            self._receipt = ""
            if self._writer is not None:
                await self._writer.close()
            if self._length and not self.discarded:
                self._receipt = Segment(self._key, self._length).text
            else:
                await self._drop()
        return self._receipt

    async def _drop(self) -> None:
        if self._writer is not None:
            await self._objects.remove([self._key])
