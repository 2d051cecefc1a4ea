"""Acting on what happened: facts about images, the search, webhooks.

A push is answered before any of this is done; the event that tells of it stands in the database
until all of it is.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

from entrepot.errors import (
    DatabaseDamaged,
    DatabaseUnavailable,
    ManifestUnknown,
    StorageFull,
    StorageUnavailable,
)
from entrepot.http.services import Services
from entrepot.metadata.port import Transaction
from entrepot.model.event import Event, EventKind
from entrepot.model.repository import ImageFacts
from entrepot.observe import logs
from entrepot.oci.digest import Digest
from entrepot.registry import inspect
from entrepot.search.index import Tokens, long_texts, reindex
from entrepot.webhooks.fan_out import FanOut, fan_out

_TOGETHER: Final = 100
# Repositories whose events wait; those of more would be read again and again.
_WAITING: Final = 500
# About ten minutes, all in all.
_TRIES: Final = 15
_SECOND: Final = timedelta(seconds=1)
_LONGEST: Final = timedelta(minutes=1)
_OUTAGE: Final = timedelta(seconds=5)
_PAUSE: Final = 1.0
# Characters of texts that are cut into tokens on the spot.
_IN_PLACE: Final = 4096


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

    The oldest events of one repository, a bounded number, are acted on in one transaction: what
    goes wrong with them, as when the store of bytes cannot be reached, holds up no others, however
    many they are. They are tried again, later and later, and in the end reported without what could
    not be read.

    After each transaction it pauses for as long as that took, so that a long backlog leaves other
    writers at least half of the time.
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
        metadata, waiting = self._services.stores.metadata, self._waiting()
        found = await metadata.read(lambda t: t.events.page(_TOGETHER, waiting))
        tried = False
        for repository in sorted({event.repository for event in found} - set(waiting)):
            own = [event for event in found if event.repository == repository]
            tried = await self._follow(repository, own) or tried
        return tried and len(found) == _TOGETHER

    def _waiting(self) -> list[str]:
        """The repositories whose events are not to be tried now, or some of them."""
        now = self._services.stores.clock()
        held = (name for name, each in self._failures.items() if each.until and now < each.until)
        return list(islice(held, _WAITING))

    async def _follow(self, repository: str, events: Sequence[Event]) -> bool:
        """Act on events of one repository; False where others are better not tried now either."""
        stores, failure = self._services.stores, self._failures.get(repository, _NONE)
        if failure.until is not None and stores.clock() < failure.until:
            return False
        try:
            read = await self._read(events) if failure.tries < _TRIES else {}
            tokens = await self._cut(repository, events, read)
            began = time.perf_counter()
            fanned = await stores.metadata.write(lambda t: self._act(t, events, read, tokens))
            took = time.perf_counter() - began
        except (DatabaseUnavailable, StorageFull):
            raise
        except (StorageUnavailable, DatabaseDamaged) as problem:
            # That takes no try and has a log line of its own; the others may need nothing of it.
            self._services.noticed(problem)
            self._failures[repository] = replace(failure, until=stores.clock() + _OUTAGE)
            return False
        except Exception:  # noqa: BLE001 - logged, and tried again
            logs.get(__name__).exception("following events failed", repository=repository)
            self._failures[repository] = failure.next(stores.clock())
            return True
        self._failures.pop(repository, None)
        if fanned.added:
            self._services.courier.wake()
        if fanned.dropped:
            logs.get(__name__).warning(
                "webhook deliveries dropped: too many are waiting",
                repository=repository,
                dropped=fanned.dropped,
            )
        await asyncio.sleep(min(took, _PAUSE))
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

    async def _cut(
        self, repository: str, events: Sequence[Event], read: Mapping[str, _Read]
    ) -> Tokens:
        """The tokens of what the repository is found by, as far as it is known before the write."""
        texts = _texts(events, read)
        long = await self._services.stores.metadata.read(lambda t: long_texts(t, repository, texts))
        if sum(map(len, long)) <= _IN_PLACE:
            return Tokens(long)
        return await asyncio.to_thread(Tokens, long)

    def _act(
        self,
        t: Transaction,
        found: Sequence[Event],
        read: Mapping[str, _Read],
        tokens: Tokens,
    ) -> FanOut:
        """Do what follows, for those that no other node took out meanwhile."""
        mine = set(t.events.done([event.id for event in found]))
        events = [event for event in found if event.id in mine]
        if not events:
            return FanOut()
        repository = events[0].repository
        # Tags that share a manifest share its facts.
        known = {event.digest: read[event.digest] for event in events if event.digest in read}
        for digest, each in known.items():
            t.images.put(repository, Digest(digest), each.facts)
        pushed = [event for event in events if event.kind is EventKind.PUSH]
        if pushed:
            t.cards.touch(repository, at=pushed[-1].at)
        reindex(t, repository, _texts(events, read), tokens)
        stores, site = self._services.stores, self._services.settings.server.url or ""
        return fan_out(t, repository, events, now=stores.clock(), new_id=stores.ids, site=site)


def _texts(events: Sequence[Event], read: Mapping[str, _Read]) -> tuple[str, ...] | None:
    """The texts of the image that was pushed last; None where none was read."""
    last = next((each for each in reversed(events) if each.digest in read), None)
    return read[last.digest].texts if last else None
