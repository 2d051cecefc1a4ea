"""Writes of another node or worker, which has the place open for itself and its own event loop."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any, Final, TypeVar

from entrepot.metadata.port import Metadata, Transaction
from tests.metadata.places import Place

T = TypeVar("T")


class _Beside:
    """A thread with an event loop of its own, on which a place is open."""

    def __init__(self, place: Place) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.metadata: Metadata = self._run(_opened(place)).result()

    def write(self, work: Callable[[Transaction], T]) -> "Future[T]":
        return self._run(self.metadata.write(work))

    def read(self, work: Callable[[Transaction], T]) -> "Future[T]":
        return self._run(self.metadata.read(work))

    def close(self) -> None:
        self._run(self.metadata.close()).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, work: Coroutine[Any, Any, T]) -> "Future[T]":
        return asyncio.run_coroutine_threadsafe(work, self._loop)


async def _opened(place: Place) -> Metadata:
    return place.metadata()


class Others:
    """A pool of other workers, which stay open because opening a database is slow."""

    def __init__(self) -> None:
        self._idle: dict[Place, list[_Beside]] = {}

    def start(self, place: Place, work: Callable[[Transaction], T]) -> "Future[T]":
        """Start a write on another thread and return its future."""
        idle = self._idle.setdefault(place, [])
        other = idle.pop() if idle else _Beside(place)
        future = other.write(work)
        future.add_done_callback(lambda _: idle.append(other))
        return future

    def read(self, place: Place, work: Callable[[Transaction], T]) -> T:
        """Read on another thread, and wait for the outcome."""
        idle = self._idle.setdefault(place, [])
        other = idle.pop() if idle else _Beside(place)
        try:
            return other.read(work).result()
        finally:
            idle.append(other)

    def close(self) -> None:
        for idle in self._idle.values():
            for other in idle:
                other.close()
        self._idle.clear()


OTHERS: Final = Others()


def start_beside(place: Place, work: Callable[[Transaction], T]) -> "Future[T]":
    """Start a write on another thread and return its future."""
    return OTHERS.start(place, work)


def write_beside(place: Place, work: Callable[[Transaction], T]) -> T:
    """Let another thread write, and wait for its commit."""
    return start_beside(place, work).result()
