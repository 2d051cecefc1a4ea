"""Several requests for one upload at once, in one worker or in two."""

import asyncio
from datetime import timedelta

import pytest

from entrepot.errors import UploadBusy, UploadUnknown
from entrepot.oci.digest import Digest
from entrepot.registry.uploads import Uploads
from tests.registry.bodies import body, held, stream
from tests.registry.place import Place
from tests.registry.pushes import MIB, REPOSITORY, kinds, random_bytes

HELLO = Digest.of(b"hello")
ROUNDS = 25
BUSY_OR_GONE = {"UploadBusy", "UploadUnknown"}


async def started(uploads: Uploads, content: bytes = b"") -> str:
    upload = await uploads.start(REPOSITORY, "sha256", actor="alice")
    if content:
        await uploads.append(REPOSITORY, upload.id, stream(content))
    return upload.id


async def together(*calls):
    """What became of calls made at once."""
    return kinds(await asyncio.gather(*calls, return_exceptions=True))


@pytest.fixture(params=["one worker", "two workers"])
def pair(request, uploads: Uploads, other_worker: Uploads) -> tuple[Uploads, Uploads]:
    return (uploads, uploads if request.param == "one worker" else other_worker)


@pytest.mark.parametrize("make", [body, stream], ids=["announced", "stream"])
@pytest.mark.parametrize("appended", [b"", b"hel", b"hello"])
def test_of_two_that_finish_at_least_one_does(pair, place: Place, run, appended, make) -> None:
    one, other = pair
    rest = b"hello"[len(appended) :]

    async def scenario():
        key = await started(one, appended)
        return await together(
            one.finish(REPOSITORY, key, make(rest), HELLO),
            other.finish(REPOSITORY, key, make(rest), HELLO),
        )

    for _ in range(ROUNDS):
        either, done = run(scenario())
        assert done == "done"
        # The second one is refused while the first is at it, and finds its blob afterwards.
        assert either in {"done", *BUSY_OR_GONE}
    assert (place.finished(), place.unfinished()) == ([b"hello"], [])


def test_a_small_and_a_streamed_finish_of_an_empty_upload(pair, place: Place, run) -> None:
    one, other = pair

    async def scenario():
        key = await started(one)
        return await together(
            one.finish(REPOSITORY, key, body(b"hello"), HELLO),
            other.finish(REPOSITORY, key, stream(b"hello"), HELLO),
        )

    for _ in range(ROUNDS):
        either, done = run(scenario())
        assert done == "done"
        # The second one is refused while the first is at it, and finds its blob afterwards.
        assert either in {"done", *BUSY_OR_GONE}
    assert (place.finished(), place.unfinished()) == ([b"hello"], [])


@pytest.mark.parametrize("appended", [b"", b"hel"])
@pytest.mark.parametrize("make", [body, stream], ids=["announced", "stream"])
def test_of_finish_and_cancel_at_most_one_wins(
    *, pair, stores, place: Place, run, appended, make
) -> None:
    one, other = pair
    told: list[list[str]] = []

    async def scenario() -> None:
        content = random_bytes(300, seed=len(place.finished()))
        key, digest = await started(one, appended), Digest.of(appended + content)
        outcomes = await asyncio.gather(
            one.finish(REPOSITORY, key, make(content), digest),
            other.cancel(REPOSITORY, key),
            return_exceptions=True,
        )
        here = await stores.metadata.read(lambda t: t.blobs.size(REPOSITORY, digest))
        told.append(kinds(outcomes))
        assert (here is not None) is (outcomes[0] == here)
        with pytest.raises(UploadUnknown):
            await one.find(REPOSITORY, key)

    for _ in range(ROUNDS):
        run(scenario())
    # Where the finish finds the bytes gone and ends the upload first, it was unknown to both.
    assert ["UploadUnknown", "done"] in told
    assert all(each in (["UploadUnknown", "done"], ["UploadUnknown"] * 2) for each in told)
    assert place.unfinished() == []


@pytest.mark.parametrize("end", ["cancel", "expire"])
def test_an_append_and_the_end_of_the_upload(pair, place: Place, run, end) -> None:
    one, other = pair

    async def scenario() -> None:
        key = await started(one)
        ending = other.cancel(REPOSITORY, key) if end == "cancel" else other.expire(timedelta())
        await together(one.append(REPOSITORY, key, stream(b"hello")), ending)
        await together(one.cancel(REPOSITORY, key))

    for _ in range(ROUNDS):
        run(scenario())
    assert place.unfinished() == []


def test_of_many_appends_those_that_succeed_count(pair, place: Place, run) -> None:
    one, other = pair
    chunks = [random_bytes(1000, seed) for seed in range(6)]

    async def scenario() -> bytes:
        key = await started(one)
        appends = [
            worker.append(REPOSITORY, key, stream(chunk))
            for worker, chunk in zip([one, other] * 3, chunks, strict=True)
        ]
        outcomes = await asyncio.gather(*appends, return_exceptions=True)
        assert set(kinds(outcomes)) <= {"done", "UploadBusy"}
        kept = [
            (outcome.offset, chunk)
            for outcome, chunk in zip(outcomes, chunks, strict=True)
            if not isinstance(outcome, BaseException)
        ]
        content = b"".join(chunk for _, chunk in sorted(kept))
        await other.finish(REPOSITORY, key, body(b""), Digest.of(content))
        return content

    contents = {run(scenario()) for _ in range(ROUNDS)}
    assert place.finished() == sorted(contents)


def test_while_one_request_writes_all_others_are_refused(pair, place: Place, run) -> None:
    one, other = pair

    async def scenario() -> None:
        key = await started(one, b"he")
        began, go_on = asyncio.Event(), asyncio.Event()
        close = one.finish(REPOSITORY, key, held(b"llo", began, go_on), HELLO)
        writing = asyncio.create_task(close)
        await began.wait()
        for attempt in (
            other.append(REPOSITORY, key, stream(b"p")),
            other.append(REPOSITORY, key, body(b"p", start=2)),
            other.finish(REPOSITORY, key, body(b"llo"), HELLO),
        ):
            with pytest.raises(UploadBusy):
                await attempt
        go_on.set()
        await writing

    run(scenario())
    assert (place.finished(), place.unfinished()) == ([b"hello"], [])


@pytest.mark.parametrize("appended", [b"", b"he"])
@pytest.mark.parametrize("closing", [False, True], ids=["append", "finish"])
def test_a_cancel_ends_the_request_that_writes(pair, place: Place, run, appended, closing) -> None:
    one, other = pair

    async def scenario() -> None:
        key = await started(one, appended)
        began, go_on = asyncio.Event(), asyncio.Event()
        content = random_bytes(2 * MIB)
        brought, digest = held(content, began, go_on), Digest.of(appended + content)
        write = (
            one.finish(REPOSITORY, key, brought, digest)
            if closing
            else one.append(REPOSITORY, key, brought)
        )
        writing = asyncio.create_task(write)
        await began.wait()
        await other.cancel(REPOSITORY, key)
        go_on.set()
        with pytest.raises(UploadUnknown):
            await writing

    run(scenario())
    assert (place.finished(), place.unfinished()) == ([], [])
