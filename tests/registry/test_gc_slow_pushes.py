"""Pushes that take longer than their claims, or whose clock is set."""

from dataclasses import replace
from datetime import timedelta

import pytest

from entrepot.errors import BlobUnknown
from entrepot.registry.gc.collect import Collector
from entrepot.registry.margins import MACHINES, ONE_MACHINE, Margins
from entrepot.registry.stores import Stores
from tests.registry.collecting import GRACE, collect, collect_all
from tests.registry.place import Place
from tests.registry.push_kinds import IMAGE, KINDS, LAYER, STEPS, kind, push_others
from tests.registry.pushes import image, push


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
