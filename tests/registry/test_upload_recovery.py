"""Uploads after a crash, an outage or a power cut: they can be continued, closed, or are unknown.

What GET says of an upload is what the next request meets.
"""

import contextlib
from datetime import timedelta

import pytest

from entrepot.errors import DigestInvalid, UploadOutOfOrder, UploadUnknown
from entrepot.oci.digest import Digest
from entrepot.registry.uploads import Uploads
from tests.registry.bodies import body, stream
from tests.registry.place import Place
from tests.registry.pushes import ELSEWHERE, MIB, REPOSITORY, push_blob, random_bytes
from tests.registry.watched import Crash, WatchedBlobs, WatchedMetadata, crash

HELLO = Digest.of(b"hello")
CONTENT = random_bytes(3 * MIB + 5)


async def started(uploads: Uploads, *parts: bytes, algorithm: str = "sha256") -> str:
    upload = await uploads.start(REPOSITORY, algorithm, actor="alice")
    for part in parts:
        await uploads.append(REPOSITORY, upload.id, stream(part))
    return upload.id


def dies(place: Place, run, work, **steps) -> None:
    """Have a worker do *work* and die before one of the steps."""
    with pytest.raises(Crash):
        run(work(Uploads(place.stores(WatchedBlobs(place.root, **steps)))))


def linked(stores, run, digest: Digest = HELLO, repository: str = REPOSITORY) -> bool:
    return run(stores.metadata.read(lambda t: t.blobs.size(repository, digest))) is not None


def pending(stores, run) -> tuple[int, int]:
    found = run(stores.metadata.read(lambda t: t.quotas.pending("alice")))
    return found.uploads, found.bytes


@pytest.fixture
def uploads(place: Place, stores) -> Uploads:
    """A worker of the server that runs after the crash."""
    return Uploads(stores)


@pytest.fixture
def restarted(place: Place):
    """A worker that starts later than whatever was uploaded so far."""

    def start() -> Uploads:
        place.clock.move(timedelta(seconds=1))
        return Uploads(place.stores())

    return start


@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
@pytest.mark.parametrize("last", [b"", CONTENT[-7:], CONTENT[-2 * MIB :]])
@pytest.mark.parametrize("make", [body, stream], ids=["announced", "stream"])
def test_a_close_that_died_after_its_content_is_repeated(
    *, place: Place, stores, uploads, run, algorithm, last, make
) -> None:
    digest = Digest.of(CONTENT, algorithm)
    key = run(started(uploads, CONTENT[: len(CONTENT) - len(last)], algorithm=algorithm))
    close = lambda worker: worker.finish(REPOSITORY, key, make(last), digest)  # noqa: E731
    dies(place, run, close, finished=crash)
    assert not linked(stores, run, digest)
    assert run(close(uploads)) == len(CONTENT)
    assert linked(stores, run, digest)
    assert run(close(uploads)) == len(CONTENT)
    assert (place.finished(), place.unfinished()) == ([CONTENT], [])
    assert pending(stores, run) == (0, len(CONTENT))


def test_a_small_blob_that_died_after_its_content_is_repeated(
    place: Place, stores, uploads, run
) -> None:
    key = run(started(uploads))
    close = lambda worker: worker.finish(REPOSITORY, key, body(b"hello"), HELLO)  # noqa: E731
    dies(place, run, close, stored=crash)
    assert run(uploads.standing(REPOSITORY, key)).offset == 0
    assert run(close(uploads)) == 5
    assert linked(stores, run)


def test_what_is_in_its_place_is_told_and_can_be_closed(place: Place, stores, uploads, run) -> None:
    key = run(started(uploads, b"hello"))
    close = lambda worker: worker.finish(REPOSITORY, key, body(b""), HELLO)  # noqa: E731
    dies(place, run, close, finished=crash)
    assert run(uploads.standing(REPOSITORY, key)).offset == 5
    assert run(close(uploads)) == 5
    with pytest.raises(UploadUnknown):
        run(uploads.standing(REPOSITORY, key))


