"""The blob store in a bucket of Ceph's S3 gateway."""

import asyncio
import signal
import uuid
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import httpx
import obstore
import pytest
from obstore.exceptions import PermissionDeniedError

from entrepot.blobs import segments
from entrepot.blobs.port import Redirects
from entrepot.blobs.s3 import S3Blobs, open_s3
from entrepot.blobs.segments import Ending, Segment
from entrepot.errors import BlobUnknown, UploadUnknown
from entrepot.oci.digest import Digest
from tests.blobs import dying, streaming
from tests.blobs.content import MIB, append, content, digests, push, random_bytes
from tests.blobs.contract import DurableBlobStoreContract
from tests.blobs.places import Bucket
from tests.blobs.relay import Relay, relaying
from tests.programs.ceph import ceph

HELLO = Digest.of(b"hello")
# A commit asks the bucket less often than this.
MANY_REQUESTS = 40


@pytest.fixture(scope="module")
def gateway(tmp_path_factory) -> Iterator[Bucket]:
    with ceph(tmp_path_factory.mktemp("ceph")) as running:
        yield Bucket(
            running.bucket, running.endpoint, running.access_key, running.secret_key, prefix=""
        )


@pytest.fixture
def place(gateway: Bucket) -> Bucket:
    return replace(gateway, prefix=f"tests/{uuid.uuid4()}")


@pytest.fixture
def store(place: Bucket) -> S3Blobs:
    return place.store()


async def keys(place: Bucket, below: str = "") -> dict[str, tuple[int, object, object]]:
    """What stands in the bucket: each key's length, entity tag and date."""
    folder = f"{place.prefix}/{below}"
    found = await obstore.list(bucket(place), folder).collect_async()
    return {
        each["path"].removeprefix(f"{place.prefix}/"): (
            each["size"],
            each["e_tag"],
            each["last_modified"],
        )
        for each in found
    }


def bucket(place: Bucket) -> obstore.store.S3Store:
    return open_s3(
        bucket=place.bucket,
        endpoint=place.endpoint,
        access_key=place.access_key,
        secret_key=place.secret_key,
        allow_http=True,
    )


async def write(place: Bucket, key: str, content: bytes) -> None:
    await obstore.put_async(bucket(place), key, content)


def object_key(receipt: str) -> str:
    return Segment.parse(receipt).key


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

    def test_a_small_stage_is_one_request(self, place, run, upload):
        async def scenario():
            async with relaying(place.endpoint) as relay:
                await append(replace(place, endpoint=relay.url).store(), upload, [b"hello"])
                return relay.requests

        assert [each.method for each in run(scenario())] == ["PUT"]

    def test_a_deleted_blob_leaves_nothing(self, place, store, run, uploads):
        for each in uploads:
            run(push(store, each, [b"hel", b"lo"]))
        run(push(store, str(uuid.uuid4()), [b""]))
        run(store.put(HELLO, b"hello"))
        run(store.delete(HELLO))
        run(store.delete(Digest.of(b"")))
        assert run(keys(place)) == {}

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


