"""How much there is, as administrators see it: a moment old, so that looking costs nothing."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from entrepot.http.services import Services
from entrepot.model.usage import Counts, Stored

_AGE: Final = timedelta(minutes=1)
_PIECE: Final = 1000


@dataclass(frozen=True, slots=True)
class Figures:
    """How much there was at a moment."""

    counts: Counts
    stored: Stored
    at: datetime


class Measured:
    """The last figures of one worker; old ones are shown while new ones are made."""

    def __init__(self) -> None:
        self._last: Figures | None = None
        self._busy = False

    async def figures(self, services: Services) -> Figures:
        """Figures of the last minute, or of the visit before."""
        if self._last is None:
            self._last = await measure(services)
        elif services.stores.clock() - self._last.at > _AGE and not self._busy:
            self._busy = True
            services.later(self._renew(services))
        return self._last

    async def _renew(self, services: Services) -> None:
        try:
            self._last = await measure(services)
        finally:
            self._busy = False


async def measure(services: Services) -> Figures:
    """Count everything, in pieces between which others are answered."""
    metadata, at = services.stores.metadata, services.stores.clock()
    counts = await metadata.read(lambda t: t.usage.counts())
    whole, place = Stored(), 0
    while True:
        piece, after = await metadata.read(
            lambda t, place=place: t.usage.stored(place, _PIECE)  # type: ignore[misc]
        )
        if after is None:
            return Figures(counts, whole, at)
        whole, place = whole + piece, after
        await asyncio.sleep(0)
