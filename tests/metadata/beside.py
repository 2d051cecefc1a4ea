"""Writes of another node or worker, which has the place open for itself and its own event loop."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from entrepot.metadata.port import Transaction
from tests.metadata.places import Place

T = TypeVar("T")


async def _write(place: Place, work: Callable[[Transaction], T]) -> T:
    metadata = place.metadata()
    try:
        return await metadata.write(work)
    finally:
        await metadata.close()


def start_beside(place: Place, work: Callable[[Transaction], T]) -> "Future[T]":
    """Let another thread write; the future tells of its end."""
    pool = ThreadPoolExecutor(1)
    future = pool.submit(lambda: asyncio.run(_write(place, work)))
    pool.shutdown(wait=False)
    return future


def write_beside(place: Place, work: Callable[[Transaction], T]) -> T:
    """Let another thread write, and wait for its commit."""
    return start_beside(place, work).result()
