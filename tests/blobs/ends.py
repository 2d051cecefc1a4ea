"""How uploads end: committed or discarded, once."""

import asyncio

import pytest

from entrepot.blobs.port import BlobStore
from entrepot.errors import BlobUnknown, UploadBusy, UploadUnknown
from entrepot.oci.digest import Digest
from tests.blobs.content import append, content, digests, push, staged

FIVE = [b"one ", b"two ", b"three ", b"four ", b"five"]
HELLO = Digest.of(b"hello")


class EndContract:
    def test_an_upload_ends_with_its_commit(self, store: BlobStore, run, upload):
        receipts = run(append(store, upload, [b"hel"]))

        async def scenario():
            staging = await store.stage(upload, 3, receipts)
            await staging.write([b"lo"])
            await staging.commit(HELLO)
            with pytest.raises(UploadUnknown):
                await store.stage(upload, 3, receipts)
            return await content(store, HELLO)

        assert run(scenario()) == b"hello"

    def test_an_upload_ends_with_its_discard(self, store: BlobStore, run, upload):
        receipts = run(append(store, upload, [b"hel"]))
        run(store.discard(upload))
        with pytest.raises(UploadUnknown):
            run(store.stage(upload, 3, receipts))

    def test_a_discarded_upload_cannot_be_committed(self, store: BlobStore, run, upload):
        async def scenario():
            staging = await store.stage(upload, 0, [])
            await staging.write([b"hello"])
            await store.discard(upload)
            with pytest.raises(UploadUnknown):
                await staging.commit(HELLO)
            await staging.close()

        run(scenario())
        assert run(digests(store)) == []

    def test_a_commit_takes_no_other_writers_bytes(self, store: BlobStore, run, upload):
        async def scenario():
            staging = await store.stage(upload, 0, [])
            await staging.write([b"hello"])
            await store.discard(upload)
            later = await store.stage(upload, 0, [])
            await later.write([b"bye"])
            with pytest.raises(UploadUnknown):
                await staging.commit(HELLO)
            await staging.close()
            await later.commit(Digest.of(b"bye"))
            return await digests(store), await content(store, Digest.of(b"bye"))

        assert run(scenario()) == ([Digest.of(b"bye")], b"bye")

    def test_discarding_twice_or_nothing_is_harmless(
        self, store: BlobStore, run, upload, other_upload
    ):
        run(append(store, upload, [b"hello"]))
        for _ in range(2):
            run(store.discard(upload))
            run(store.discard(other_upload))

    def test_a_discard_leaves_other_uploads(self, store: BlobStore, run, upload, other_upload):
        receipts = run(append(store, upload, [b"hello"]))
        run(append(store, other_upload, [b"bye"]))
        run(store.discard(other_upload))
        assert run(staged(store, upload, receipts)) == b"hello"

    def test_a_discard_after_the_commit_is_harmless(self, store: BlobStore, run, upload):
        digest = run(push(store, upload, FIVE))
        run(store.discard(upload))
        assert run(content(store, digest)) == b"".join(FIVE)

    def test_the_same_content_twice(self, store: BlobStore, run, upload, other_upload):
        digest = run(push(store, upload, FIVE))
        assert run(push(store, other_upload, [b"".join(FIVE)])) == digest
        run(store.discard(upload))
        run(store.discard(other_upload))
        assert run(content(store, digest)) == b"".join(FIVE)
        assert run(digests(store)) == [digest]
        run(store.delete(digest))
        with pytest.raises(BlobUnknown):
            run(content(store, digest))

    def test_the_same_content_at_once(self, store: BlobStore, run, uploads):
        async def scenario():
            pushed = await asyncio.gather(*(push(store, each, [b"hel", b"lo"]) for each in uploads))
            return pushed, await content(store, HELLO)

        assert run(scenario()) == ([HELLO] * len(uploads), b"hello")

    def test_an_upload_of_what_was_put(self, store: BlobStore, run, upload):
        run(store.put(HELLO, b"hello"))
        run(push(store, upload, [b"hel", b"lo"]))
        assert run(content(store, HELLO)) == b"hello"
        assert run(digests(store)) == [HELLO]
        run(store.delete(HELLO))
        assert run(digests(store)) == []

    def test_a_put_of_what_was_uploaded(self, store: BlobStore, run, upload):
        run(push(store, upload, [b"hel", b"lo"]))
        run(store.put(HELLO, b"hello"))
        assert run(content(store, HELLO)) == b"hello"
        assert run(digests(store)) == [HELLO]

    def test_deleted_content_can_be_uploaded_again(
        self, store: BlobStore, run, upload, other_upload
    ):
        digest = run(push(store, upload, FIVE))
        assert run(content(store, digest)) == b"".join(FIVE)
        run(store.delete(digest))
        with pytest.raises(BlobUnknown):
            run(store.size(digest))
        run(push(store, other_upload, FIVE))
        assert run(content(store, digest)) == b"".join(FIVE)

    def test_closing_twice_gives_the_same_receipt(self, store: BlobStore, run, upload):
        async def scenario():
            staging = await store.stage(upload, 0, [])
            await staging.write([b"hello"])
            return await staging.close(), await staging.close()

        first, second = run(scenario())
        assert first == second

    def test_closing_after_a_commit_is_harmless(self, store: BlobStore, run, upload):
        async def scenario():
            staging = await store.stage(upload, 0, [])
            await staging.write([b"hello"])
            await staging.commit(HELLO)
            await staging.close()
            return await content(store, HELLO)

        assert run(scenario()) == b"hello"

    def test_a_put_takes_the_place_of_an_upload(self, store: BlobStore, run, upload, other_upload):
        receipts = run(append(store, upload, [b"hel"]))
        others = run(append(store, other_upload, [b"hello"]))
        run(store.put(HELLO, b"hello", upload=upload))
        assert run(content(store, HELLO)) == b"hello"
        with pytest.raises(UploadUnknown):
            run(store.stage(upload, 3, receipts))
        assert run(staged(store, other_upload, others)) == b"hello"

    def test_a_flush_keeps_the_bytes_and_the_upload(self, store: BlobStore, run, upload):
        async def scenario():
            staging = await store.stage(upload, 0, [])
            await staging.write([b"hello"])
            receipt = await staging.flush()
            with pytest.raises(UploadBusy):
                await store.stage(upload, 5, [receipt])
            assert await staging.close() == receipt
            return await staged(store, upload, [receipt])

        assert run(scenario()) == b"hello"