class TestEndings:
    def test_of_many_commits_at_once_one_wins(self, place, store, run, upload):
        receipts = run(append(store, upload, [b"hel"]))

        async def one() -> bool:
            staging = await place.store().stage(upload, 3, receipts)
            await staging.write([b"lo"])
            try:
                await staging.commit(HELLO)
            except UploadUnknown:
                return False
            return True

        async def scenario():
            return await asyncio.gather(*(one() for _ in range(8)), return_exceptions=True)

        results = run(scenario())
        assert results.count(True) == 1
        assert run(content(store, HELLO)) == b"hello"
        assert len(run(keys(place, f"segments/{upload}"))) == 3

    def test_commits_and_discards_at_once_leave_all_or_nothing(self, place, store, run, uploads):
        async def commit(upload: str, receipts: list[str], digest: Digest) -> bool:
            try:
                staging = await store.stage(upload, 1, receipts)
                await staging.commit(digest)
            except UploadUnknown:
                return False
            return True

        async def scenario():
            for number, upload in enumerate(uploads):
                letter = bytes([65 + number])
                receipts = await append(store, upload, [letter])
                committed, *_ = await asyncio.gather(
                    commit(upload, receipts, Digest.of(letter)),
                    place.store().discard(upload),
                    place.store().discard(upload),
                )
                if committed:
                    assert await content(store, Digest.of(letter)) == letter
                else:
                    assert Digest.of(letter) not in await digests(store)
                    assert await keys(place, f"segments/{upload}") == {}

        run(scenario())

    def test_a_commit_that_died_half_way_is_finished_by_a_discard(self, place, store, run, upload):
        receipts = run(append(store, upload, [b"hel", b"lo"]))
        ending = Ending("the dead", HELLO, segments.parse_receipts(receipts))
        key = f"{place.prefix}/{segments.ended_key(segments.folder(upload))}"
        run(write(place, key, ending.text.encode()))
        with pytest.raises(UploadUnknown):
            run(store.stage(upload, 5, receipts))
        run(store.discard(upload))
        assert run(content(store, HELLO)) == b"hello"

    def test_a_discard_that_died_half_way_is_finished_by_the_next(self, place, store, run, upload):
        receipts = run(append(store, upload, [b"hel", b"lo"]))
        key = f"{place.prefix}/{segments.ended_key(segments.folder(upload))}"
        run(write(place, key, Ending("the dead").text.encode()))
        with pytest.raises(UploadUnknown):
            run(store.stage(upload, 5, receipts))
        run(store.discard(upload))
        assert run(keys(place)) == {}

    def test_a_commit_killed_at_any_request_leaves_all_or_nothing(self, gateway, run, upload):
        async def scenario():
            seen, status = set(), None
            for last in range(1, MANY_REQUESTS):
                place = replace(gateway, prefix=f"tests/{uuid.uuid4()}")
                status = await self.killed_at(place, upload, last)
                assert status in {0, -signal.SIGKILL}
                seen.add(await self.after(place, upload))
                if status == 0:
                    break
            return seen, status

        assert run(scenario()) == ({"nothing", "all"}, 0)

    async def killed_at(self, place: Bucket, upload: str, last: int) -> int:
        async with relaying(place.endpoint) as relay:
            child = await asyncio.create_subprocess_exec(
                *dying.ARGV, stdin=asyncio.subprocess.PIPE, cwd=dying.ROOT
            )

            def passes(relay: Relay) -> bool:
                if len(relay.requests) == last:
                    child.kill()
                return len(relay.requests) < last

            relay.passes = passes
            there = replace(place, endpoint=relay.url)
            await child.communicate(dying.orders(there, upload, b"hello", digest=HELLO))
            return await child.wait()

    async def after(self, place: Bucket, upload: str) -> str:
        """What the next process finds, once it has dropped the upload that it knows of."""
        store = place.store()
        before = await digests(store)
        await store.discard(upload)
        if not await digests(store):
            assert before == []
            assert await keys(place) == {}
            return "nothing"
        assert await content(store, HELLO) == b"hello"
        await store.delete(HELLO)
        assert await keys(place) == {}
        return "all"


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
        with pytest.raises(PermissionDeniedError):
            run(replace(place, secret_key="wrong").store().ping())

    def test_a_missing_bucket_is_told_by_a_ping(self, place, run):
        with pytest.raises(FileNotFoundError):
            run(replace(place, bucket="not-there").store().ping())


class TestRedirects:
    @pytest.fixture
    def redirects(self, place: Bucket) -> Redirects:
        return place.store(redirect=True)

    def test_anyone_may_get_the_content(self, store, redirects, run, upload):
        run(push(store, upload, [b"hello"]))
        run(store.put(Digest.of(b"small"), b"small"))
        for whole in (b"hello", b"small"):
            url = run(redirects.url(Digest.of(whole)))
            assert httpx.get(url).content == whole
            part = httpx.get(url, headers={"Range": "bytes=1-2"})
            assert (part.status_code, part.content) == (206, whole[1:3])

    def test_the_address_is_good_for_minutes(self, store, redirects, run):
        run(store.put(HELLO, b"hello"))
        url = run(redirects.url(HELLO))
        lifetime = int(parse_qs(urlsplit(url).query)["X-Amz-Expires"][0])
        assert 60 <= lifetime <= 3600
        assert httpx.get(url.split("?")[0]).status_code == 403

    def test_content_in_several_segments_has_no_address(self, store, redirects, run, upload):
        run(push(store, upload, [b"hel", b"lo"]))
        assert run(redirects.url(HELLO)) is None

    def test_empty_uploads_have_no_address(self, store, redirects, run, upload):
        run(push(store, upload, [b""]))
        assert run(redirects.url(Digest.of(b""))) is None

    def test_a_segment_with_a_tail_has_no_address(self, store, redirects, run, upload):
        receipts = run(append(store, upload, [b"hello, and a tail"]))
        cut = replace(Segment.parse(receipts[0]), length=5)

        async def scenario():
            staging = await store.stage(upload, 5, [cut.text])
            await staging.commit(HELLO)

        run(scenario())
        assert run(redirects.url(HELLO)) is None
        assert run(content(store, HELLO)) == b"hello"

    def test_unknown_content_has_no_address(self, redirects, run):
        with pytest.raises(BlobUnknown):
            run(redirects.url(HELLO))

    def test_redirects_are_off_unless_asked_for(self, store, run):
        run(store.put(HELLO, b"hello"))
        assert run(store.url(HELLO)) is None


class TestMemory:
    def test_a_stream_does_not_fill_the_memory(self, place):
        assert streaming.growth(place) < streaming.LENGTH // 3
