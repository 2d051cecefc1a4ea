"""Uploads: bytes arrive in any number of requests, on any worker, and become a blob.

The row in the metadata tells how much of an upload counts; the store holds the bytes. A worker
writes only while it holds the store's lock on the upload, and only after it has read the row
again under that lock. The hash is carried from request to request in memory, and computed anew
from the stored bytes by a worker that does not have it.
"""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Final

from entrepot.blobs.port import Staging
from entrepot.errors import (
    ClientGone,
    DigestInvalid,
    SizeMismatch,
    UploadBusy,
    UploadOutOfOrder,
    UploadUnknown,
)
from entrepot.metadata.port import Transaction
from entrepot.model.records import UploadRecord
from entrepot.oci.digest import Digest
from entrepot.registry import claims, quotas
from entrepot.registry.claims import Claim
from entrepot.registry.hashes import Hashes, Running
from entrepot.registry.receive import Body, receive
from entrepot.registry.stores import Stores

_AT_ONCE: Final = 100
# Content up to here is held in memory while its digest is checked.
_WHOLE: Final = 1024 * 1024


class Uploads:
    """The uploads of one worker process."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores
        self._hashes = Hashes()

    async def start(self, repository: str, algorithm: str, *, actor: str) -> UploadRecord:
        """A new, empty upload; QuotaExceeded where the namespace has no room for anything."""
        self._stores.room.require()
        now, quota = self._stores.clock(), self._stores.quota
        upload = UploadRecord(self._stores.ids(), repository, algorithm, now, actor, now)

        def work(t: Transaction) -> None:
            quotas.require_place(t, repository, quota)
            quotas.require_room(t, repository, 0, quota)
            t.uploads.start(upload)

        async with quotas.telling(self._stores, repository, actor=actor):
            await self._stores.metadata.write(work, durable=False)
        return upload

    async def find(self, repository: str, key: str) -> UploadRecord:
        """The upload as it stands; UploadUnknown."""
        upload = await self._stores.metadata.read(lambda t: t.uploads.get(key))
        if upload is None or upload.repository != repository:
            raise UploadUnknown
        return upload

    async def append(self, repository: str, key: str, body: Body) -> UploadRecord:
        """Add a request's bytes; what arrived of a request that broke off is kept as well.

        UploadUnknown, UploadBusy, UploadOutOfOrder, SizeMismatch, StorageFull.
        """
        upload, staging = await self._open(repository, key, body)
        try:
            running = await self._hash(upload, upload.algorithm)
            gone: ClientGone | None = None
            try:
                await receive(body, staging, running)
            except ClientGone as error:
                gone = error
            # The lock is held until the row tells of these bytes: nobody else may write there.
            receipt = await staging.flush()
            after = await self._advance(upload, receipt, running)
        finally:
            await staging.close()
        if gone is not None:
            raise gone
        return after

    async def finish(self, repository: str, key: str, body: Body, digest: Digest) -> int:
        """Add a request's bytes, and make all of them a blob of the repository; its length.

        Wrong bytes (DigestInvalid) end the upload: nothing of it can be used.
        """
        if body.length is not None and body.length <= _WHOLE:
            upload = await self.find(repository, key)
            if upload.offset == 0:
                return await self._finish_whole(upload, body, digest)
        upload, staging = await self._open(repository, key, body, digest)
        try:
            running = await self._hash(upload, digest.algorithm)
            try:
                await receive(body, staging, running)
            except ClientGone:
                receipt = await staging.flush()
                if digest.algorithm == upload.algorithm:
                    await self._advance(upload, receipt, running)
                raise
            running.require(digest)
            claim = await claims.claim(self._stores, digest)
            await staging.commit(digest)
        except DigestInvalid:
            await staging.close()
            await self.drop(upload)
            raise
        finally:
            await staging.close()
        await self._link(upload, claim, running.offset)
        if upload.offset == 0:
            # An append may have begun the upload anew between the commit and the row's end.
            await self._stores.blobs.discard(upload.id)
        return running.offset

    async def _finish_whole(self, upload: UploadRecord, body: Body, digest: Digest) -> int:
        """Finish an empty upload with content small enough to be checked before it is stored."""
        _check_place(upload, body)
        chunks: list[bytes] = []
        running = Running.start(digest.algorithm)
        async for chunk in body.chunks:
            chunks.append(chunk)
            running.update_now(chunk)
        try:
            running.require(digest)
        except DigestInvalid:
            await self.drop(upload)
            raise
        claim = await claims.claim(self._stores, digest)
        await self._stores.blobs.put(digest, *chunks, upload=upload.id)
        await self._link(upload, claim, running.offset)
        return running.offset

    async def cancel(self, repository: str, key: str) -> None:
        """End an upload and drop its bytes; UploadUnknown."""
        if not await self.drop(await self.find(repository, key)):
            raise UploadUnknown

    async def expire(self, age: timedelta) -> int:
        """Drop the uploads to which nothing was written for *age*; returns how many."""
        since = self._stores.clock() - age
        dropped = 0
        while idle := await self._stores.metadata.read(lambda t: t.uploads.idle(since, _AT_ONCE)):
            done = [await self._drop_unwritten(upload) for upload in idle]
            dropped += sum(done)
            if not any(done):
                break
        return dropped

    async def _drop_unwritten(self, upload: UploadRecord) -> bool:
        """Drop the upload; False when someone writes to it now, or has since it was looked up."""
        try:
            staging = await self._stores.blobs.stage(upload.id, upload.offset, upload.receipts)
        except UploadBusy:
            return False
        except UploadUnknown:
            return await self.drop(upload)
        try:
            now = await self._stores.metadata.read(lambda t: t.uploads.get(upload.id))
            return now == upload and await self.drop(upload)
        finally:
            await staging.close()

    async def _require_room(self, upload: UploadRecord, body: Body, digest: Digest | None) -> None:
        """StorageFull, QuotaExceeded before much arrives; a manifest's push sees to the rest."""
        self._stores.room.require(body.length or 0)
        if body.length is None or body.length <= _WHOLE:
            return
        size, quota = upload.offset + body.length, self._stores.quota
        async with quotas.telling(self._stores, upload.repository, actor=upload.started_by):
            await self._stores.metadata.read(
                lambda t: quotas.require_room(t, upload.repository, size, quota, digest)
            )

    async def _open(
        self, repository: str, key: str, body: Body, digest: Digest | None = None
    ) -> tuple[UploadRecord, Staging]:
        """The upload, and its bytes locked for this request alone."""
        upload = await self.find(repository, key)
        _check_place(upload, body)
        await self._require_room(upload, body, digest)
        staging = await self._stores.blobs.stage(upload.id, upload.offset, upload.receipts)
        try:
            if await self.find(repository, key) != upload:
                raise UploadBusy
        except UploadUnknown:
            # It ended before it was locked: what the lock made of it goes as well.
            await staging.close()
            await self._stores.blobs.discard(upload.id)
            raise
        except BaseException:
            await staging.close()
            raise
        return upload, staging

    async def _hash(self, upload: UploadRecord, algorithm: str) -> Running:
        running = self._hashes.take(upload.id, algorithm, upload.offset)
        if running is None:
            running = Running.start(algorithm)
            if upload.offset:
                await self._rebuild(upload, running)
        return running

    async def _rebuild(self, upload: UploadRecord, running: Running) -> None:
        left = upload.offset
        stored: AsyncIterator[bytes] = self._stores.blobs.staged(upload.id, upload.receipts)
        async for piece in stored:
            # Behind the offset stands what a writer that died left.
            await running.update([piece[:left]])
            left -= min(left, len(piece))
            if not left:
                break
        if left:
            raise UploadUnknown

    async def _advance(self, upload: UploadRecord, receipt: str, running: Running) -> UploadRecord:
        after = replace(
            upload,
            offset=running.offset,
            receipts=(*upload.receipts, receipt) if receipt else upload.receipts,
            updated_at=self._stores.clock(),
        )

        def work(t: Transaction) -> bool:
            return t.uploads.advance(upload, after)

        if not await self._stores.metadata.write(work, durable=False):
            await self._discard_if_ended(upload)
            raise UploadBusy
        self._hashes.keep(upload.id, running)
        return after

    async def _discard_if_ended(self, upload: UploadRecord) -> None:
        """UploadUnknown, without its bytes, when someone ended the upload while we wrote."""
        try:
            await self.find(upload.repository, upload.id)
        except UploadUnknown:
            await self._stores.blobs.discard(upload.id)
            raise

    async def _link(self, upload: UploadRecord, claim: Claim, size: int) -> None:
        now = self._stores.clock()

        def work(t: Transaction) -> None:
            if not t.uploads.end(upload.id):
                raise UploadUnknown
            quotas.require_place(t, upload.repository, self._stores.quota)
            t.blobs.link(upload.repository, claim.digest, size, at=now)

        await claims.name(self._stores, claim, work)

    async def drop(self, upload: UploadRecord) -> bool:
        """End an upload and drop its bytes; False when it had ended already.

        The bytes go first: cut short, a row is left that expires, and not bytes nobody knows of.
        They go once more at the end: an append may have begun the upload anew before its row ended.
        """
        self._hashes.forget(upload.id)
        await self._stores.blobs.discard(upload.id)
        ended = await self._stores.metadata.write(lambda t: t.uploads.end(upload.id), durable=False)
        await self._stores.blobs.discard(upload.id)
        return ended


def _check_place(upload: UploadRecord, body: Body) -> None:
    place = body.place
    if place is None:
        return
    if place.start != upload.offset:
        raise UploadOutOfOrder(offset=upload.offset)
    if body.length is not None and body.length != place.length:
        raise SizeMismatch(
            "Content-Range and Content-Length do not agree",
            detail={"range": place.length, "length": body.length},
        )
