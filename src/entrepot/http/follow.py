"""Acting on what happened: facts about images, the search, webhooks.

A push is answered before any of this is done; the event that tells of it stands in the database
until all of it is.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from entrepot.errors import DatabaseUnavailable, ManifestUnknown, StorageFull, StorageUnavailable
from entrepot.http.services import Services
from entrepot.metadata.port import Transaction
from entrepot.model.event import Event, EventKind
from entrepot.model.repository import ImageFacts
from entrepot.observe import logs
from entrepot.oci.digest import Digest
from entrepot.registry import inspect
from entrepot.search.index import reindex
from entrepot.webhooks.fan_out import fan_out

_TOGETHER: Final = 100
# About ten minutes, all in all.
_TRIES: Final = 15
_SECOND: Final = timedelta(seconds=1)
_LONGEST: Final = timedelta(minutes=1)
_OUTAGE: Final = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class _Read:
    """What was read of the manifest that an event is about."""

    facts: ImageFacts
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Failure:
    """How often in a row a repository's events could not be acted on, and until when they wait."""

    tries: int = 0
    until: datetime | None = None

    def next(self, now: datetime) -> "_Failure":
        """The same after one failure more."""
        return _Failure(self.tries + 1, now + min(_SECOND * 2**self.tries, _LONGEST))


_NONE: Final = _Failure()


class Follower:
    """Takes events out, oldest first, and does what follows from them.

    One repository's events are acted on in one transaction: what goes wrong with them, as when the
    store of bytes cannot be reached, holds up no others. They are tried again, later and later, and
    in the end told of without what could not be read.
    """

    def __init__(self, services: Services) -> None:
        self._services = services
        self._failures: dict[str, _Failure] = {}

    async def run(self) -> None:
        """Act on all events that there are."""
        while await self._some():
            pass

    async def _some(self) -> bool:
        """Act on the oldest events; whether there may be more to act on now."""
        metadata = self._services.stores.metadata
        found = await metadata.read(lambda t: t.events.page(_TOGETHER))
        whole = True
        for repository in sorted({event.repository for event in found}):
            own = [event for event in found if event.repository == repository]
            whole = await self._follow(repository, own) and whole
        return whole and len(found) == _TOGETHER

    async def _follow(self, repository: str, events: Sequence[Event]) -> bool:
        """Act on events of one repository; False where they are to be tried again."""
        stores, failure = self._services.stores, self._failures.get(repository, _NONE)
        if failure.until is not None and stores.clock() < failure.until:
            return False
        try:
            read = await self._read(events) if failure.tries < _TRIES else {}
            if await stores.metadata.write(lambda t: self._act(t, events, read)):
                self._services.courier.wake()
        except (DatabaseUnavailable, StorageFull):
            raise
        except StorageUnavailable as problem:
            # That takes no try, and the others may need nothing of the store.
            self._services.noticed(problem)
            self._failures[repository] = replace(failure, until=stores.clock() + _OUTAGE)
            return False
        except Exception:  # noqa: BLE001 - logged, and tried again
            logs.get(__name__).exception("following events failed", repository=repository)
            self._failures[repository] = failure.next(stores.clock())
            return False
        self._failures.pop(repository, None)
        return True

    async def _read(self, events: Sequence[Event]) -> dict[str, _Read]:
        """The facts of each manifest that was pushed and is still there, once."""
        wanted = {
            event.digest: event.repository
            for event in events
            if event.digest and event.kind in {EventKind.PUSH, EventKind.DESCRIBE}
        }
        found = {}
        for digest, repository in wanted.items():
            with suppress(ManifestUnknown):
                stores = self._services.stores
                found[digest] = _Read(*await inspect.facts(stores, repository, Digest(digest)))
        return found

    def _act(self, t: Transaction, found: Sequence[Event], read: Mapping[str, _Read]) -> int:
        """Do what follows, for those that no other node took out meanwhile.

        How many deliveries to webhooks there are to make.
        """
        mine = set(t.events.done([event.id for event in found]))
        events = [event for event in found if event.id in mine]
        if not events:
            return 0
        repository = events[0].repository
        known = [(event, read[event.digest]) for event in events if event.digest in read]
        for event, each in known:
            t.images.put(repository, Digest(event.digest), each.facts)
        pushed = [event for event in events if event.kind is EventKind.PUSH]
        if pushed:
            t.cards.touch(repository, at=pushed[-1].at)
        reindex(t, repository, known[-1][1].texts if known else None)
        return sum(self._tell(t, event) for event in events)

    def _tell(self, t: Transaction, event: Event) -> int:
        stores, site = self._services.stores, self._services.settings.server.url or ""
        return fan_out(t, event, now=stores.clock(), new_id=stores.ids, site=site)
