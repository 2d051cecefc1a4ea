"""Looks up whether identity sources still know those who have accounts by them."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from entrepot.accounts import leavers
from entrepot.auth.sources.port import Source
from entrepot.clock import Clock
from entrepot.errors import Unavailable
from entrepot.metadata.port import Metadata, Transaction
from entrepot.model.account import Account
from entrepot.observe import logs

_TOGETHER: Final = 200


class Recheck:
    """One look at all accounts of *sources*, and of a provider that is asked at sign-on alone.

    Whoever a source does not know any more loses access until it knows them again. A source that
    does not answer changes nothing.
    """

    def __init__(
        self,
        metadata: Metadata,
        clock: Clock,
        sources: Sequence[Source],
        *,
        provider: str | None = None,
        sign_on_every: timedelta | None = None,
    ) -> None:
        self._metadata = metadata
        self._clock = clock
        self._sources = sources
        self._provider = provider
        self._sign_on_every = sign_on_every

    async def run(self) -> None:
        for source in self._sources:
            try:
                await self._source(source)
            except Unavailable as problem:
                logs.get(__name__).warning(
                    "identity source not rechecked", source=source.name, error=str(problem)
                )
        if self._provider is not None and self._sign_on_every is not None:
            await self._signed_on(self._provider, self._sign_on_every)

    async def _source(self, source: Source) -> None:
        last = ""
        while page := await self._page(source.name, last):
            last = page[-1].subject
            accounts = leavers.candidates(page)
            there = await source.still([each.subject for each in accounts])
            await self._settle({each: each.subject in there for each in accounts})

    async def _signed_on(self, provider: str, every: timedelta) -> None:
        """Nobody can be asked for by name there: who has not signed on for long has to."""
        last, since = "", self._clock() - every
        while page := await self._page(provider, last):
            last = page[-1].subject
            seen = {each: (each.last_login_at or each.created_at) > since for each in page}
            await self._settle({each: seen[each] for each in leavers.candidates(page)})

    async def _page(self, source: str, last: str) -> list[Account]:
        return await self._metadata.read(lambda t: t.accounts.of_source(source, last, _TOGETHER))

    async def _settle(self, there: dict[Account, bool]) -> None:
        changed = {each: is_there for each, is_there in there.items() if is_there == each.disabled}
        if not changed:
            return
        now = self._clock()

        def work(t: Transaction) -> None:
            for account, is_there in changed.items():
                leavers.settle(t, account, there=is_there, now=now)

        await self._metadata.write(work)
