"""What is part of no image yet is bounded, however it comes, and is given back at once."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from entrepot.errors import (
    ClientGone,
    DigestInvalid,
    QuotaExceeded,
    SizeMismatch,
    UploadUnknown,
)
from entrepot.model.quota import PendingLimits, Quota
from entrepot.oci.digest import Digest
from entrepot.registry.gc.collect import Collector
from entrepot.registry.mount import mount
from entrepot.registry.pending import Room
from entrepot.registry.receive import Body
from entrepot.registry.stores import Stores
from entrepot.registry.uploads import Uploads
from entrepot.wire.ranges import Span
from tests.registry.bodies import body, broken, stream
from tests.registry.place import Place
from tests.registry.pushes import (
    ELSEWHERE,
    MIB,
    REPOSITORY,
    image,
    kinds,
    push,
    push_blob,
    push_image,
    random_bytes,
    readable,
)

QUOTA = 4 * MIB
# What one request may bring before it is counted.
SLACK = MIB


@pytest.fixture
def stores(place: Place) -> Stores:
    return replace(place.stores(), quota=Quota(QUOTA))


def pending(stores: Stores, run, namespace: str = "alice") -> int:
    return int(run(stores.metadata.read(lambda t: t.quotas.pending(namespace))).bytes)


def started(uploads: Uploads, run, repository: str = REPOSITORY) -> str:
    return str(run(uploads.start(repository, "sha256", actor="alice")).id)


def stored(place: Place) -> int:
    """The bytes in the folder of the store, whatever they are."""
    return sum(path.stat().st_size for path in place.root.rglob("*") if _is_content(path))


def _is_content(path) -> bool:
    return path.is_file() and ("uploads" in path.parts or "docker" in path.parts)


async def endless(taken: list[int]) -> AsyncIterator[bytes]:
    """A body that ends only with the patience of the registry."""
    for _ in range(1000):
        taken.append(64 * 1024)
        yield bytes(64 * 1024)


def test_small_pieces_fill_a_quota_and_no_more(uploads, stores, place, run) -> None:
    key, piece = started(uploads, run), random_bytes(MIB)
    for _ in range(4):
        run(uploads.append(REPOSITORY, key, body(piece)))
    with pytest.raises(QuotaExceeded, match=r"alice has 4\.19 MB of at most 4\.19 MB .*DELETE"):
        run(uploads.append(REPOSITORY, key, body(piece)))
    assert (pending(stores, run), stored(place)) == (QUOTA, QUOTA)
    run(uploads.cancel(REPOSITORY, key))
    assert (pending(stores, run), stored(place)) == (0, 0)
    run(push_blob(stores, piece))


@pytest.mark.parametrize("closing", [False, True], ids=["append", "finish"])
def test_a_body_of_no_length_is_stopped_on_its_way(uploads, stores, place, run, closing) -> None:
    key = started(uploads, run)
    taken: list[int] = []
    bringing = Body(endless(taken))
    attempt = (
        uploads.finish(REPOSITORY, key, bringing, Digest.of(b"x"))
        if closing
        else uploads.append(REPOSITORY, key, bringing)
    )
    with pytest.raises(QuotaExceeded):
        run(attempt)
    assert QUOTA - SLACK <= sum(taken) <= QUOTA + SLACK
    assert (pending(stores, run), stored(place)) == (0, 0)
    assert run(uploads.append(REPOSITORY, key, stream(b"hello"))).offset == 5


def test_a_body_longer_than_its_place_is_stopped_there(uploads, stores, place, run) -> None:
    key = started(uploads, run)
    taken: list[int] = []
    with pytest.raises(SizeMismatch):
        run(uploads.append(REPOSITORY, key, Body(endless(taken), Span(0, 10))))
    assert len(taken) == 1
    assert (pending(stores, run), stored(place)) == (0, 0)


def test_what_broke_off_is_counted(uploads, stores, run) -> None:
    key = started(uploads, run)
    with pytest.raises(ClientGone):
        run(uploads.append(REPOSITORY, key, broken(bytes(3 * MIB), announced=QUOTA)))
    assert pending(stores, run) == 3 * MIB


def test_blobs_that_no_manifest_names_fill_a_quota(uploads, stores, place, run) -> None:
    for number in range(4):
        run(push_blob(stores, random_bytes(MIB, number)))
    with pytest.raises(QuotaExceeded):
        run(push_blob(stores, b"one more"))
    assert stored(place) == QUOTA
    run(push_blob(stores, random_bytes(MIB, 1), "alice/other"))


def test_a_refused_blob_leaves_nothing(stores, place, run) -> None:
    run(push_blob(stores, random_bytes(QUOTA)))
    for number in range(3):
        with pytest.raises(QuotaExceeded):
            run(push_blob(stores, random_bytes(1000, number)))
    assert len(place.finished()) == 1


def test_a_refused_manifest_leaves_nothing(stores, place, run) -> None:
    run(push_image(stores, random_bytes(QUOTA - 2000)))
    run(push_blob(stores, random_bytes(1800)))
    before = place.finished()
    for number in range(3):
        manifest = image(b"{}", random_bytes(1800), annotations={"n": str(number)})
        with pytest.raises(QuotaExceeded):
            run(push(stores, manifest, str(number)))
    assert place.finished() == before


@pytest.mark.parametrize("make", [body, stream], ids=["announced", "stream"])
def test_an_image_as_large_as_the_quota_is_pushed_in_parallel(stores, run, make) -> None:
    """Its layers arrive at the same time, while nothing names them yet."""
    layers = [random_bytes(QUOTA // 8 - 500, number) for number in range(8)]

    async def push_layer(layer: bytes) -> None:
        uploads = Uploads(stores)
        upload = await uploads.start(REPOSITORY, "sha256", actor="alice")
        await uploads.append(REPOSITORY, upload.id, make(layer))
        await uploads.finish(REPOSITORY, upload.id, body(b""), Digest.of(layer))

    async def push_all() -> None:
        await asyncio.gather(*(push_layer(layer) for layer in layers))
        await push_blob(stores, b"{}")
        await push(stores, image(b"{}", *layers))

    run(push_all())
    assert pending(stores, run) == 0
    assert run(stores.metadata.read(lambda t: t.quotas.bytes("alice"))) > QUOTA - 8 * 500


@pytest.mark.parametrize("make", [body, stream], ids=["announced", "stream"])
def test_many_at_once_stay_within_what_each_may_bring_uncounted(stores, place, run, make) -> None:
    async def bring(number: int) -> None:
        uploads = Uploads(stores)
        upload = await uploads.start(REPOSITORY, "sha256", actor="alice")
        await uploads.append(REPOSITORY, upload.id, make(random_bytes(3 * MIB, number)))

    async def all_of_them() -> list[object]:
        return await asyncio.gather(
            *(bring(number) for number in range(12)), return_exceptions=True
        )

    outcomes = kinds(run(all_of_them()))
    assert set(outcomes) <= {"QuotaExceeded", "done"}
    assert pending(stores, run) <= QUOTA
    assert stored(place) == pending(stores, run)


def test_a_wrong_digest_gives_everything_back(uploads, stores, run) -> None:
    key = started(uploads, run)
    run(uploads.append(REPOSITORY, key, body(bytes(QUOTA))))
    with pytest.raises(DigestInvalid):
        run(uploads.finish(REPOSITORY, key, body(b""), Digest.of(b"x")))
    assert pending(stores, run) == 0


def test_expired_uploads_are_given_back(uploads, place, stores, run) -> None:
    run(uploads.append(REPOSITORY, started(uploads, run), body(bytes(QUOTA))))
    place.clock.move(timedelta(days=8))
    run(uploads.expire(timedelta(days=7)))
    assert pending(stores, run) == 0


def test_collected_blobs_are_given_back(place, stores, run) -> None:
    run(push_blob(stores, bytes(QUOTA)))
    place.clock.move(timedelta(days=8))

    async def collect() -> None:
        async for _ in Collector(stores, timedelta(days=7)).run(thorough=False):
            pass

    run(collect())
    assert pending(stores, run) == 0


def test_a_mounted_blob_counts(place, stores, run) -> None:
    blobs = [run(push_blob(stores, random_bytes(3 * MIB, number), ELSEWHERE)) for number in (1,)]
    other = replace(stores, quota=Quota(2 * MIB))
    with pytest.raises(QuotaExceeded):
        run(mount(other, REPOSITORY, blobs[0], ELSEWHERE, readable, actor="alice"))
    assert run(mount(stores, REPOSITORY, blobs[0], ELSEWHERE, readable, actor="alice"))
    assert pending(stores, run) == 3 * MIB


def test_without_a_quota_the_settings_hold(place, run) -> None:
    stores = replace(place.stores(), pending=PendingLimits(bytes=1000, total_bytes=1500))
    run(push_blob(stores, bytes(900)))
    with pytest.raises(QuotaExceeded, match="Namespace alice"):
        run(push_blob(stores, bytes(200)))
    with pytest.raises(QuotaExceeded, match="This registry"):
        run(push_blob(stores, bytes(700), ELSEWHERE))
    run(stores.metadata.write(lambda t: t.quotas.set("alice", Quota(1200))))
    run(push_blob(stores, bytes(200)))


def test_a_cancelled_upload_stops_what_it_still_brings(uploads, stores, place, run) -> None:
    async def scenario() -> None:
        upload = await uploads.start(REPOSITORY, "sha256", actor="alice")

        async def bringing() -> AsyncIterator[bytes]:
            yield bytes(MIB)
            await uploads.cancel(REPOSITORY, upload.id)
            yield bytes(MIB)

        with pytest.raises(UploadUnknown):
            await uploads.append(REPOSITORY, upload.id, Body(bringing()))

    run(scenario())
    assert (pending(stores, run), stored(place)) == (0, 0)


def test_a_repository_too_many_is_refused_before_its_blobs_are_stored(place, run) -> None:
    stores = replace(place.stores(), quota=Quota(None, 1))
    uploads = Uploads(stores)
    key = started(uploads, run, "alice/second")
    run(push_blob(stores, b"first"))
    for make in (body, stream):
        with pytest.raises(QuotaExceeded):
            run(uploads.finish("alice/second", key, make(b"hello"), Digest.of(b"hello")))
    assert place.finished() == [b"first"]


@pytest.mark.parametrize(
    ("left", "uploads", "step"),
    [(0, 1, MIB), (10 * MIB, 5, MIB), (320 * MIB, 4, 5 * MIB), (2**50, 3, 64 * MIB), (MIB, 0, MIB)],
)
def test_reports_come_more_often_the_less_room_there_is(left, uploads, step) -> None:
    assert Room(left, uploads).step == step