@pytest.mark.parametrize("given", [b"HELLO, world", b"hellO", b""])
def test_another_digest_saves_nothing(*, place: Place, stores, uploads, run, given) -> None:
    """And ends the upload: what is left of it would be refused for ever."""
    run(push_blob(stores, given, ELSEWHERE))
    key = run(started(uploads, b"hello"))
    close = lambda worker: worker.finish(REPOSITORY, key, body(b""), HELLO)  # noqa: E731
    dies(place, run, close, finished=crash)
    wrong = Digest.of(given)
    with pytest.raises(UploadUnknown):
        run(uploads.finish(REPOSITORY, key, body(given[5:]), wrong))
    assert not linked(stores, run, wrong)
    for attempt in (uploads.standing(REPOSITORY, key), uploads.cancel(REPOSITORY, key)):
        with pytest.raises(UploadUnknown):
            run(attempt)
    assert pending(stores, run) == (0, 0)


@pytest.mark.parametrize("sent", [b"hellX", b"hel", b""])
def test_knowing_a_digest_is_not_having_sent_its_content(
    *, place: Place, stores, uploads, run, sent
) -> None:
    """Content of another repository is not given to whoever can make an upload lose its bytes."""
    run(push_blob(stores, b"hello, secret", ELSEWHERE))
    secret = Digest.of(b"hello, secret")
    for last in (b", secret"[: 13 - len(sent)], b""):
        key = run(started(uploads, *[sent] if sent else []))
        place.upload_file(key).unlink(missing_ok=True)
        with pytest.raises((UploadUnknown, DigestInvalid)):
            run(uploads.finish(REPOSITORY, key, stream(last), secret))
        assert not linked(stores, run, secret)


def test_bytes_that_were_cut_off_are_not_told_of(place: Place, uploads, run) -> None:
    key = run(started(uploads, b"hello"))
    place.upload_file(key).write_bytes(b"he")
    assert run(uploads.standing(REPOSITORY, key)).offset == 2
    run(uploads.append(REPOSITORY, key, body(b"l", start=2)))
    run(uploads.finish(REPOSITORY, key, body(b"lo", start=3), HELLO))
    assert place.finished() == [b"hello"]


@pytest.mark.parametrize("start", [None, 5])
@pytest.mark.parametrize("closing", [False, True], ids=["append", "finish"])
def test_whoever_counts_on_bytes_that_were_cut_off_is_told(
    *, place: Place, uploads, run, start, closing
) -> None:
    key = run(started(uploads, b"hello"))
    place.upload_file(key).write_bytes(b"he")
    more = body(b", world", start=start)
    attempt = (
        uploads.finish(REPOSITORY, key, more, Digest.of(b"hello, world"))
        if closing
        else uploads.append(REPOSITORY, key, more)
    )
    with pytest.raises(UploadOutOfOrder) as refused:
        run(attempt)
    assert refused.value.offset == 2
    run(uploads.append(REPOSITORY, key, body(b"llo", start=2)))
    assert run(uploads.finish(REPOSITORY, key, body(b"", start=5), HELLO)) == 5


@pytest.mark.parametrize("left", [None, b""], ids=["no-file", "empty-file"])
def test_an_upload_of_which_nothing_is_left_is_unknown(
    *, place: Place, stores, uploads, run, left
) -> None:
    key = run(started(uploads, b"hello"))
    if left is None:
        place.upload_file(key).unlink()
    else:
        place.upload_file(key).write_bytes(left)
    for attempt in (
        lambda: uploads.standing(REPOSITORY, key),
        lambda: uploads.append(REPOSITORY, key, stream(b"x")),
        lambda: uploads.append(REPOSITORY, key, body(b"x", start=5)),
        lambda: uploads.finish(REPOSITORY, key, body(b""), HELLO),
        lambda: uploads.cancel(REPOSITORY, key),
    ):
        with pytest.raises(UploadUnknown):
            run(attempt())
    assert pending(stores, run) == (0, 0)


@pytest.mark.parametrize("first", ["standing", "append", "finish"])
def test_bytes_that_became_others_in_a_power_cut_end_the_upload(
    *, place: Place, stores, uploads, restarted, run, first
) -> None:
    """The file is as long as it was, but its blocks were never written."""
    key = run(started(uploads, b"hello"))
    place.upload_file(key).write_bytes(bytes(5))
    later = restarted()
    attempts = {
        "standing": lambda: later.standing(REPOSITORY, key),
        "append": lambda: later.append(REPOSITORY, key, stream(b"x")),
        "finish": lambda: later.finish(REPOSITORY, key, body(b""), HELLO),
    }
    for name in (first, *attempts):
        with pytest.raises(UploadUnknown):
            run(attempts[name]())
    assert (pending(stores, run), place.unfinished()) == ((0, 0), [])


