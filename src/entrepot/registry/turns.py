"""Heavy works that a worker does one at a time, each once for all who ask for it meanwhile."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

from entrepot.errors import Overloaded

T = TypeVar("T")


class Turns(Generic[T]):
    """At most *waiting* works wait for their turn; Overloaded beyond that.

    A work that has begun goes on when everyone who asked for it has gone away: what it takes is
    taken once.
    """

    def __init__(self, waiting: int, turn: asyncio.Semaphore | None = None) -> None:
        self._most = waiting + 1
        self._turn = turn or asyncio.Semaphore(1)
        self._tasks: dict[Hashable, asyncio.Task[T]] = {}

    async def run(self, key: Hashable, work: Callable[[], Awaitable[T]]) -> T:
        """Return what *work* does; what others who asked for the same *key* get as well."""
        task = self._tasks.get(key)
        if task is None:
            if len(self._tasks) >= self._most:
                raise Overloaded
            task = self._tasks[key] = asyncio.create_task(self._in_turn(work))
            task.add_done_callback(lambda done: self._end(key, done))
        return await asyncio.shield(task)

    async def _in_turn(self, work: Callable[[], Awaitable[T]]) -> T:
        async with self._turn:
            return await work()

    def _end(self, key: Hashable, done: "asyncio.Task[T]") -> None:
        del self._tasks[key]
        # If no request waits any more, its exception must be retrieved here.
        if not done.cancelled():
            done.exception()
