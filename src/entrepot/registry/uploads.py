"""Uploads: bytes arrive in any number of requests, on any worker, and become a blob.

The row in the metadata tells how much of an upload counts; the store holds the bytes. The hash is
carried from request to request in memory, and computed anew from the stored bytes by a worker that
does not have it (`registry.unfinished`).
"""

from datetime import timedelta
from typing import Final

from entrepot.errors import ClientGone, DigestInvalid, TooManyUploads, UploadBusy, UploadUnknown
from entrepot.metadata.port import Transaction
from entrepot.model.records import UploadRecord
from entrepot.oci.digest import Digest
from entrepot.oci.names import namespace_of
from entrepot.registry import claims, pending, quotas, recovery
from entrepot.registry.claims import Claim
from entrepot.registry.hashes import Running
from entrepot.registry.receive import Body
from entrepot.registry.stores import Stores
from entrepot.registry.unfinished import WHOLE, Unfinished, check_place

_AT_ONCE: Final = 100
# Clients that are still there write again, or start anew, long before that.
_GIVEN_UP: Final = timedelta(hours=1)


class Uploads:
    """The uploads of one worker process."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores
        self._unfinished = Unfinished(stores)

    async def start(self, repository: str, algorithm: str, *, actor: str) -> UploadRecord:
        """A new, empty upload.

        QuotaExceeded where the namespace has no room for anything, TooManyUploads, StorageFull,
        StorageUnavailable.
        """
        self._stores.room.require()
        # Otherwise each retry would leave an upload behind that cannot be written.
        await self._stores.blobs.wait_until_available()
        now, quota = self._stores.clock(), self._stores.quota
        upload = UploadRecord(self._stores.ids(), repository, algorithm, now, actor, now)

        def work(t: Transaction) -> None:
            quotas.require_place(t, repository, quota)
            quotas.require_room(t, repository, 0, quota)
            pending.require_upload(t, self._stores, repository, actor)
            t.uploads.start(upload)

        async with quotas.telling(self._stores, repository, actor=actor):
            try:
                await self._stores.metadata.write(work, durable=False)
            except TooManyUploads:
                if not await self._make_way(repository, actor):
                    raise
                await self._stores.metadata.write(work, durable=False)
        return upload

    async def _make_way(self, repository: str, actor: str) -> bool:
        """Drop uploads that were probably given up, where there are too many; False if none was."""
        since, space = self._stores.clock() - _GIVEN_UP, namespace_of(repository)
        idle = await self._stores.metadata.read(
            lambda t: t.uploads.idle_of(space, pending.owner(actor), since, _AT_ONCE)
        )
        return any([await self._drop_unwritten(upload) for upload in idle])

    async def find(self, repository: str, key: str) -> UploadRecord:
        """The upload's row; UploadUnknown."""
        return await self._unfinished.find(repository, key)

    async def standing(self, repository: str, key: str) -> UploadRecord:
        """Return the upload as far as it can be continued or closed; UploadUnknown."""
        upload = await self.find(repository, key)
        try:
            here = await self._unfinished.continued(upload)
        except UploadUnknown:
            if await recovery.is_in_place(self._stores, upload):
                return upload
            if not upload.offset:
                # What was discarded and empty must not begin again.
                await self.drop(upload)
            raise
        await self._unfinished.verify(here)
        return here

    async def append(self, repository: str, key: str, body: Body) -> UploadRecord:
        """Add a request's bytes; what arrived of a request that broke off is kept as well.

        UploadUnknown, UploadBusy, UploadOutOfOrder, SizeMismatch, QuotaExceeded, StorageFull.
        """
        upload, staging = await self._unfinished.open(repository, key, body)
        try:
            running = await self._unfinished.hash(upload, upload.algorithm)
            gone: ClientGone | None = None
            try:
                await self._unfinished.receive(upload, body, staging, running)
            except ClientGone as error:
                gone = error
            # The lock is held until the row tells of these bytes: nobody else may write there.
            receipt = await staging.flush()
            after = await self._unfinished.advance(upload, receipt, running)
        finally:
            await staging.close()
        if gone is not None:
            raise gone
        return after

    async def finish(self, repository: str, key: str, body: Body, digest: Digest) -> int:
        """Add a request's bytes, and make all of them a blob of the repository; its length.

        Wrong bytes (DigestInvalid) end the upload: nothing of it can be used. A request that is
        repeated finds its blob in the repository, and is answered as the first one.
        """
        try:
            return await self._finish(repository, key, body, digest)
        except UploadUnknown:
            size = await self._stores.metadata.read(lambda t: t.blobs.size(repository, digest))
            if size is None:
                raise
            return size

    async def _finish(self, repository: str, key: str, body: Body, digest: Digest) -> int:
        if body.length is not None and body.length <= WHOLE:
            upload = await self.find(repository, key)
            if upload.offset == 0:
                return await self._finish_whole(upload, body, digest)
        try:
            upload, staging = await self._unfinished.open(repository, key, body, digest)
        except UploadUnknown:
            upload = await self.find(repository, key)
            return await self._finish_in_place(upload, body, digest)
        try:
            running = await self._unfinished.hash(upload, digest.algorithm)
            try:
                await self._unfinished.receive(upload, body, staging, running)
            except ClientGone:
                receipt = await staging.flush()
                if digest.algorithm == upload.algorithm:
                    await self._unfinished.advance(upload, receipt, running)
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

    async def _finish_in_place(self, upload: UploadRecord, body: Body, digest: Digest) -> int:
        """Finish an upload of which nothing but the finished content is left."""
        claim = await claims.claim(self._stores, digest)
        size = await recovery.proven_size(
            self._stores, self._unfinished.hashes, upload, body, digest
        )
        if size is None:
            await self.drop(upload)
            raise UploadUnknown
        await self._link(upload, claim, size)
        return size

    async def _finish_whole(self, upload: UploadRecord, body: Body, digest: Digest) -> int:
        """Finish an empty upload with content small enough to be checked before it is stored."""
        check_place(upload, body)
        await self._unfinished.require_room(upload, body, digest)
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

    async def drop(self, upload: UploadRecord) -> bool:
        """End an upload and drop its bytes; False when it had ended already."""
        return await self._unfinished.drop(upload)

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
            return await self._unfinished.drop(upload)
        try:
            now = await self._stores.metadata.read(lambda t: t.uploads.get(upload.id))
            return now == upload and await self._unfinished.drop(upload)
        finally:
            await staging.close()

    async def _link(self, upload: UploadRecord, claim: Claim, size: int) -> None:
        now = self._stores.clock()

        def work(t: Transaction) -> None:
            if not t.uploads.end(upload.id):
                raise UploadUnknown
            quotas.require_place(t, upload.repository, self._stores.quota)
            t.blobs.link(upload.repository, claim.digest, size, at=now)

        await claims.name(self._stores, claim, work)
