"""Collections between the steps of a push, and pushes between the steps of a collection."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from entrepot.errors import BlobUnknown, ContentBusy
from entrepot.oci.digest import Digest
from entrepot.registry import claims
from entrepot.registry.gc import plan
from entrepot.registry.gc.collect import Collector
from entrepot.registry.margins import MACHINES, ONE_MACHINE, Margins
from entrepot.registry.pull import Pull
from entrepot.registry.stores import Stores
from entrepot.registry.uploads import Uploads
from tests.registry.bodies import body, stream
from tests.registry.collecting import GRACE, collect, collect_all
from tests.registry.place import Place
from tests.registry.pushes import REPOSITORY, image, push, push_blob, whole
from tests.registry.watched import Crash, WatchedBlobs, crash

LAYER = b"layer"
IMAGE = image(b"{}", LAYER)

Push = Callable[[Stores], Awaitable[object]]


async def push_whole(stores: Stores) -> None:
    await push_blob(stores, LAYER)


async def push_chunks(stores: Stores) -> None:
    uploads = Uploads(stores)
    upload = await uploads.start(REPOSITORY, "sha256", actor="alice")
    await uploads.append(REPOSITORY, upload.id, stream(LAYER[:2]))
    await uploads.finish(REPOSITORY, upload.id, body(LAYER[2:]), Digest.of(LAYER))


async def push_the_manifest(stores: Stores) -> None:
    await push(stores, IMAGE)


async def read_blob(stores: Stores) -> bytes:
    assert await Pull(stores).blob(REPOSITORY, Digest.of(LAYER)) == len(LAYER)
    return await whole(stores.blobs.read(Digest.of(LAYER)))


async def read_manifest(stores: Stores) -> bytes:
    return (await Pull(stores).manifest(REPOSITORY, "latest")).content


KINDS = {
    "whole": (push_whole, LAYER, read_blob),
    "chunks": (push_chunks, LAYER, read_blob),
    "manifest": (push_the_manifest, IMAGE, read_manifest),
}
# Right before the bytes are stored, and between them and their rows.
STEPS = {
    "whole": ("put", "stored"),
    "chunks": ("finish", "finished"),
    "manifest": ("put", "stored"),
}
kind = pytest.mark.parametrize("kind", KINDS)


@pytest.fixture
def blobs(place: Place) -> WatchedBlobs:
    return WatchedBlobs(place.root)


@pytest.fixture
def watched(place: Place, blobs: WatchedBlobs) -> Stores:
    """The worker between whose steps the other one gets in."""
    return place.stores(blobs)


async def push_others(stores: Stores, content: bytes) -> None:
    """Push what *content* names, where it is a manifest."""
    if content == IMAGE:
        for blob in (b"{}", LAYER):
            await push_blob(stores, blob)


async def condemn(stores: Stores, content: bytes) -> None:
    """Have *content* without rows, and condemned."""
    await stores.blobs.put(Digest.of(content), content)
    await collect(stores)


@kind
@pytest.mark.parametrize("step", [0, 1], ids=["before", "after"])
@pytest.mark.parametrize("earlier", ["new", "condemned", "due"])
def test_no_collection_takes_what_is_being_pushed(
    *, place: Place, stores: Stores, watched, blobs, run, kind, step, earlier
) -> None:
    """Before its bytes are stored or after, whether they are new, or were about to go."""
    pushing, content, read = KINDS[kind]

    async def intrude() -> None:
        await collect(stores)
        await collect(stores)

    async def scenario() -> None:
        await push_others(stores, content)
        if earlier != "new":
            await condemn(stores, content)
        if earlier == "due":
            place.clock.move(GRACE)
        blobs.steps[STEPS[kind][step]] = intrude
        await pushing(watched)
        assert not blobs.steps
        assert await read(stores) == content
        await collect(stores)
        assert await read(stores) == content

    run(scenario())


@kind
def test_a_push_waits_while_the_same_bytes_are_removed(
    *, stores: Stores, watched, blobs, place: Place, run, kind
) -> None:
    pushing, content, read = KINDS[kind]
    pushes: list[asyncio.Task[object]] = []

    async def push_meanwhile() -> None:
        pushes.append(asyncio.ensure_future(pushing(stores)))
        for _ in range(100):
            await asyncio.sleep(0)
        assert not pushes[0].done()

    async def scenario() -> None:
        await condemn(stores, content)
        place.clock.move(GRACE)
        await push_others(stores, content)
        blobs.steps["delete"] = push_meanwhile
        assert (await collect(watched)).removed.count == 1
        await pushes[0]
        assert await read(stores) == content

    run(scenario())


@kind
def test_a_collection_that_died_over_bytes_holds_their_push_up_for_minutes(
    *, stores: Stores, watched, blobs, place: Place, run, kind, monkeypatch
) -> None:
    """It may not be dead: then what it still does must not meet the new bytes."""
    pushing, content, read = KINDS[kind]
    monkeypatch.setattr(claims, "_LOOK_AGAIN", 0)

    async def scenario() -> None:
        await condemn(stores, content)
        place.clock.move(GRACE)
        await push_others(stores, content)
        blobs.steps["delete"] = crash
        with pytest.raises(Crash):
            await collect(watched)
        with pytest.raises(ContentBusy):
            await pushing(stores)
        place.clock.move(plan.REMOVING)
        await pushing(stores)
        assert await read(stores) == content
        await collect(stores)
        assert await read(stores) == content

    run(scenario())


def test_a_collection_that_died_is_gone_on_with(
    stores: Stores, watched, blobs, place: Place, run
) -> None:
    run(condemn(stores, b"stray"))
    place.clock.move(GRACE)
    for step in ("delete", "deleted"):
        blobs.steps[step] = crash
        with pytest.raises(Crash):
            run(collect(watched))
        assert run(collect(stores)).removed.count == 0
        place.clock.move(plan.REMOVING)
    assert run(collect(stores)).removed.count == 1
    assert b"stray" not in place.finished()
    assert run(collect(stores)).removed.count == 0


def test_a_slow_collection_begins_no_removal_late(
    stores: Stores, watched, blobs, place: Place, run
) -> None:
    """Its mark runs out, and others may push what it would remove."""

    async def prepare_many() -> None:
        for number in range(30):
            await stores.blobs.put(Digest.of(b"%d" % number), b"%d" % number)
        await collect(stores)

    async def stall() -> None:
        place.clock.move(plan.BEGUN + timedelta(seconds=1))

    run(prepare_many())
    place.clock.move(GRACE)
    blobs.steps["deleted"] = stall
    assert 0 < run(collect(watched)).removed.count < 30
    left = len(place.finished())
    assert run(collect(stores)).removed.count == 0
    assert len(place.finished()) == left
    place.clock.move(plan.REMOVING)
    assert run(collect(stores)).removed.count == left


@kind
def test_a_push_that_stalls_claims_again(
    *, stores: Stores, watched, blobs, place: Place, run, kind
) -> None:
    pushing, content, read = KINDS[kind]

    async def stall() -> None:
        place.clock.move(stores.margins.holds + timedelta(seconds=1))
        await collect(stores)

    async def scenario() -> None:
        await push_others(stores, content)
        blobs.steps[STEPS[kind][1]] = stall
        await pushing(watched)
        assert await read(stores) == content
        await collect(stores)
        assert await read(stores) == content

    run(scenario())


@kind
@pytest.mark.parametrize("margins", [MACHINES, ONE_MACHINE], ids=["machines", "one machine"])
def test_a_slow_push_loses_nothing_to_collections_without_a_grace(
    *, stores: Stores, watched, blobs, place: Place, run, kind, margins: Margins
) -> None:
    pushing, content, read = KINDS[kind]
    stores, watched = (replace(each, margins=margins) for each in (stores, watched))

    async def collect_meanwhile() -> None:
        await collect(stores, timedelta())
        place.clock.move(margins.holds)
        await collect(stores, timedelta())

    async def scenario() -> None:
        await push_others(stores, content)
        if content == IMAGE:
            # What it names is named by another image too, and stays.
            await push(stores, image(b"{}", LAYER, LAYER))
        blobs.steps[STEPS[kind][1]] = collect_meanwhile
        await pushing(watched)
        place.clock.move(margins.spared)
        await collect(stores)
        assert await read(stores) == content

    run(scenario())


@kind
@pytest.mark.parametrize("moved", [-60, 3], ids=["by more than it took", "by less"])
def test_a_clock_that_is_set_back_makes_no_claim_last(
    *, stores: Stores, watched, blobs, place: Place, run, kind, moved: int
) -> None:
    """By the clock the push took *moved* seconds; by others that cannot be set, 40."""
    pushing, content, _ = KINDS[kind]
    ticks = [0.0]
    stores, watched = (
        replace(each, margins=ONE_MACHINE, ticks=lambda: ticks[0]) for each in (stores, watched)
    )

    async def pause(_: float) -> None:
        ticks[0] += 40

    async def collect_without_a_grace() -> None:
        place.clock.move(timedelta(seconds=moved))
        async for _ in Collector(stores, timedelta(), pause).run(thorough=True):
            pass

    async def scenario() -> None:
        await push_others(stores, content)
        blobs.steps[STEPS[kind][1]] = collect_without_a_grace
        with pytest.raises(BlobUnknown):
            await pushing(watched)

    run(scenario())
    assert content not in place.finished()


@kind
def test_a_push_whose_bytes_went_while_it_stalled_is_refused(
    *, stores: Stores, watched, blobs, place: Place, run, kind
) -> None:
    pushing, content, _ = KINDS[kind]

    async def stall_for_days() -> None:
        for _ in range(3):
            await collect(stores)
            place.clock.move(GRACE / 2)

    async def scenario() -> None:
        await push_others(stores, content)
        blobs.steps[STEPS[kind][1]] = stall_for_days
        with pytest.raises(BlobUnknown):
            await pushing(watched)

    run(scenario())
    run(collect_all(place, stores))
    assert content not in place.finished()


def test_two_collections_at_once_do_what_one_does(
    place: Place, stores: Stores, elsewhere: Stores, run
) -> None:
    async def scenario() -> None:
        for number in range(250):
            await push_blob(stores, b"%d" % number)
            await stores.blobs.put(Digest.of(b"s%d" % number), b"s%d" % number)
        await push_blob(stores, b"{}")
        await push_blob(stores, LAYER)
        await push(stores, IMAGE)
        for _ in range(4):
            place.clock.move(GRACE)
            await asyncio.gather(collect(stores), collect(elsewhere))

    run(scenario())
    assert place.finished() == sorted([b"{}", LAYER, IMAGE])
