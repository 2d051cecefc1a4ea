"""Looked-up facts, kept only as long as it is proven that nobody changed anything."""

from collections.abc import Awaitable, Callable, Hashable
from typing import Final, Generic, TypeVar

from entrepot.cache import MIB, Cache
from entrepot.metadata.port import Metadata, Transaction

T = TypeVar("T")

LIMIT: Final = 12 * MIB


class Lookups(Generic[T]):
    """An exact cache: a fact is used again only while the metadata's version stays the same.

    The version is read before the fact, so a change between the two is seen by the next look-up.
    Where the version cannot be had, every look-up reads. Facts and their keys take up to
    *limit* bytes of memory.
    """

    def __init__(self, metadata: Metadata, *, limit: int = LIMIT) -> None:
        self._metadata = metadata
        self._facts: Cache[Hashable, tuple[object, T]] = Cache(limit)

    async def find(self, key: Hashable, work: Callable[[Transaction], T | None]) -> T | None:
        """The fact that *work* reads, or the same fact from before; None is never kept."""
        version = self._metadata.version() or await self._metadata.current_version()
        if (kept := self._kept(key, version)) is not None:
            return kept
        fact = await self._metadata.read(work)
        self._keep(key, version, fact)
        return fact

    async def compute(self, key: Hashable, work: Callable[[], Awaitable[T]]) -> T:
        """Return what *work* computes from the metadata alone, or its result from before."""
        version = self._metadata.version() or await self._metadata.current_version()
        if (kept := self._kept(key, version)) is not None:
            return kept
        result = await work()
        self._keep(key, version, result)
        return result

    def _kept(self, key: Hashable, version: object) -> T | None:
        kept = self._facts.get(key)
        return kept[1] if kept is not None and kept[0] == version is not None else None

    def _keep(self, key: Hashable, version: object, fact: T | None) -> None:
        if fact is None:
            self._facts.drop(key)
        elif version is not None:
            self._facts.keep(key, (version, fact))
