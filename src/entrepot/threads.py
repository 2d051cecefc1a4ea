"""Pools of threads for work that would hold up the event loop.

Each kind of work has a pool of its own, so that one whose calls hang (a directory, a resolver)
takes no thread from another. A pool is bounded in threads and in calls that wait for one: more are
refused, as waiting longer than their callers do would help nobody.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from entrepot.errors import Overloaded

P = ParamSpec("P")
T = TypeVar("T")


class Threads:
    """At most *threads* calls at a time, and *waiting* more that wait; Overloaded beyond that."""

    def __init__(self, name: str, threads: int, waiting: int) -> None:
        self._name = name
        self._pool = ThreadPoolExecutor(threads, name)
        self._most = threads + waiting
        self._inside = 0

    async def run(self, call: Callable[P, T], *args: P.args, **more: P.kwargs) -> T:
        """What *call* returns. Whoever is cancelled waits no longer; a call that runs goes on."""
        if self._inside >= self._most:
            raise Overloaded
        self._inside += 1
        future = self._pool.submit(call, *args, **more)
        future.add_done_callback(self._leave_from(asyncio.get_running_loop()))
        return await asyncio.wrap_future(future)

    def _leave_from(self, loop: asyncio.AbstractEventLoop) -> Callable[[object], None]:
        def leave() -> None:
            self._inside -= 1

        def done(_: object) -> None:
            try:
                loop.call_soon_threadsafe(leave)
            except RuntimeError:  # a loop that was closed: nobody asks any more
                leave()

        return done
