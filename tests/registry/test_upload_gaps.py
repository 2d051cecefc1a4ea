"""What others do between the steps of a request: its look, its lock, its bytes and its row."""

import asyncio
from datetime import timedelta

import pytest

from entrepot.errors import ClientGone, UploadBusy, UploadUnknown
from entrepot.oci.digest import Digest
from entrepot.registry.uploads import Uploads
from tests.registry.bodies import body, broken, stream
from tests.registry.place import Place
from tests.registry.pushes import REPOSITORY, kinds
from tests.registry.watched import WatchedBlobs, WatchedMetadata

HELLO = Digest.of(b"hello")


@pytest.fixture
def metadata(place: Place) -> WatchedMetadata:
    return WatchedMetadata(place.database)


@pytest.fixture
def uploads(place: Place, blobs: WatchedBlobs, metadata: WatchedMetadata) -> Uploads:
    """The worker between whose steps the other one gets in."""
    return Uploads(place.stores(blobs, metadata))


class Intruder:
    """A request that stops, if it gets so far, between its bytes and its row."""

    def __init__(self, uploads: Uploads, metadata: WatchedMetadata) -> None:
        self._uploads = uploads
        self._metadata = metadata
        self._written = asyncio.Event()
        self._go_on = asyncio.Event()
        self._running: asyncio.Task[object] | None = None

    async def write(self, key: str) -> None:
        """Write other bytes, or be refused."""
        self._metadata.before = self._pause
        append = self._uploads.append(REPOSITORY, key, stream(b"HELLO"))
        self._running = asyncio.create_task(append)
        written = asyncio.create_task(self._written.wait())
        await asyncio.wait({self._running, written}, return_when=asyncio.FIRST_COMPLETED)
        written.cancel()

    async def _pause(self) -> None:
        self._written.set()
        await self._go_on.wait()

    async def outcome(self) -> list[str]:
        assert self._running is not None
        self._go_on.set()
        return kinds(await asyncio.gather(self._running, return_exceptions=True))


async def started(uploads: Uploads, content: bytes = b"") -> str:
    upload = await uploads.start(REPOSITORY, "sha256", actor="alice")
    if content:
        await uploads.append(REPOSITORY, upload.id, stream(content))
    return upload.id


@pytest.mark.parametrize("counted", [b"", b"he"])
@pytest.mark.parametrize("closing", [False, True], ids=["append", "broken-close"])
def test_nobody_overwrites_bytes_that_are_about_to_count(
    *, uploads, metadata, place: Place, run, counted, closing
) -> None:
    """Or else the row would count the other's bytes, under the hash of the first one's."""
    slow = WatchedMetadata(place.database)
    intruder, rest = Intruder(Uploads(place.stores(metadata=slow)), slow), b"hello"[len(counted) :]

    async def scenario() -> None:
        key = await started(uploads, counted)
        metadata.before = lambda: intruder.write(key)
        if closing:
            with pytest.raises(ClientGone):
                await uploads.finish(REPOSITORY, key, broken(rest, announced=2**21), HELLO)
        else:
            await uploads.append(REPOSITORY, key, stream(rest))
        assert await intruder.outcome() == ["UploadBusy"]
        await uploads.finish(REPOSITORY, key, body(b""), HELLO)

    run(scenario())
    assert (place.finished(), place.unfinished()) == ([b"hello"], [])


@pytest.mark.parametrize("counted", [b"", b"he"])
def test_an_append_between_a_commit_and_its_row_leaves_nothing(
    *, uploads, other_worker: Uploads, blobs, place: Place, run, counted
) -> None:
    key = run(started(uploads, counted))

    async def intrude() -> None:
        try:
            await other_worker.append(REPOSITORY, key, stream(b"more"))
        except (UploadBusy, UploadUnknown):
            return

    blobs.steps["finished"] = intrude
    run(uploads.finish(REPOSITORY, key, stream(b"hello"[len(counted) :]), HELLO))
    assert (place.finished(), place.unfinished()) == ([b"hello"], [])


@pytest.mark.parametrize("appended", [b"", b"hel"])
@pytest.mark.parametrize("step", ["stage", "finish", "finished"])
def test_a_cancel_at_any_step_of_a_finish(
    *, place: Place, uploads, blobs, other_worker: Uploads, stores, run, appended, step
) -> None:
    key = run(started(uploads, appended))
    blobs.steps[step] = lambda: other_worker.cancel(REPOSITORY, key)
    rest = b"hello"[len(appended) :]
    with pytest.raises(UploadUnknown):
        run(uploads.finish(REPOSITORY, key, stream(rest), HELLO))
    assert run(stores.metadata.read(lambda t: t.blobs.size(REPOSITORY, HELLO))) is None
    assert place.unfinished() == []


def test_a_whole_blob_whose_upload_is_cancelled_shows_nothing(
    *, place: Place, uploads, blobs, other_worker: Uploads, stores, run
) -> None:
    key = run(started(uploads))
    blobs.steps["put"] = lambda: other_worker.cancel(REPOSITORY, key)
    with pytest.raises(UploadUnknown):
        run(uploads.finish(REPOSITORY, key, body(b"hello"), HELLO))
    assert run(stores.metadata.read(lambda t: t.blobs.size(REPOSITORY, HELLO))) is None
    assert place.unfinished() == []


def test_a_row_that_moved_on_before_the_lock_is_busy(
    place: Place, uploads, blobs, other_worker: Uploads, run
) -> None:
    key = run(started(uploads, b"h"))
    blobs.steps["stage"] = lambda: other_worker.append(REPOSITORY, key, stream(b"el"))
    with pytest.raises(UploadBusy):
        run(uploads.append(REPOSITORY, key, stream(b"other")))
    run(uploads.finish(REPOSITORY, key, stream(b"lo"), HELLO))
    assert (place.finished(), place.unfinished()) == ([b"hello"], [])


@pytest.mark.parametrize("expired", [False, True], ids=["cancel", "expire"])
def test_what_is_written_while_an_upload_ends_goes_with_it(
    *, uploads, metadata, other_worker, place: Place, run, expired
) -> None:
    """Between the end of its bytes and that of its row, an append begins it anew."""

    async def scenario() -> None:
        key = await started(uploads)
        metadata.before = lambda: other_worker.append(REPOSITORY, key, stream(b"hello"))
        if expired:
            assert await uploads.expire(timedelta()) == 1
        else:
            await uploads.cancel(REPOSITORY, key)
        with pytest.raises(UploadUnknown):
            await uploads.find(REPOSITORY, key)

    run(scenario())
    assert place.unfinished() == []
