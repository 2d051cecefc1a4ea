"""What a store promises whose bytes outlive the process, and are shared by several."""

import signal

import pytest

from entrepot.blobs.port import BlobStore
from entrepot.errors import BlobUnknown, UploadUnknown
from entrepot.oci.digest import Digest
from tests.blobs import dying
from tests.blobs.content import MIB, append, content, digests, push, random_bytes, staged
from tests.blobs.places import Bucket, Folder

HELLO = Digest.of(b"hello")


class DurableContract:
    @pytest.fixture
    def place(self) -> Folder | Bucket:
        raise NotImplementedError

    @pytest.fixture
    def store(self, place: Folder | Bucket) -> BlobStore:
        return place.store()

    @pytest.fixture
    def elsewhere(self, place: Folder | Bucket, store: BlobStore) -> BlobStore:
        """The same place, as another process or a later one sees it."""
        return place.store()

    def test_finished_content_is_seen_elsewhere(self, store, elsewhere, run, upload):
        digest = run(push(store, upload, [b"hel", b"lo"]))
        run(store.put(Digest.of(b"small"), b"small"))
        assert run(content(elsewhere, digest)) == b"hello"
        assert run(content(elsewhere, Digest.of(b"small"))) == b"small"
        assert run(digests(elsewhere)) == sorted([digest, Digest.of(b"small")], key=str)

    def test_an_upload_goes_on_elsewhere(self, store, elsewhere, run, upload):
        receipts = run(append(store, upload, [b"h", b"el"]))
        assert run(staged(elsewhere, upload, receipts)) == b"hel"

        async def scenario():
            staging = await elsewhere.stage(upload, 3, receipts)
            await staging.write([b"lo"])
            await staging.commit(HELLO)

        run(scenario())
        assert run(content(store, HELLO)) == b"hello"

    def test_a_deletion_elsewhere_is_noticed(self, store, elsewhere, run, upload):
        digest = run(push(store, upload, [b"hel", b"lo"]))
        run(store.put(Digest.of(b"small"), b"small"))
        for each in (digest, Digest.of(b"small")):
            assert run(content(store, each))
            run(elsewhere.delete(each))
            with pytest.raises(BlobUnknown):
                run(content(store, each))
            with pytest.raises(BlobUnknown):
                run(content(store, each, 0, 0))
            with pytest.raises(BlobUnknown):
                run(store.size(each))

    def test_a_return_elsewhere_is_noticed(self, store, elsewhere, run, upload, other_upload):
        digest = run(push(store, upload, [b"hel", b"lo"]))
        assert run(content(store, digest)) == b"hello"
        run(elsewhere.delete(digest))
        run(push(elsewhere, other_upload, [b"h", b"ello"]))
        assert run(content(store, digest)) == b"hello"

    def test_a_discard_elsewhere_is_noticed(self, store, elsewhere, run, upload):
        receipts = run(append(store, upload, [b"hel"]))

        async def scenario():
            staging = await store.stage(upload, 3, receipts)
            await staging.write([b"lo"])
            await elsewhere.discard(upload)
            with pytest.raises(UploadUnknown):
                await staging.commit(HELLO)
            await staging.close()

        run(scenario())
        assert run(digests(store)) == []

    @pytest.mark.parametrize("recorded", [[], [b"hel"], [b"h", b"el"]])
    def test_a_killed_writer_loses_only_what_had_no_receipt(
        self, place, store, run, upload, recorded
    ):
        receipts = run(append(store, upload, recorded))
        offset = sum(map(len, recorded))
        orders = dying.orders(place, upload, b"lost", receipts=receipts, offset=offset)
        assert dying.obey(orders) == -signal.SIGKILL

        async def scenario():
            staging = await store.stage(upload, offset, receipts)
            await staging.write([b"hello"[offset:]])
            await staging.commit(HELLO)
            return await content(store, HELLO)

        assert run(scenario()) == b"hello"

    def test_a_killed_writers_large_upload_can_be_discarded(self, place, store, run, upload):
        orders = dying.orders(place, upload, random_bytes(12 * MIB))
        assert dying.obey(orders) == -signal.SIGKILL
        run(store.discard(upload))
        with pytest.raises(UploadUnknown):
            run(store.stage(upload, 12 * MIB, []))
