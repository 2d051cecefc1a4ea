"""Uploads that nobody goes on with."""

import asyncio
from datetime import timedelta

import pytest

from entrepot.errors import UploadUnknown
from entrepot.oci.digest import Digest
from entrepot.registry.uploads import Uploads
from tests.registry.bodies import held, stream
from tests.registry.place import Place
from tests.registry.pushes import REPOSITORY
from tests.registry.watched import Crash, WatchedBlobs, crash

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


async def started(uploads: Uploads, content: bytes = b"") -> str:
    upload = await uploads.start(REPOSITORY, "sha256", actor="alice")
    if content:
        await uploads.append(REPOSITORY, upload.id, stream(content))
    return upload.id


def test_idle_uploads_go_with_their_bytes(uploads: Uploads, place: Place, run) -> None:
    keys = [run(started(uploads)), run(started(uploads, b"hel"))]
    place.clock.move(DAY)
    assert run(uploads.expire(DAY)) == 2
    for key in keys:
        with pytest.raises(UploadUnknown):
            run(uploads.find(REPOSITORY, key))
    assert place.unfinished() == []


def test_younger_uploads_stay(uploads: Uploads, place: Place, run) -> None:
    key = run(started(uploads, b"hel"))
    place.clock.move(DAY - MINUTE)
    assert run(uploads.expire(DAY)) == 0
    run(uploads.finish(REPOSITORY, key, stream(b"lo"), Digest.of(b"hello")))
    assert place.finished() == [b"hello"]


def test_a_chunk_keeps_an_upload_young(uploads: Uploads, place: Place, run) -> None:
    key = run(started(uploads, b"h"))
    place.clock.move(DAY - MINUTE)
    run(uploads.append(REPOSITORY, key, stream(b"el")))
    place.clock.move(DAY - MINUTE)
    assert run(uploads.expire(DAY)) == 0
    run(uploads.finish(REPOSITORY, key, stream(b"lo"), Digest.of(b"hello")))
    assert place.finished() == [b"hello"]


def test_any_number_of_uploads_can_expire(uploads: Uploads, place: Place, run) -> None:
    async def many() -> None:
        await asyncio.gather(*(started(uploads) for _ in range(250)))

    run(many())
    place.clock.move(DAY)
    young = run(started(uploads, b"hel"))
    assert run(uploads.expire(DAY)) == 250
    assert place.unfinished() == [young]


def test_an_upload_under_way_stays(
    uploads: Uploads, other_worker: Uploads, place: Place, run
) -> None:
    """However long its one request takes; the idle uploads beside it go."""

    async def scenario() -> int:
        key, _ = await started(uploads), await started(uploads, b"idle")
        place.clock.move(DAY)
        began, go_on = asyncio.Event(), asyncio.Event()
        close = uploads.finish(REPOSITORY, key, held(b"hello", began, go_on), Digest.of(b"hello"))
        writing = asyncio.create_task(close)
        await began.wait()
        dropped = await other_worker.expire(DAY)
        go_on.set()
        await writing
        return dropped

    assert run(scenario()) == 1
    assert (place.finished(), place.unfinished()) == ([b"hello"], [])


@pytest.mark.parametrize("step", ["finish", "finished"])
def test_uploads_of_a_dead_worker_expire(place: Place, other_worker: Uploads, run, step) -> None:
    uploads = Uploads(place.stores(WatchedBlobs(place.root, **{step: crash})))
    key = run(started(uploads, b"hel"))
    with pytest.raises(Crash):
        run(uploads.finish(REPOSITORY, key, stream(b"lo"), Digest.of(b"hello")))
    place.clock.move(DAY)
    assert run(other_worker.expire(DAY)) == 1
    with pytest.raises(UploadUnknown):
        run(other_worker.find(REPOSITORY, key))
    assert place.unfinished() == []


def test_a_cancel_cut_short_leaves_nothing_for_good(
    place: Place, other_worker: Uploads, run
) -> None:
    uploads = Uploads(place.stores(WatchedBlobs(place.root, discard=crash)))
    key = run(started(uploads, b"hel"))
    with pytest.raises(Crash):
        run(uploads.cancel(REPOSITORY, key))
    place.clock.move(DAY)
    run(other_worker.expire(DAY))
    assert place.unfinished() == []


def test_an_expiry_cut_short_is_made_up_for(place: Place, other_worker: Uploads, run) -> None:
    uploads = Uploads(place.stores(WatchedBlobs(place.root, discard=crash)))
    run(started(uploads, b"hel"))
    place.clock.move(DAY)
    with pytest.raises(Crash):
        run(uploads.expire(DAY))
    run(other_worker.expire(DAY))
    assert place.unfinished() == []
