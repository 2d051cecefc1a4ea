"""Uploads in one worker: start, append, finish, cancel."""

from datetime import timedelta

import pytest

from entrepot.blobs.filesystem import FilesystemBlobs
from entrepot.errors import (
    ClientGone,
    DigestInvalid,
    SizeMismatch,
    StorageUnavailable,
    UploadOutOfOrder,
    UploadUnknown,
)
from entrepot.oci.digest import Digest
from entrepot.registry.pull import Pull
from entrepot.registry.receive import Body
from entrepot.registry.uploads import Uploads
from entrepot.wire.ranges import Span
from tests.registry.bodies import body, broken, stream
from tests.registry.place import Place
from tests.registry.pushes import ELSEWHERE, MIB, REPOSITORY, random_bytes, whole

HELLO = Digest.of(b"hello")


@pytest.fixture
def key(uploads, run):
    """An upload that was started."""
    return run(uploads.start(REPOSITORY, "sha256", actor="alice")).id


@pytest.fixture
def begun(uploads, run, key):
    """An upload that holds `hel`."""
    run(uploads.append(REPOSITORY, key, stream(b"hel")))
    return key


def served(stores, run, digest: Digest, repository: str = REPOSITORY):
    """The blob as it is pulled, through a worker that has seen nothing before."""
    pull = Pull(stores)
    size = run(pull.blob(repository, digest))
    return run(whole(pull.content(digest, 0, size)))


def test_a_new_upload_is_empty(uploads: Uploads, place: Place, run, key) -> None:
    upload = run(uploads.find(REPOSITORY, key))
    assert (upload.offset, upload.receipts, upload.algorithm) == (0, (), "sha256")
    assert (upload.started_at, upload.started_by) == (place.clock.moment, "alice")


def test_no_upload_is_started_whose_bytes_the_store_cannot_take(place: Place, run) -> None:
    class Away(FilesystemBlobs):
        async def wait_until_available(self) -> None:
            raise StorageUnavailable

    stores = place.stores(Away(place.root))
    with pytest.raises(StorageUnavailable):
        run(Uploads(stores).start(REPOSITORY, "sha256", actor="alice"))
    assert run(stores.metadata.read(lambda t: t.quotas.all_pending())).uploads == 0


def test_appended_bytes_are_counted_and_dated(uploads: Uploads, place: Place, run, key) -> None:
    started = place.clock.moment
    place.clock.move(timedelta(minutes=5))
    after = run(uploads.append(REPOSITORY, key, stream(b"hel")))
    assert (after.offset, after.started_at, after.updated_at) == (3, started, place.clock.moment)
    assert run(uploads.find(REPOSITORY, key)) == after


def test_chunks_make_a_blob(uploads: Uploads, stores, place: Place, run, begun) -> None:
    run(uploads.append(REPOSITORY, begun, body(b"l", start=3)))
    assert run(uploads.finish(REPOSITORY, begun, body(b"o", start=4), HELLO)) == 5
    assert served(stores, run, HELLO) == b"hello"
    assert place.finished() == [b"hello"]
    assert place.unfinished() == []


@pytest.mark.parametrize("make", [body, stream], ids=["announced", "stream"])
@pytest.mark.parametrize("length", [0, 1, MIB, MIB + 1, 3 * MIB + 7])
def test_one_request_makes_a_blob(
    *, uploads: Uploads, stores, place: Place, run, key, make, length
) -> None:
    content = random_bytes(length)
    digest = Digest.of(content)
    assert run(uploads.finish(REPOSITORY, key, make(content), digest)) == length
    assert served(stores, run, digest) == content
    assert place.unfinished() == []


@pytest.mark.parametrize("started", ["sha256", "sha512"])
@pytest.mark.parametrize("closed", ["sha256", "sha512"])
def test_the_closing_digest_decides_the_algorithm(
    *, uploads: Uploads, stores, place: Place, run, started, closed
) -> None:
    key = run(uploads.start(REPOSITORY, started, actor="alice")).id
    digest = Digest.of(b"hello", closed)
    run(uploads.append(REPOSITORY, key, stream(b"hel")))
    run(uploads.finish(REPOSITORY, key, stream(b"lo"), digest))
    assert served(stores, run, digest) == b"hello"
    assert place.unfinished() == []


def test_unfinished_bytes_are_no_blob(uploads: Uploads, stores, run, begun) -> None:
    run(uploads.append(REPOSITORY, begun, stream(b"lo")))
    assert run(stores.metadata.read(lambda t: t.blobs.size(REPOSITORY, HELLO))) is None
    assert not run(stores.metadata.read(lambda t: t.repositories.exists(REPOSITORY)))


