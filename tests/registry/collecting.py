"""Garbage collections as short as a test wants them."""

from datetime import timedelta

from entrepot.model.garbage import Tally
from entrepot.registry.gc.collect import Collector
from entrepot.registry.stores import Stores
from tests.registry.place import Place

GRACE = timedelta(hours=24)


async def collect(stores: Stores, grace: timedelta = GRACE, *, thorough: bool = True) -> Tally:
    """A whole run, and what it did."""
    collector = Collector(stores, grace)
    async for _ in collector.run(thorough=thorough):
        pass
    return collector.tally


async def collect_all(place: Place, stores: Stores) -> None:
    """Collect until nothing can be left of what is garbage now."""
    for _ in range(4):
        await collect(stores)
        place.clock.move(GRACE)
