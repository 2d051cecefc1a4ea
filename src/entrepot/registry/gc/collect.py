"""One run of the garbage collection: facts are read, `plan` decides, and little is done at a time.

Each step is a short transaction of its own. It may be cut short anywhere, and two runs may be under
way at once: whatever is left is found by the next one.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from entrepot.errors import BlobUnknown, Stale
from entrepot.metadata.garbage import Place
from entrepot.metadata.port import Transaction
from entrepot.model.garbage import Condemned, Content, Link, Tally
from entrepot.oci.digest import Digest
from entrepot.registry.gc import plan
from entrepot.registry.stores import Stores

FIRST: Final = (0, 0)
# Rows looked at in one read, which on SQLite holds up other requests of the process.
PAGE: Final = 200
# Contents removed between two transactions, and at once.
_BATCH: Final = 100
_AT_ONCE: Final = 8
# Longer than that no run waits at its end.
_SOON: Final = timedelta(minutes=1)

Pause = Callable[[float], Awaitable[object]]


class Collector:
    """A run; `tally` is what it did so far.

    With a *pause* and hardly any grace, it removes what it condemned too: immediately where no
    other process uses the database, otherwise as soon as no push that is under way can need it.
    """

    def __init__(self, stores: Stores, grace: timedelta, pause: Pause | None = None) -> None:
        self._stores = stores
        self._grace = grace
        self._pause = pause
        self.tally = Tally()
        self._failures: list[Exception] = []

    async def run(self, *, thorough: bool) -> AsyncIterator[Tally]:
        """Go through everything, telling the tally at each step; *thorough* lists the store too."""
        for step in (self._retire, self._settle, self._forget):
            async for _ in step():
                yield self.tally
        await self._require_own_store()
        strays = (self._find_strays,) if thorough else ()
        for step in (*strays, self._hasten, self._remove):
            async for _ in step():
                yield self.tally
        async for _ in self._remove_soon():
            yield self.tally

    async def _require_own_store(self) -> None:
        """Stale where bytes without rows may be somebody else's."""
        if await self._stores.blobs.is_shared():
            raise Stale(
                "Docker's own registry has repositories in the same place"
                " (docker/registry/v2/repositories), so no bytes are removed: they may be its"
            )
        new = self._stores.ids()
        own = await self._stores.metadata.write(lambda t: t.collections.identity(new))
        if await self._stores.blobs.owner(own) != own:
            raise Stale(
                "the store belongs to another database, so no bytes are removed: look whether"
                " database.url and the place of the blobs are right; if this database is the right"
                " one, remove 'owner' there"
            )

    async def _retire(self) -> AsyncIterator[None]:
        """Take out of repositories what none of their manifests names."""
        place: Place | None = FIRST
        while place is not None:
            links, place = await self._unnamed(place)
            doomed = plan.retire(links, now=self._stores.clock(), grace=self._grace)
            if doomed:
                retired = await self._stores.metadata.write(self._retiring(doomed), durable=False)
                sizes = [link.size for link in retired]
                self.tally = replace(self.tally, retired=self.tally.retired.with_these(*sizes))
            yield

    async def _unnamed(self, after: Place) -> tuple[list[Link], Place | None]:
        return await self._stores.metadata.read(lambda t: t.retired.unnamed(after, PAGE))

    def _retiring(self, doomed: Sequence[Link]) -> Callable[[Transaction], list[Link]]:
        now = self._stores.clock()

        def work(t: Transaction) -> list[Link]:
            held = plan.retire(t.retired.hold(doomed), now=now, grace=self._grace)
            t.retired.retire(held, at=now)
            return held

        return work

    async def _settle(self) -> AsyncIterator[None]:
        """Put retired blobs back that are named, and forget those whose grace is over."""
        while True:
            fate, gone = await self._stores.metadata.write(self._settling(), durable=False)
            if not (fate.restored or fate.forgotten):
                return
            restored = [each.size for each in fate.restored]
            forgotten = [each.size for each in gone]
            self.tally = replace(
                self.tally,
                restored=self.tally.restored.with_these(*restored),
                forgotten=self.tally.forgotten.with_these(*forgotten),
            )
            yield

    def _settling(self) -> Callable[[Transaction], tuple[plan.Fate, list[Content]]]:
        now = self._stores.clock()

        def work(t: Transaction) -> tuple[plan.Fate, list[Content]]:
            ripe = t.retired.ripe(now - self._grace, PAGE)
            fate = plan.settle(ripe, now=now, grace=self._grace)
            t.retired.restore(fate.restored)
            t.retired.drop(fate.forgotten)
            digests = list(dict.fromkeys(each.digest for each in fate.forgotten))
            return fate, t.condemned.forget(digests, due=now + self._stores.margins.spared)

        return work

    async def _forget(self) -> AsyncIterator[None]:
        """Forget the other blobs that no repository has: those that were deleted by hand."""
        place: int | None = 0
        while place is not None:
            contents, place = await self._linkless(place)
            if contents:
                digests = [content.digest for content in contents]
                gone = await self._stores.metadata.write(self._forgetting(digests), durable=False)
                sizes = [content.size for content in gone]
                self.tally = replace(self.tally, forgotten=self.tally.forgotten.with_these(*sizes))
            yield

    async def _linkless(self, after: int) -> tuple[list[Content], int | None]:
        return await self._stores.metadata.read(lambda t: t.condemned.linkless(after, PAGE))

    def _forgetting(self, digests: Sequence[Digest]) -> Callable[[Transaction], list[Content]]:
        due = self._due()
        return lambda t: t.condemned.forget(digests, due=due)

    async def _hasten(self) -> AsyncIterator[None]:
        """Have what earlier runs condemned with a longer grace wait no longer than for this one."""
        due = self._due()
        while await self._stores.metadata.write(
            lambda t: t.condemned.hasten(due, PAGE), durable=False
        ):
            yield

    def _due(self) -> datetime:
        return plan.due(self._stores.clock(), self._grace, self._stores.margins.spared)

    async def _find_strays(self) -> AsyncIterator[None]:
        """Condemn what is in the store and has no rows."""
        async for page in listed(self._stores):
            await self._condemn(page)
            yield

    async def _condemn(self, page: Sequence[Digest]) -> None:
        strays = await self._stores.metadata.read(lambda t: t.condemned.strays(page))
        if not strays:
            return
        contents = [Content(digest, await self._size(digest)) for digest in strays]
        due = self._due()
        await self._stores.metadata.write(
            lambda t: t.condemned.condemn(contents, due=due), durable=False
        )
        sizes = [content.size for content in contents]
        self.tally = replace(self.tally, strays=self.tally.strays.with_these(*sizes))

    async def _size(self, digest: Digest) -> int | None:
        try:
            return await self._stores.blobs.size(digest)
        except BlobUnknown:
            return None

    async def _remove(self) -> AsyncIterator[None]:
        """Remove bytes that are due, and that no push has spared."""
        while await self._remove_some():
            yield
        if self._failures:
            raise self._failures[0]

    async def _remove_soon(self) -> AsyncIterator[None]:
        """Remove what this run condemned, where pushes under way hold it up for a moment only."""
        spared = self._stores.margins.spared
        if self._pause is None or not self._grace <= spared <= _SOON:
            return
        if not await self._stores.metadata.read(lambda t: t.condemned.page("", 1)):
            return
        if not self._stores.metadata.is_alone():
            await self._pause(spared.total_seconds())
        now = self._stores.clock()
        while await self._stores.metadata.write(lambda t: t.condemned.hasten(now, PAGE)):
            yield
        async for step in self._remove():
            yield step

    async def _remove_some(self) -> bool:
        """Whether there may be more."""
        now = self._stores.clock()
        until = now + plan.REMOVING
        verdict = await self._stores.metadata.write(_marking(now, until))
        if not verdict.removed:
            return bool(verdict.spared)
        in_time, gone = await self._remove_bytes(verdict.removed, now + plan.BEGUN)
        digests = [each.digest for each in gone]
        await self._stores.metadata.write(
            lambda t: t.condemned.release(digests, until=until), durable=False
        )
        sizes = [each.size for each in gone]
        self.tally = replace(self.tally, removed=self.tally.removed.with_these(*sizes))
        return in_time

    async def _remove_bytes(
        self, doomed: Sequence[Condemned], latest: datetime
    ) -> tuple[bool, Sequence[Condemned]]:
        """Whether none had to be left because it was *latest*, and those whose bytes are gone.

        What could not be removed, or was left, bears its mark until that runs out: the store may
        still be at it.
        """
        gone: list[Condemned] = []
        for start in range(0, len(doomed), _AT_ONCE):
            if self._stores.clock() > latest:
                return False, gone
            some = doomed[start : start + _AT_ONCE]
            deletions = (self._stores.blobs.delete(each.digest) for each in some)
            for each, failure in zip(
                some, await asyncio.gather(*deletions, return_exceptions=True), strict=True
            ):
                if failure is None:
                    gone.append(each)
                elif isinstance(failure, Exception):
                    self._failures.append(failure)
                else:
                    raise failure
        return True, gone


async def listed(stores: Stores) -> AsyncIterator[list[Digest]]:
    """All that is in the store, by pages."""
    page: list[Digest] = []
    async for digest in stores.blobs.digests():
        page.append(digest)
        if len(page) == PAGE:
            yield page
            page = []
    if page:
        yield page


def _marking(now: datetime, until: datetime) -> Callable[[Transaction], plan.Verdict]:
    """The mark is durable before anything is removed: nobody relies on what may be half gone."""

    def work(t: Transaction) -> plan.Verdict:
        verdict = plan.judge(t.condemned.due(now, _BATCH), now=now)
        t.condemned.release([each.digest for each in verdict.spared])
        t.condemned.mark([each.digest for each in verdict.removed], until=until)
        return verdict

    return work
