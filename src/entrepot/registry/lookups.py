"""Looked-up facts, kept only as long as it is proven that nobody changed anything."""

from collections.abc import Callable, Hashable
from typing import Final, Generic, TypeVar

from entrepot.metadata.port import Metadata, Transaction

T = TypeVar("T")

SIZE: Final = 50_000


class Lookups(Generic[T]):
    """An exact cache: a fact is used again only while the metadata's version stays the same.

    The version is read before the fact, so a change between the two is seen by the next look-up.
    Where the metadata cannot prove anything, every look-up asks it.
    """

    def __init__(self, metadata: Metadata, *, size: int = SIZE) -> None:
        self._metadata = metadata
        self._size = size
        self._facts: dict[Hashable, tuple[object, T]] = {}

    async def find(self, key: Hashable, work: Callable[[Transaction], T | None]) -> T | None:
        """The fact that *work* reads, or the same fact from before; None is never kept."""
        version = self._metadata.version()
        known = self._facts.get(key)
        if known is not None and known[0] == version and version is not None:
            return known[1]
        fact = await self._metadata.read(work)
        if fact is None:
            self._facts.pop(key, None)
        elif version is not None:
            self._keep(key, version, fact)
        return fact

    def _keep(self, key: Hashable, version: object, fact: T) -> None:
        if len(self._facts) >= self._size:
            for oldest in list(self._facts)[: self._size // 10 + 1]:
                del self._facts[oldest]
        self._facts[key] = (version, fact)
