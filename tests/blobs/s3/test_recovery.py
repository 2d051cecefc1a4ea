"""Uploads to a bucket whose worker died, or lost the bucket, between any two requests to it."""

import asyncio
import inspect
import uuid
from datetime import UTC, datetime
from typing import Any

import obstore
import pytest

from entrepot.blobs import segments
from entrepot.blobs.endings import Endings
from entrepot.blobs.objects import Objects
from entrepot.blobs.segments import Ending
from entrepot.errors import UploadOutOfOrder, UploadUnknown
from entrepot.metadata.sql.sqlite import SqliteMetadata
from entrepot.oci.digest import Digest
from entrepot.registry.stores import Stores
from entrepot.registry.uploads import Uploads
from tests.blobs.s3.bucket import bucket, keys, write
from tests.programs.database import new_database
from tests.registry.bodies import body, stream

HELLO = Digest.of(b"hello")
REPOSITORY = "alice/web"
# A close asks the bucket less often than this.
MANY_REQUESTS = 40


@pytest.fixture
def metadata(tmp_path):
    metadata = SqliteMetadata(new_database(tmp_path / "entrepot.db"))
    yield metadata
    asyncio.run(metadata.close())


@pytest.fixture
def uploads(metadata, place):
    return opened(metadata, place.store())


def opened(metadata, store, key="") -> Uploads:
    """A worker that starts now, with the upload *key*."""
    now = datetime(2026, 1, 1, tzinfo=UTC)
    return Uploads(Stores(metadata, store, lambda: now, lambda: key or str(uuid.uuid4())))


async def started(uploads: Uploads, *parts: bytes) -> str:
    upload = await uploads.start(REPOSITORY, "sha256", actor="alice")
    for part in parts:
        await uploads.append(REPOSITORY, upload.id, stream(part))
    return upload.id


def ended_key(place, key: str) -> str:
    return f"{place.prefix}/{segments.ended_key(segments.folder(key))}"


def end(place, run, uploads: Uploads, key: str, digest: Digest | None) -> None:
    """Decide how the upload ends, and do nothing of it, as one does who dies."""
    receipts = run(uploads.find(REPOSITORY, key)).receipts
    ending = Ending("the dead", digest, segments.parse_receipts(receipts) if digest else ())
    run(write(place, ended_key(place, key), ending.text.encode()))


def test_a_commit_that_was_decided_is_closed(place, uploads, run) -> None:
    key = run(started(uploads, b"hel", b"lo"))
    end(place, run, uploads, key, HELLO)
    assert run(uploads.standing(REPOSITORY, key)).offset == 5
    assert run(uploads.finish(REPOSITORY, key, body(b""), HELLO)) == 5
    assert run(uploads.finish(REPOSITORY, key, body(b""), HELLO)) == 5


@pytest.mark.parametrize("parts", [(), (b"hel", b"lo")])
def test_a_discard_that_was_decided_is_told(place, uploads, run, parts) -> None:
    """And no bytes are taken for an upload that could never be closed."""
    key = run(started(uploads, *parts))
    end(place, run, uploads, key, None)
    for attempt in (
        lambda: uploads.append(REPOSITORY, key, stream(b"x")),
        lambda: uploads.standing(REPOSITORY, key),
        lambda: uploads.finish(REPOSITORY, key, stream(b""), HELLO),
    ):
        with pytest.raises(UploadUnknown):
            run(attempt())


def test_segments_that_are_gone_are_not_told_of(place, uploads, run) -> None:
    key = run(started(uploads, b"hel", b"l", b"o"))
    *_, gone, _last = sorted(run(keys(place, f"segments/{key}")))

    async def lose() -> None:
        await obstore.delete_async(bucket(place), f"{place.prefix}/{gone}")

    run(lose())
    assert run(uploads.standing(REPOSITORY, key)).offset == 3
    with pytest.raises(UploadOutOfOrder):
        run(uploads.append(REPOSITORY, key, body(b"x", start=5)))
    run(uploads.append(REPOSITORY, key, body(b"lo", start=3)))
    assert run(uploads.finish(REPOSITORY, key, body(b""), HELLO)) == 5


class Cut:
    """Requests to the bucket that fail from one on: before it gets them, or after it did them."""

    def __init__(self, objects: Objects, *, done: bool) -> None:
        self._objects = objects
        self._done = done
        self.left = 1000

    def __getattr__(self, name: str) -> Any:
        wanted = getattr(self._objects, name)
        if not inspect.iscoroutinefunction(wanted):
            return wanted

        async def call(*args: Any, **more: Any) -> Any:
            self.left -= 1
            if self.left < 0 and not self._done:
                raise ConnectionError
            answer = await wanted(*args, **more)
            if self.left < 0:
                raise ConnectionError
            return answer

        return call


@pytest.mark.parametrize("done", [False, True], ids=["not-asked", "not-answered"])
@pytest.mark.parametrize("last", [b"", b"lo"])
def test_a_close_that_loses_the_bucket_at_any_request_is_repeated(
    *, place, metadata, run, last, done
) -> None:
    for count in range(MANY_REQUESTS):
        store = place.store()
        cut: Any = Cut(store._objects, done=done)
        store._objects, store._endings = cut, Endings(cut)
        key, content = str(uuid.uuid4()), f"hel{count:02}".encode() + last
        uploads = opened(metadata, store, key)
        run(started(uploads, content[: len(content) - len(last)]))
        cut.left = count
        try:
            run(uploads.finish(REPOSITORY, key, stream(last), Digest.of(content)))
        except ConnectionError:
            later = opened(metadata, place.store())
            try:
                assert run(later.standing(REPOSITORY, key)).offset == len(content) - len(last)
            except UploadUnknown:
                # Only the closing digest tells that content is in its place that has more bytes.
                assert last
            closed = run(later.finish(REPOSITORY, key, stream(last), Digest.of(content)))
            assert closed == len(content)
        else:
            assert count > 3
            return
    pytest.fail("it never succeeded")
