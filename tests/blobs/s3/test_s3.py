"""The blob store in a bucket of Ceph's S3 gateway."""

import itertools
import uuid
from contextlib import suppress
from dataclasses import replace

import pytest

from entrepot.blobs import segments
from entrepot.blobs.objects import Objects
from entrepot.blobs.s3 import S3Blobs
from entrepot.errors import BlobUnknown
from entrepot.oci.digest import Digest
from tests.blobs import streaming
from tests.blobs.content import MIB, append, content, digests, push, random_bytes
from tests.blobs.contract import DurableBlobStoreContract
from tests.blobs.places import Bucket
from tests.blobs.relay import relaying
from tests.blobs.s3.bucket import keys, object_key, write

HELLO = Digest.of(b"hello")
# A commit asks the bucket less often than this.
MANY_REQUESTS = 40


class Died(BaseException):
    """The process ends here."""


def dying_after(calls: int):
    """Removals that end the process after so many of them."""
    left = itertools.count(calls, -1)
    remove = Objects.remove

    async def dying(objects: Objects, keys) -> None:
        if next(left) == 0:
            raise Died
        await remove(objects, keys)

    return dying


class TestS3Blobs(DurableBlobStoreContract):
    @pytest.fixture
    def place(self, place: Bucket) -> Bucket:
        return place

    @pytest.fixture
    def store(self, store: S3Blobs) -> S3Blobs:
        return store


