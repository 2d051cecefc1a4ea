"""Collections between the steps of a push, and pushes between the steps of a collection."""

import asyncio
from datetime import timedelta

import pytest

from entrepot.errors import ContentBusy
from entrepot.oci.digest import Digest
from entrepot.registry import claims
from entrepot.registry.gc import plan
from entrepot.registry.stores import Stores
from tests.registry.collecting import GRACE, collect
from tests.registry.place import Place
from tests.registry.push_kinds import IMAGE, KINDS, LAYER, STEPS, condemn, kind, push_others
from tests.registry.pushes import push, push_blob
from tests.registry.watched import Crash, crash


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
