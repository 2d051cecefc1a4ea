"""What every blob store promises about unfinished content, and how it becomes finished."""

import asyncio

import pytest

from entrepot.blobs.port import BlobStore, Standing
from entrepot.errors import BlobUnknown, UploadBusy, UploadUnknown
from entrepot.oci.digest import Digest
from tests.blobs.content import MIB, append, content, digests, push, random_bytes, staged

FIVE = [b"one ", b"two ", b"three ", b"four ", b"five"]
HELLO = Digest.of(b"hello")


class UploadContract:
    def test_an_upload_in_one_go(self, store: BlobStore, run, upload):
        digest = run(push(store, upload, [b"hello"]))
        assert run(content(store, digest)) == b"hello"
        assert run(store.size(digest)) == 5
        assert run(digests(store)) == [digest]

    def test_an_upload_of_nothing(self, store: BlobStore, run, upload):
        digest = run(push(store, upload, [b""]))
        assert run(store.size(digest)) == 0
        assert run(content(store, digest)) == b""
        assert run(digests(store)) == [digest]
        run(store.delete(digest))
        assert run(digests(store)) == []

    def test_chunks_keep_their_order(self, store: BlobStore, run, upload):
        async def scenario():
            staging = await store.stage(upload, 0, [])
            await staging.write([b"h", b"", b"el"])
            await staging.write([])
            await staging.write([b"lo"])
            await staging.commit(HELLO)
            return await content(store, HELLO)

        assert run(scenario()) == b"hello"

    def test_several_small_stages(self, store: BlobStore, run, upload):
        digest = run(push(store, upload, FIVE))
        assert run(content(store, digest)) == b"".join(FIVE)

    def test_every_range_of_an_upload_in_stages(self, store: BlobStore, run, upload):
        whole = b"".join(FIVE)
        digest = run(push(store, upload, FIVE))

        async def scenario():
            for start in range(len(whole) + 1):
                for end in range(start, len(whole) + 1):
                    part = await content(store, digest, start, end - start)
                    assert part == whole[start:end]

        run(scenario())

    def test_a_large_upload_in_many_writes(self, store: BlobStore, run, upload):
        whole = random_bytes(20 * MIB)
        digest = Digest.of(whole)

        async def scenario():
            staging = await store.stage(upload, 0, [])
            for at in range(0, len(whole), 300_000):
                await staging.write([whole[at : at + 300_000]])
            await staging.commit(digest)
            assert (
                await content(store, digest, 7 * MIB - 3, 7 * MIB)
                == whole[7 * MIB - 3 :][: 7 * MIB]
            )
            return await content(store, digest)

        assert run(scenario()) == whole

    def test_large_and_small_stages(self, store: BlobStore, run, upload):
        parts = [random_bytes(6 * MIB), b"small", random_bytes(11 * MIB, 2), b"", b"end"]
        digest = run(push(store, upload, parts))
        assert run(content(store, digest)) == b"".join(parts)
        assert run(store.size(digest)) == sum(map(len, parts))

    def test_a_sha512_upload(self, store: BlobStore, run, upload):
        digest = run(push(store, upload, FIVE, "sha512"))
        assert run(content(store, digest)) == b"".join(FIVE)
        assert run(digests(store)) == [digest]

    def test_unfinished_content_is_not_content(self, store: BlobStore, run, upload):
        run(append(store, upload, [b"hello"]))
        assert run(digests(store)) == []
        with pytest.raises(BlobUnknown):
            run(store.size(HELLO))

    def test_what_is_staged_can_be_read(self, store: BlobStore, run, upload):
        receipts = run(append(store, upload, FIVE))
        assert run(staged(store, upload, receipts)) == b"".join(FIVE)

    def test_a_new_upload_holds_nothing(self, store: BlobStore, run, upload):
        assert run(staged(store, upload, [])) == b""

    def test_a_stage_may_write_nothing(self, store: BlobStore, run, upload):
        receipts = run(append(store, upload, [b"", b"hel", b""]))

        async def scenario():
            staging = await store.stage(upload, 3, receipts)
            await staging.write([b"lo"])
            await staging.commit(HELLO)
            return await content(store, HELLO)

        assert run(scenario()) == b"hello"

    def test_bytes_without_a_receipt_are_dropped(self, store: BlobStore, run, upload):
        receipts = run(append(store, upload, [b"hel"]))

        async def scenario():
            lost = await store.stage(upload, 3, receipts)
            await lost.write([b"p me, I am longer"])
            await lost.close()
            staging = await store.stage(upload, 3, receipts)
            before = await staged(store, upload, receipts)
            await staging.write([b"lo"])
            await staging.commit(HELLO)
            return before, await content(store, HELLO)

        before, after = run(scenario())
        assert before.startswith(b"hel")
        assert after == b"hello"

    def test_dropped_bytes_are_not_in_a_commit_without_a_write(self, store: BlobStore, run, upload):
        receipts = run(append(store, upload, [b"hello"]))

        async def scenario():
            lost = await store.stage(upload, 5, receipts)
            await lost.write([b" and more"])
            await lost.close()
            staging = await store.stage(upload, 5, receipts)
            await staging.commit(HELLO)
            return await content(store, HELLO), await store.size(HELLO)

        assert run(scenario()) == (b"hello", 5)

    def test_an_upload_can_start_over(self, store: BlobStore, run, upload):
        run(append(store, upload, [b"something else"]))
        assert run(content(store, run(push(store, upload, [b"hello"])))) == b"hello"

    def test_one_writer_at_a_time(self, store: BlobStore, run, upload):
        async def scenario():
            staging = await store.stage(upload, 0, [])
            with pytest.raises(UploadBusy):
                await store.stage(upload, 0, [])
            await staging.write([b"hello"])
            with pytest.raises(UploadBusy):
                await store.stage(upload, 0, [])
            await staging.commit(HELLO)
            return await content(store, HELLO)

        assert run(scenario()) == b"hello"

    def test_of_many_writers_at_once_one_gets_in(self, store: BlobStore, run, upload):
        async def scenario():
            attempts = (store.stage(upload, 0, []) for _ in range(6))
            return await asyncio.gather(*attempts, return_exceptions=True)

        results = run(scenario())
        assert [type(each) for each in results].count(UploadBusy) == 5

    def test_a_failed_stage_leaves_the_upload_free(self, store: BlobStore, run, upload):
        receipts = run(append(store, upload, [b"hel"]))
        with pytest.raises(UploadUnknown):
            run(store.stage(upload, 4, receipts))
        run(store.stage(upload, 3, receipts))

    def test_two_uploads_do_not_mix(self, store: BlobStore, run, upload, other_upload):
        async def scenario():
            one, two = await store.stage(upload, 0, []), await store.stage(other_upload, 0, [])
            for chunk in (b"a", b"b", b"c"):
                await one.write([chunk])
                await two.write([chunk.upper()])
            await two.commit(Digest.of(b"ABC"))
            await one.commit(Digest.of(b"abc"))
            return await content(store, Digest.of(b"abc")), await content(store, Digest.of(b"ABC"))

        assert run(scenario()) == (b"abc", b"ABC")

    def test_an_unknown_upload_cannot_go_on(self, store: BlobStore, run, upload):
        with pytest.raises(UploadUnknown):
            run(store.stage(upload, 5, []))

    def test_an_upload_stands_where_its_receipts_end(self, store: BlobStore, run, upload):
        assert run(store.standing(upload, 0, [])) == Standing(0)
        assert run(store.standing(upload, 5, [])) is None
        receipts = run(append(store, upload, FIVE))
        length = len(b"".join(FIVE))
        assert run(store.standing(upload, length, receipts)) == Standing(length, tuple(receipts))

    def test_a_finished_or_discarded_upload_stands_nowhere(
        self, store: BlobStore, run, upload, other_upload
    ):
        for name, end in ((upload, _commit), (other_upload, _discard)):
            receipts = run(append(store, name, [b"hello"]))
            run(end(store, name, receipts))
            assert run(store.standing(name, 5, receipts)) is None

    @pytest.mark.parametrize("earlier", [b"", b"hel"])
    def test_what_is_dropped_is_as_if_it_was_never_written(
        self, store: BlobStore, run, upload, earlier
    ):
        receipts = run(append(store, upload, [earlier]) if earlier else _nothing())

        async def scenario():
            staging = await store.stage(upload, len(earlier), receipts)
            await staging.write([random_bytes(3 * MIB)])
            await staging.drop()
            assert not await staging.close()
            assert await staged(store, upload, receipts) == earlier
            staging = await store.stage(upload, len(earlier), receipts)
            await staging.write([b"hello"[len(earlier) :]])
            await staging.commit(HELLO)
            return await content(store, HELLO)

        assert run(scenario()) == b"hello"


async def _nothing():
    return []


async def _commit(store, upload, receipts):
    await (await store.stage(upload, 5, receipts)).commit(HELLO)


async def _discard(store, upload, receipts):
    await store.discard(upload)