def test_what_was_uploaded_before_a_restart_is_read_once(place: Place, uploads, run) -> None:
    key = run(started(uploads, b"hel"))
    place.clock.move(timedelta(seconds=1))
    blobs = WatchedBlobs(place.root)
    later = Uploads(place.stores(blobs))
    for _ in range(3):
        assert run(later.standing(REPOSITORY, key)).offset == 3
    run(later.finish(REPOSITORY, key, body(b"lo", start=3), HELLO))
    assert blobs.reread == [key]


def test_nothing_is_read_again_without_a_restart(place: Place, run) -> None:
    blobs = WatchedBlobs(place.root)
    uploads = Uploads(place.stores(blobs))
    key = run(started(uploads, b"hel"))
    place.clock.move(timedelta(days=1))
    run(Uploads(place.stores(blobs)).append(REPOSITORY, key, stream(b"l")))
    blobs.reread.clear()
    assert run(uploads.standing(REPOSITORY, key)).offset == 4
    assert blobs.reread == []


def test_a_database_that_fails_after_the_content_is_no_end(place: Place, stores, run) -> None:
    metadata = WatchedMetadata(place.database)
    uploads = Uploads(place.stores(metadata=metadata))
    key = run(started(uploads, b"hel"))

    async def fail() -> None:
        raise ConnectionError

    metadata.before = fail
    with pytest.raises(ConnectionError):
        run(uploads.finish(REPOSITORY, key, stream(b"lo"), HELLO))
    assert run(uploads.finish(REPOSITORY, key, stream(b"lo"), HELLO)) == 5
    assert linked(stores, run)


def test_a_cancel_that_died_is_repeated(place: Place, stores, uploads, run) -> None:
    key = run(started(uploads, b"hel"))
    dies(place, run, lambda worker: worker.cancel(REPOSITORY, key), discard=crash)
    run(uploads.cancel(REPOSITORY, key))
    assert (pending(stores, run), place.unfinished()) == ((0, 0), [])


def test_a_collection_between_content_and_row_leaves_nothing_to_close(
    place: Place, stores, uploads, run
) -> None:
    key = run(started(uploads, b"hello"))
    close = lambda worker: worker.finish(REPOSITORY, key, body(b""), HELLO)  # noqa: E731
    dies(place, run, close, finished=crash)
    run(stores.blobs.delete(HELLO))
    for attempt in (lambda: uploads.standing(REPOSITORY, key), lambda: close(uploads)):
        with pytest.raises(UploadUnknown):
            run(attempt())
    assert not linked(stores, run)


STEPS = ["stage", "finish", "finished", "put", "stored", "discard"]


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("counted", [b"", b"hel", b"hello"])
@pytest.mark.parametrize("make", [body, stream], ids=["announced", "stream"])
@pytest.mark.parametrize("what", ["append", "finish", "wrong", "cancel", "expire"])
def test_whoever_dies_wherever_the_next_request_meets_what_is_told(
    *, place: Place, stores, uploads, run, step, counted, make, what
) -> None:
    key, rest = run(started(uploads, *[counted] if counted else [])), b"hello"[len(counted) :]
    place.clock.move(timedelta(minutes=1))
    dying = Uploads(place.stores(WatchedBlobs(place.root, **{step: crash})))
    work = {
        "append": lambda: dying.append(REPOSITORY, key, make(rest)),
        "finish": lambda: dying.finish(REPOSITORY, key, make(rest), HELLO),
        "wrong": lambda: dying.finish(REPOSITORY, key, make(rest), Digest.of(b"other")),
        "cancel": lambda: dying.cancel(REPOSITORY, key),
        "expire": lambda: dying.expire(timedelta(seconds=1)),
    }
    with contextlib.suppress(Crash, DigestInvalid):
        run(work[what]())
    later = Uploads(place.stores())
    close = lambda last: later.finish(REPOSITORY, key, body(last), HELLO)  # noqa: E731
    try:
        offset = run(later.standing(REPOSITORY, key)).offset
    except UploadUnknown:
        with pytest.raises(UploadUnknown):
            run(later.append(REPOSITORY, key, stream(b"x")))
        if what == "finish":
            assert run(close(rest)) == 5
    else:
        assert run(close(b"hello"[offset:])) == 5
        assert linked(stores, run)
    assert place.unfinished() == []
