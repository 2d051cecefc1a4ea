"""An upload that goes from worker to worker, or outlives the one that had it."""

import pytest

from entrepot.errors import ClientGone, UploadUnknown
from entrepot.oci.digest import Digest
from entrepot.registry.uploads import Uploads
from tests.registry.bodies import body, broken, stream
from tests.registry.place import Place
from tests.registry.pushes import MIB, REPOSITORY, random_bytes
from tests.registry.watched import Crash, WatchedBlobs, crash

ALGORITHMS = pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
CONTENT = random_bytes(5 * MIB + 17)
PARTS = [CONTENT[:MIB], CONTENT[MIB : MIB + 5], CONTENT[MIB + 5 : 3 * MIB], CONTENT[3 * MIB :]]


@pytest.fixture
def worker(place: Place, blobs: WatchedBlobs) -> Uploads:
    return Uploads(place.stores(blobs))


async def started(worker: Uploads, *parts: bytes, algorithm: str = "sha256") -> str:
    """An upload that holds *parts*."""
    upload = await worker.start(REPOSITORY, algorithm, actor="alice")
    for part in parts:
        await worker.append(REPOSITORY, upload.id, stream(part))
    return upload.id


@ALGORITHMS
def test_a_worker_reads_nothing_again_that_it_received(worker, blobs, place, run, algorithm):
    *first, last = PARTS
    key = run(started(worker, *first, algorithm=algorithm))
    run(worker.finish(REPOSITORY, key, stream(last), Digest.of(CONTENT, algorithm)))
    assert blobs.reread == []
    assert place.finished() == [CONTENT]


def test_a_broken_request_does_not_cost_the_hash(worker, blobs, place, run):
    key = run(started(worker))
    with pytest.raises(ClientGone):
        run(worker.append(REPOSITORY, key, broken(CONTENT[:MIB], announced=len(CONTENT))))
    run(worker.finish(REPOSITORY, key, stream(CONTENT[MIB:]), Digest.of(CONTENT)))
    assert blobs.reread == []
    assert place.finished() == [CONTENT]


@ALGORITHMS
def test_another_worker_goes_on(worker, other_worker, place, run, algorithm):
    *first, last = PARTS
    key = run(started(worker, *first, algorithm=algorithm))
    run(other_worker.finish(REPOSITORY, key, stream(last), Digest.of(CONTENT, algorithm)))
    assert (place.finished(), place.unfinished()) == ([CONTENT], [])


@ALGORITHMS
def test_workers_take_turns(worker, other_worker, place, run, algorithm):
    """The hash that the first worker still carries is older than what it goes on with."""
    key = run(started(worker, PARTS[0], algorithm=algorithm))
    run(other_worker.append(REPOSITORY, key, body(PARTS[1], start=MIB)))
    run(worker.append(REPOSITORY, key, body(PARTS[2], start=MIB + 5)))
    digest = Digest.of(CONTENT, algorithm)
    run(other_worker.finish(REPOSITORY, key, body(PARTS[3], start=3 * MIB), digest))
    assert (place.finished(), place.unfinished()) == ([CONTENT], [])


@ALGORITHMS
def test_a_worker_that_never_saw_the_upload_closes_it(worker, other_worker, place, run, algorithm):
    key = run(started(worker, *PARTS, algorithm=algorithm))
    digest = Digest.of(CONTENT, algorithm)
    assert run(other_worker.finish(REPOSITORY, key, body(b""), digest)) == len(CONTENT)
    assert (place.finished(), place.unfinished()) == ([CONTENT], [])


def test_an_upload_cancelled_elsewhere_is_unknown(worker, other_worker, place, run):
    key = run(started(worker, b"hel"))
    run(other_worker.cancel(REPOSITORY, key))
    for attempt in (
        worker.append(REPOSITORY, key, stream(b"lo")),
        worker.finish(REPOSITORY, key, stream(b"lo"), Digest.of(b"hello")),
        worker.cancel(REPOSITORY, key),
    ):
        with pytest.raises(UploadUnknown):
            run(attempt)
    assert place.unfinished() == []


@pytest.mark.parametrize("counted", [b"", b"hel"])
@pytest.mark.parametrize("last", [b"", b"lo"])
@pytest.mark.parametrize("make", [body, stream], ids=["announced", "stream"])
def test_bytes_that_a_dead_worker_did_not_count_are_dropped(
    *, worker, other_worker, place, run, counted, last, make
):
    key = run(started(worker, *[counted] if counted else []))
    with place.upload_file(key).open("ab") as file:
        file.write(b"written, but never counted")
    content = counted + last
    run(other_worker.finish(REPOSITORY, key, make(last), Digest.of(content)))
    assert (place.finished(), place.unfinished()) == ([content], [])


def test_a_crash_before_the_commit_leaves_the_upload(worker, other_worker, blobs, place, run):
    key = run(started(worker, b"hel"))
    blobs.steps["finish"] = crash
    with pytest.raises(Crash):
        run(worker.finish(REPOSITORY, key, stream(b"lo"), Digest.of(b"hello")))
    assert run(other_worker.find(REPOSITORY, key)).offset == 3
    run(other_worker.finish(REPOSITORY, key, body(b"lo", start=3), Digest.of(b"hello")))
    assert (place.finished(), place.unfinished()) == ([b"hello"], [])
