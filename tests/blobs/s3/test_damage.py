"""What is told when a bucket does not hold what it should, or cannot be used."""

import asyncio
from dataclasses import replace

import obstore
import pytest
from obstore.exceptions import PermissionDeniedError

from entrepot.errors import BlobUnknown, StorageUnavailable, UploadUnknown
from entrepot.oci.digest import Digest
from tests.blobs.content import MIB, append, content, push, random_bytes
from tests.blobs.places import Bucket
from tests.blobs.s3.bucket import bucket, keys

HELLO = Digest.of(b"hello")
# A commit asks the bucket less often than this.
MANY_REQUESTS = 40


class TestDamage:
    def test_content_without_its_segment_is_unknown(self, place, store, run, upload):
        run(push(store, upload, [b"hel", b"lo"]))
        assert run(content(store, HELLO)) == b"hello"
        run(self.lose(place, upload))
        with pytest.raises(BlobUnknown):
            run(content(store, HELLO))
        with pytest.raises(BlobUnknown):
            run(content(place.store(), HELLO))

    def test_a_new_upload_replaces_damaged_content(self, place, store, run, upload, other_upload):
        run(push(store, upload, [b"hel", b"lo"]))
        run(self.lose(place, upload))
        run(push(store, other_upload, [b"hello"]))
        assert run(content(store, HELLO)) == b"hello"

    def test_an_upload_without_its_segment_is_unknown(self, place, store, run, upload):
        receipts = run(append(store, upload, [b"hel", b"lo"]))

        async def scenario():
            staging = await store.stage(upload, 5, receipts)
            await self.lose(place, upload)
            with pytest.raises(UploadUnknown):
                await staging.commit(HELLO)
            with pytest.raises(UploadUnknown):
                await store.stage(upload, 5, receipts)

        run(scenario())
        assert run(keys(place)) == {}

    async def lose(self, place: Bucket, upload: str) -> None:
        lost = [key for key in await keys(place, f"segments/{upload}") if "/00000-" in key]
        assert len(lost) == 1
        await obstore.delete_async(bucket(place), f"{place.prefix}/{lost[0]}")

    def test_a_cancelled_write_is_not_in_the_content(self, store, run, upload):
        async def scenario():
            staging = await store.stage(upload, 0, [])
            await staging.write([b"hel"])
            write = asyncio.ensure_future(staging.write([random_bytes(30 * MIB)]))
            await asyncio.sleep(0)
            write.cancel()
            with pytest.raises(asyncio.CancelledError):
                await write
            receipt = await staging.close()
            staging = await store.stage(upload, 3, [receipt])
            await staging.write([b"lo"])
            await staging.commit(HELLO)
            return await content(store, HELLO)

        assert run(scenario()) == b"hello"

    def test_a_wrong_key_is_told_by_a_ping(self, place, run):
        with pytest.raises(StorageUnavailable) as raised:
            run(replace(place, secret_key="wrong").store().ping())
        assert isinstance(raised.value.__cause__, PermissionDeniedError)

    def test_a_missing_bucket_is_told_by_a_ping(self, place, run):
        with pytest.raises(StorageUnavailable) as raised:
            run(replace(place, bucket="not-there").store().ping())
        assert isinstance(raised.value.__cause__, FileNotFoundError)
