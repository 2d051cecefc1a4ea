"""Where documents are parsed: small ones on the spot, large ones in a thread, one at a time."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Final, TypeVar, cast

from entrepot.registry.turns import Turns

T = TypeVar("T")

# Below this, handing the work to a thread costs more than the work.
_IN_PLACE: Final = 32 * 1024
# Documents that wait for their turn in a worker.
_WAITING: Final = 1000


class Parsing:
    """The parsing of one worker: while a document is parsed, everything else waits for it."""

    def __init__(self) -> None:
        self._turns: Turns[object] = Turns(_WAITING)

    async def content(self, content: bytes, parse: Callable[[bytes], T]) -> T:
        """Return what *parse* makes of the content. Raises Overloaded."""

        async def load() -> bytes:
            return content

        return await self.stored(object(), len(content), load, parse)

    async def stored(
        self,
        key: Hashable,
        size: int,
        load: Callable[[], Awaitable[bytes]],
        parse: Callable[[bytes], T],
    ) -> T:
        """Return what *parse* makes of what *load* reads, once for all who ask for the same *key*.

        It is read in its turn as well: those that wait take no memory. Raises Overloaded.
        """
        if size <= _IN_PLACE:
            return parse(await load())

        async def work() -> object:
            return await asyncio.to_thread(parse, await load())

        return cast(T, await self._turns.run(key, work))