def test_a_blob_belongs_to_the_repository_of_its_upload(
    uploads: Uploads, stores, run, begun
) -> None:
    run(uploads.finish(REPOSITORY, begun, stream(b"lo"), HELLO))
    assert run(stores.metadata.read(lambda t: t.blobs.holders(HELLO, 10))) == [REPOSITORY]


def test_an_upload_is_unknown_in_another_repository(uploads: Uploads, stores, run, begun) -> None:
    attempts = [
        lambda: uploads.find(ELSEWHERE, begun),
        lambda: uploads.append(ELSEWHERE, begun, stream(b"lo")),
        lambda: uploads.finish(ELSEWHERE, begun, body(b"lo"), HELLO),
        lambda: uploads.finish(ELSEWHERE, begun, stream(b"lo"), HELLO),
        lambda: uploads.cancel(ELSEWHERE, begun),
    ]
    for attempt in attempts:
        with pytest.raises(UploadUnknown):
            run(attempt())
    run(uploads.finish(REPOSITORY, begun, stream(b"lo"), HELLO))
    assert served(stores, run, HELLO) == b"hello"


@pytest.mark.parametrize("start", [0, 2, 4, 10**12])
def test_a_chunk_out_of_order_is_refused_and_changes_nothing(
    uploads: Uploads, stores, run, begun, start
) -> None:
    for attempt in (
        uploads.append(REPOSITORY, begun, body(b"lo", start=start)),
        uploads.finish(REPOSITORY, begun, body(b"lo", start=start), HELLO),
    ):
        with pytest.raises(UploadOutOfOrder) as refused:
            run(attempt)
        assert refused.value.offset == 3
    run(uploads.finish(REPOSITORY, begun, body(b"lo", start=3), HELLO))
    assert served(stores, run, HELLO) == b"hello"


def test_the_first_chunk_out_of_order_is_refused(uploads: Uploads, run, key) -> None:
    with pytest.raises(UploadOutOfOrder) as refused:
        run(uploads.finish(REPOSITORY, key, body(b"hello", start=1), HELLO))
    assert refused.value.offset == 0
    assert run(uploads.finish(REPOSITORY, key, body(b"hello", start=0), HELLO)) == 5


@pytest.mark.parametrize("came", [b"", b"l", b"lot"])
def test_a_chunk_of_another_length_than_its_place_changes_nothing(
    uploads: Uploads, stores, run, begun, came
) -> None:
    for length in (None, len(came)):
        with pytest.raises(SizeMismatch):
            run(uploads.append(REPOSITORY, begun, Body(stream(came).chunks, Span(3, 5), length)))
    assert run(uploads.find(REPOSITORY, begun)).offset == 3
    run(uploads.finish(REPOSITORY, begun, stream(b"lo"), HELLO))
    assert served(stores, run, HELLO) == b"hello"


@pytest.mark.parametrize("sent", [b"", b"l", b"lo "])
@pytest.mark.parametrize("start", [None, 3])
def test_what_arrived_of_a_broken_request_is_kept(
    *, uploads: Uploads, stores, run, begun, sent, start
) -> None:
    with pytest.raises(ClientGone):
        run(uploads.append(REPOSITORY, begun, broken(sent, start=start, announced=8)))
    assert run(uploads.find(REPOSITORY, begun)).offset == 3 + len(sent)
    content = b"hel" + sent + b"rest"
    digest = Digest.of(content)
    run(uploads.finish(REPOSITORY, begun, body(b"rest", start=3 + len(sent)), digest))
    assert served(stores, run, digest) == content


def test_what_arrived_of_a_broken_large_request_is_kept(uploads: Uploads, stores, run, key) -> None:
    content = random_bytes(4 * MIB)
    sent = content[: 2 * MIB + 12345]
    with pytest.raises(ClientGone):
        run(uploads.append(REPOSITORY, key, broken(sent, announced=len(content))))
    assert run(uploads.find(REPOSITORY, key)).offset == len(sent)
    run(uploads.finish(REPOSITORY, key, stream(content[len(sent) :]), Digest.of(content)))
    assert served(stores, run, Digest.of(content)) == content


