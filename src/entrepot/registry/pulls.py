"""How often what is pulled: counted in memory, written now and then, off the path of a pull."""

from datetime import timedelta
from typing import Final

from entrepot.model.repository import PullCount
from entrepot.registry.stores import Stores

# A count that cannot be written for long does not fill the memory.
_MOST: Final = 100_000
AGE: Final = timedelta(seconds=2)


class PullCounter:
    """The pulls that one worker has served since they were last written.

    What was counted and not yet written is lost when a worker is killed; it is not when it stops.
    """

    def __init__(self, stores: Stores) -> None:
        self._stores = stores
        self._counts: dict[tuple[str, str], int] = {}

    def note(self, repository: str, reference: str) -> None:
        """Count one pull of a manifest by a tag or a digest."""
        key = (repository, reference)
        counts = self._counts
        if key in counts or len(counts) < _MOST:
            counts[key] = counts.get(key, 0) + 1

    async def flush(self) -> None:
        """Write what was counted; nothing is lost where that fails."""
        if not self._counts:
            return
        counts, self._counts = self._counts, {}
        now = self._stores.clock()
        listed = [
            PullCount(repository, reference, pulls, now)
            for (repository, reference), pulls in counts.items()
        ]
        try:
            await self._stores.metadata.write(lambda t: t.pulls.add(listed), durable=False)
        except BaseException:
            for key, pulls in counts.items():
                self._counts[key] = self._counts.get(key, 0) + pulls
            raise
