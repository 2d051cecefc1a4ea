"""The unfinished uploads that one worker works on: their rows, bytes and running hashes together.

A row tells how much of an upload counts. A worker writes only while it holds the store's lock on
the upload, and only after it has read the row again under that lock.
"""

import asyncio
from dataclasses import replace
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
from entrepot.registry import pending, quotas, recovery
from entrepot.registry.hashes import Hashes, Running
from entrepot.registry.receive import Body, receive
from entrepot.registry.stores import Stores

# Content up to here is held in memory while its digest is checked.
WHOLE: Final = 1024 * 1024


class Unfinished:
    """Uploads, opened for one request at a time."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores
        self.hashes = Hashes()
        self._since = stores.clock()
        self._verifying = asyncio.Lock()

    async def find(self, repository: str, key: str) -> UploadRecord:
        """The upload's row; UploadUnknown."""
        upload = await self._stores.metadata.read(lambda t: t.uploads.get(key))
        if upload is None or upload.repository != repository:
            raise UploadUnknown
        return upload

    async def continued(self, upload: UploadRecord) -> UploadRecord:
        """Return the upload with no more than the store has of it; UploadUnknown."""
        here = await recovery.continued(self._stores, upload)
        if here is None:
            raise UploadUnknown
        if here != upload and not await self._stores.metadata.write(
            lambda t: t.uploads.advance(upload, here), durable=False
        ):
            raise UploadBusy
        return here

    async def verify(self, upload: UploadRecord) -> None:
        """Read again what was written before this server started: the power may have failed."""
        if upload.updated_at >= self._since:
            return
        async with self._verifying:
            if not self.hashes.stands_at(upload.id, upload.offset):
                self.hashes.keep(upload.id, await self.hash(upload, upload.algorithm))

    async def open(
        self, repository: str, key: str, body: Body, digest: Digest | None = None
    ) -> tuple[UploadRecord, Staging]:
        """The upload, and its bytes locked for this request alone."""
        upload = await self.find(repository, key)
        if body.place is not None and body.place.start != upload.offset:
            upload = await self.continued(upload)
        check_place(upload, body)
        if body.length != 0:
            await self.require_room(upload, body, digest)
        try:
            staging = await self._stores.blobs.stage(upload.id, upload.offset, upload.receipts)
        except UploadUnknown:
            here = await self.continued(upload)
            if here != upload:
                raise UploadOutOfOrder(offset=here.offset) from None
            raise
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

    async def require_room(self, upload: UploadRecord, body: Body, digest: Digest | None) -> None:
        """StorageFull, QuotaExceeded before much arrives; a manifest's push sees to the rest."""
        more, quota = body.length or 0, self._stores.quota
        self._stores.room.require(more)

        def check(t: Transaction) -> None:
            quotas.require_place(t, upload.repository, quota)
            pending.require_room(t, self._stores, upload.repository, more, digest)
            if more > WHOLE:
                size = upload.offset + more
                quotas.require_room(t, upload.repository, size, quota, digest)

        async with quotas.telling(self._stores, upload.repository, actor=upload.started_by):
            await self._stores.metadata.read(check)

    async def hash(self, upload: UploadRecord, algorithm: str) -> Running:
        """Return the hash of what the upload has; UploadUnknown where that was damaged."""
        running = self.hashes.take(upload.id, algorithm, upload.offset)
        if running is not None:
            return running
        try:
            return await self.hashes.rebuilt(self._stores.blobs, upload, algorithm)
        except DigestInvalid:
            await self.drop(upload)
            raise UploadUnknown from None

    async def receive(
        self, upload: UploadRecord, body: Body, staging: Staging, running: Running
    ) -> None:
        """Take in the request's bytes; of one that is refused, or fails, nothing is kept."""
        meter = pending.Meter(self._stores, upload)
        try:
            await receive(body, staging, running, meter.count)
        except ClientGone:
            raise
        except Exception:
            await staging.drop()
            await meter.undo()
            raise

    async def advance(self, upload: UploadRecord, receipt: str, running: Running) -> UploadRecord:
        after = replace(
            upload,
            offset=running.offset,
            receipts=(*upload.receipts, receipt) if receipt else upload.receipts,
            arrived=running.offset,
            hash=running.hex,
            updated_at=self._stores.clock(),
        )

        def work(t: Transaction) -> bool:
            return t.uploads.advance(upload, after)

        if not await self._stores.metadata.write(work, durable=False):
            await self._discard_if_ended(upload)
            raise UploadBusy
        self.hashes.keep(upload.id, running)
        return after

    async def _discard_if_ended(self, upload: UploadRecord) -> None:
        """UploadUnknown, without its bytes, when someone ended the upload while we wrote."""
        try:
            await self.find(upload.repository, upload.id)
        except UploadUnknown:
            await self._stores.blobs.discard(upload.id)
            raise

    async def drop(self, upload: UploadRecord) -> bool:
        """End an upload and drop its bytes; False when it had ended already.

        The bytes go first: cut short, a row is left that expires, and not bytes nobody knows of.
        They go once more at the end: an append may have begun the upload anew before its row ended.
        """
        self.hashes.forget(upload.id)
        await self._stores.blobs.discard(upload.id)
        ended = await self._stores.metadata.write(lambda t: t.uploads.end(upload.id), durable=False)
        await self._stores.blobs.discard(upload.id)
        return ended


def check_place(upload: UploadRecord, body: Body) -> None:
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