@pytest.mark.parametrize("closed", ["sha256", "sha512"])
def test_a_broken_close_can_be_repeated(
    *, uploads: Uploads, stores, place: Place, run, begun, closed
) -> None:
    digest = Digest.of(b"hello", closed)
    with pytest.raises(ClientGone):
        run(uploads.finish(REPOSITORY, begun, broken(b"l", announced=2), digest))
    offset = run(uploads.find(REPOSITORY, begun)).offset
    assert offset in {3, 4}
    run(uploads.finish(REPOSITORY, begun, body(b"hello"[offset:], start=offset), digest))
    assert served(stores, run, digest) == b"hello"
    assert place.unfinished() == []


def test_a_broken_close_of_an_empty_upload_can_be_repeated(
    uploads: Uploads, stores, place: Place, run, key
) -> None:
    with pytest.raises(ClientGone):
        run(uploads.finish(REPOSITORY, key, broken(b"hel", announced=5), HELLO))
    offset = run(uploads.find(REPOSITORY, key)).offset
    run(uploads.finish(REPOSITORY, key, body(b"hello"[offset:], start=offset), HELLO))
    assert served(stores, run, HELLO) == b"hello"
    assert place.unfinished() == []


@pytest.mark.parametrize("appended", [b"", b"hel"])
@pytest.mark.parametrize("make", [body, stream], ids=["announced", "stream"])
def test_a_wrong_digest_ends_the_upload_and_leaves_nothing(
    *, uploads: Uploads, stores, place: Place, run, key, appended, make
) -> None:
    if appended:
        run(uploads.append(REPOSITORY, key, stream(appended)))
    with pytest.raises(DigestInvalid):
        run(uploads.finish(REPOSITORY, key, make(b"p"), HELLO))
    with pytest.raises(UploadUnknown):
        run(uploads.finish(REPOSITORY, key, make(b"hello"), HELLO))
    assert (place.unfinished(), place.finished()) == ([], [])
    assert not run(stores.metadata.read(lambda t: t.repositories.exists(REPOSITORY)))


@pytest.mark.parametrize("appended", [b"", b"hel"])
def test_a_cancelled_upload_leaves_nothing(
    uploads: Uploads, place: Place, run, key, appended
) -> None:
    if appended:
        run(uploads.append(REPOSITORY, key, stream(appended)))
    run(uploads.cancel(REPOSITORY, key))
    for attempt in (
        uploads.cancel(REPOSITORY, key),
        uploads.find(REPOSITORY, key),
        uploads.append(REPOSITORY, key, stream(b"lo")),
        uploads.finish(REPOSITORY, key, body(b"hello"), HELLO),
    ):
        with pytest.raises(UploadUnknown):
            run(attempt)
    assert (place.unfinished(), place.finished()) == ([], [])


def test_an_upload_finishes_once(uploads: Uploads, stores, run, begun) -> None:
    run(uploads.finish(REPOSITORY, begun, stream(b"lo"), HELLO))
    for attempt in (
        lambda: uploads.append(REPOSITORY, begun, stream(b"lo")),
        lambda: uploads.cancel(REPOSITORY, begun),
        lambda: uploads.standing(REPOSITORY, begun),
    ):
        with pytest.raises(UploadUnknown):
            run(attempt())
    assert served(stores, run, HELLO) == b"hello"


@pytest.mark.parametrize("last", [b"", b"lo"])
def test_a_close_that_is_repeated_succeeds_again(uploads, other_worker, run, key, last) -> None:
    """As proxies and clients repeat it when the answer was lost."""
    run(uploads.append(REPOSITORY, key, stream(b"hello"[: 5 - len(last)])))
    for worker in (uploads, other_worker, uploads):
        assert run(worker.finish(REPOSITORY, key, body(last), HELLO)) == 5


def test_only_the_same_close_in_the_same_repository_succeeds_again(uploads, run, begun) -> None:
    run(uploads.finish(REPOSITORY, begun, stream(b"lo"), HELLO))
    for repository, digest in ((REPOSITORY, Digest.of(b"other")), (ELSEWHERE, HELLO)):
        with pytest.raises(UploadUnknown):
            run(uploads.finish(repository, begun, stream(b"lo"), digest))


def test_an_append_that_is_repeated_learns_where_to_go_on(uploads, run, begun) -> None:
    with pytest.raises(UploadOutOfOrder) as refused:
        run(uploads.append(REPOSITORY, begun, body(b"hel", start=0)))
    assert refused.value.offset == 3


def test_nothing_is_left_of_an_empty_chunk(uploads: Uploads, place: Place, run, key) -> None:
    run(uploads.append(REPOSITORY, key, stream(b"")))
    run(uploads.finish(REPOSITORY, key, body(b"hello"), HELLO))
    assert place.unfinished() == []
