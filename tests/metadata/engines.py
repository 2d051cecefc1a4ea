"""Plain connections to a place, for what the port does not offer."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection

from entrepot.metadata.sql import engines, postgres
from tests.metadata.places import Database, File, Place

T = TypeVar("T")


def connected(place: Place, work: Callable[[Connection], T]) -> T:
    """The result of *work* in one transaction."""
    if isinstance(place, File):
        return _in_file(Path(place.path), work)
    return asyncio.run(_in_database(place, work))


def _in_file(path: Path, work: Callable[[Connection], T]) -> T:
    path.parent.mkdir(parents=True, exist_ok=True)
    engine = engines.connect(path)
    with engine.begin() as connection:
        return work(connection)


async def _in_database(place: Database, work: Callable[[Connection], T]) -> T:
    engine = postgres.connect(place.url)
    try:
        async with engine.begin() as connection:
            return await connection.run_sync(work)
    finally:
        await engine.dispose()
