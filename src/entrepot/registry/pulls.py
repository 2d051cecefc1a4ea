"""How often what is pulled: counted in memory, written now and then, off the path of a pull."""

from collections.abc import Sequence
from typing import Final

from entrepot.metadata.port import Transaction
from entrepot.model.event import EventKind
from entrepot.model.repository import PullCount
from entrepot.oci.names import namespace_of
from entrepot.registry import events
from entrepot.registry.stores import Stores

# A count that cannot be written for long does not fill the memory.
_MOST: Final = 100_000


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
            await self._stores.metadata.write(lambda t: _count(t, listed), durable=False)
        except BaseException:
            for key, pulls in counts.items():
                self._counts[key] = self._counts.get(key, 0) + pulls
            raise


def _count(t: Transaction, counts: Sequence[PullCount]) -> None:
    """Count the pulls, and tell of them where somebody wants to be told."""
    counted = t.pulls.add(counts)
    listening = {
        namespace
        for namespace in {namespace_of(count.repository) for count in counted}
        if any(EventKind.PULL in hook.events for hook in t.webhooks.active(namespace))
    }
    for count in counted:
        if namespace_of(count.repository) in listening:
            events.pulled(t, count)
