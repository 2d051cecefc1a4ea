"""Acting on what happened: facts about images, the search, webhooks.

A push is answered before any of this is done; the event that tells of it stands in the database
until all of it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from entrepot.http.services import Services
from entrepot.metadata.port import Transaction
from entrepot.model.event import Event, EventKind
from entrepot.model.repository import ImageFacts
from entrepot.oci.digest import Digest
from entrepot.registry import inspect
from entrepot.search.index import reindex
from entrepot.webhooks.fan_out import fan_out

_TOGETHER: Final = 100


@dataclass(frozen=True, slots=True)
class _Read:
    """What was read of the manifest that an event is about."""

    facts: ImageFacts
    texts: tuple[str, ...]


class Follower:
    """Takes events out, oldest first, and does what follows from them."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def run(self) -> None:
        """Act on all events that there are."""
        while await self._some():
            pass

    async def _some(self) -> bool:
        """Act on the oldest events; whether there may be more."""
        metadata = self._services.stores.metadata
        found = await metadata.read(lambda t: t.events.page(_TOGETHER))
        if not found:
            return False
        read = await self._read(found)
        if await metadata.write(lambda t: self._act(t, found, read)):
            self._services.courier.wake()
        return len(found) == _TOGETHER

    async def _read(self, events: Sequence[Event]) -> dict[tuple[str, str], _Read]:
        """The facts of each manifest that was pushed, once."""
        wanted = {
            (event.repository, event.digest): None
            for event in events
            if event.digest and event.kind in {EventKind.PUSH, EventKind.DESCRIBE}
        }
        return {
            (repository, digest): _Read(
                *await inspect.facts(self._services.stores, repository, Digest(digest))
            )
            for repository, digest in wanted
        }

    def _act(
        self, t: Transaction, found: Sequence[Event], read: dict[tuple[str, str], _Read]
    ) -> int:
        """Do what follows, for those that no other node took out meanwhile.

        How many deliveries to webhooks there are to make.
        """
        mine = set(t.events.done([event.id for event in found]))
        events = [event for event in found if event.id in mine]
        for repository, digest in {(event.repository, event.digest) for event in events}:
            known = read.get((repository, digest))
            if known is not None:
                t.images.put(repository, Digest(digest), known.facts)
        for repository in sorted({event.repository for event in events}):
            self._refresh(t, repository, events, read)
        return sum(self._tell(t, event) for event in events)

    def _refresh(
        self,
        t: Transaction,
        repository: str,
        events: Sequence[Event],
        read: dict[tuple[str, str], _Read],
    ) -> None:
        """Bring the repository's card and what is searched of it up to date."""
        own = [event for event in events if event.repository == repository]
        pushed = [event for event in own if event.kind is EventKind.PUSH]
        if pushed:
            t.cards.touch(repository, at=pushed[-1].at)
        known = [read[key] for event in own if (key := (repository, event.digest)) in read]
        reindex(t, repository, known[-1].texts if known else None)

    def _tell(self, t: Transaction, event: Event) -> int:
        stores, site = self._services.stores, self._services.settings.server.url or ""
        return fan_out(t, event, now=stores.clock(), new_id=stores.ids, site=site)