class TestObjects:
    def test_small_content_is_one_object_where_docker_keeps_it(self, place, store, run):
        run(store.put(HELLO, b"hello"))
        address = f"docker/registry/v2/blobs/sha256/{HELLO.hex[:2]}/{HELLO.hex}/data"
        assert list(run(keys(place))) == [address]

    def test_committed_bytes_stay_where_they_were_uploaded(self, place, store, run, upload):
        parts = [random_bytes(6 * MIB), b"small"]
        receipts = run(append(store, upload, parts))
        before = run(keys(place))
        assert sorted(before) == sorted(map(object_key, receipts))

        async def scenario():
            staging = await store.stage(upload, sum(map(len, parts)), receipts)
            await staging.commit(Digest.of(b"".join(parts)))

        run(scenario())
        after = run(keys(place))
        assert {key: after[key] for key in before} == before
        assert all(length < 1000 for key, (length, *_) in after.items() if key not in before)

    def test_nothing_is_copied_or_sent_twice(self, place, run, upload):
        parts = [random_bytes(12 * MIB), random_bytes(MIB, 2), b"end"]

        async def scenario():
            async with relaying(place.endpoint) as relay:
                store = replace(place, endpoint=relay.url).store()
                await push(store, upload, parts)
                return relay.requests

        requests = run(scenario())
        assert not [each for each in requests if "x-amz-copy-source" in each.headers]
        sent = sum(each.length for each in requests)
        assert 0 <= sent - sum(map(len, parts)) < 10_000

    def test_a_small_stage_is_a_look_and_one_request(self, place, run, upload):
        async def scenario():
            async with relaying(place.endpoint) as relay:
                await append(replace(place, endpoint=relay.url).store(), upload, [b"hello"])
                return relay.requests

        # What a commit or a discard that was cut short left is looked for first.
        assert [each.method for each in run(scenario())] == ["GET", "PUT"]

    def test_a_deleted_blob_leaves_nothing(self, place, store, run, uploads):
        for each in uploads:
            run(push(store, each, [b"hel", b"lo"]))
        run(push(store, str(uuid.uuid4()), [b""]))
        run(store.put(HELLO, b"hello"))
        run(store.delete(HELLO))
        run(store.delete(Digest.of(b"")))
        assert run(keys(place)) == {}

    @pytest.mark.parametrize("calls", range(5))
    def test_a_removal_that_was_cut_short_is_gone_on_with(
        self, *, place, store, run, upload, calls, monkeypatch
    ):
        """Whatever was removed before: nothing is left that nobody would find again."""
        receipts = run(append(store, upload, [b"hel"]))

        async def scenario():
            staging = await store.stage(upload, 3, receipts)
            await staging.write([b"lo"])
            await staging.commit(HELLO)
            await store.put(HELLO, b"hello")

        run(scenario())
        with monkeypatch.context() as patch:
            patch.setattr(Objects, "remove", dying_after(calls))
            with suppress(Died):
                run(store.delete(HELLO))
        if run(keys(place)):
            assert run(digests(store)) == [HELLO]
        run(store.delete(HELLO))
        assert run(keys(place)) == {}

    @pytest.mark.parametrize("calls", range(5))
    def test_content_comes_back_after_a_removal_that_was_cut_short(
        self, *, place, store, run, uploads, calls, monkeypatch
    ):
        run(push(store, uploads[0], [b"hel", b"lo"]))
        with monkeypatch.context() as patch:
            patch.setattr(Objects, "remove", dying_after(calls))
            with suppress(Died):
                run(store.delete(HELLO))
        if calls % 2:
            run(store.put(HELLO, b"hello"))
        else:
            run(push(store, uploads[1], [b"hell", b"o"]))
        for each in (store, place.store()):
            assert run(content(each, HELLO)) == b"hello"
            assert run(each.size(HELLO)) == 5

    def test_a_bucket_may_be_shared_with_docker(self, place, store, run):
        run(write(place, f"{place.prefix}/{segments.DOCKER}web/_layers/x", b""))
        assert run(store.is_shared())

    def test_a_discarded_upload_leaves_nothing(self, place, store, run, upload):
        run(append(store, upload, [b"hel", random_bytes(6 * MIB)]))
        run(store.discard(upload))
        assert run(keys(place)) == {}

    def test_content_that_is_here_is_not_kept_twice(self, place, store, run, upload, other_upload):
        run(push(store, upload, [b"hel", b"lo"]))
        run(push(store, other_upload, [b"hel", b"lo"]))
        assert run(keys(place, f"segments/{other_upload}")) == {}
        assert run(content(store, HELLO)) == b"hello"

    def test_what_losing_writers_left_goes_with_the_commit(self, place, store, run, upload):
        receipts = run(append(store, upload, [b"hel"]))

        async def scenario():
            for _ in range(3):
                lost = await store.stage(upload, 3, receipts)
                await lost.write([b"lost"])
                await lost.close()
            staging = await store.stage(upload, 3, receipts)
            await staging.write([b"lo"])
            await staging.commit(HELLO)

        run(scenario())
        lengths = [length for length, *_ in run(keys(place, f"segments/{upload}")).values()]
        assert sorted(lengths)[:2] == [2, 3]
        assert len(lengths) == 3
        assert run(content(store, HELLO)) == b"hello"

    def test_strange_keys_are_no_content(self, place, store, run):
        run(write(place, f"{place.prefix}/{segments.BLOBS}sha256/aa/x", b""))
        run(store.put(HELLO, b"hello"))
        assert run(digests(store)) == [HELLO]

    def test_two_prefixes_share_nothing(self, place, store, run, upload):
        run(push(store, upload, [b"hello"]))
        neighbour = replace(place, prefix=f"{place.prefix}-neighbour").store()
        assert run(digests(neighbour)) == []
        with pytest.raises(BlobUnknown):
            run(neighbour.size(HELLO))

    def test_a_store_may_own_the_whole_bucket(self, place, run, upload):
        store = replace(place, prefix="").store()
        digest = run(push(store, upload, [uuid.uuid4().bytes]))
        assert digest in run(digests(store))
        run(store.delete(digest))
        assert digest not in run(digests(store))


class TestMemory:
    def test_a_stream_does_not_fill_the_memory(self, place):
        assert streaming.growth(place) < streaming.LENGTH // 3
