"""The version of the whole database: which transactions have ended.

`pg_current_snapshot()` is the same text as long as no transaction that writes has ended
(PostgreSQL, 9.27.11). One query serves all requests that wait when it starts.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from entrepot.errors import DatabaseUnavailable
from entrepot.metadata.sql.postgres_failures import DRIVER
from entrepot.observe.outage import Outage

# After a crash or a failover, IDs of lost transactions are assigned again: the start time of the
# server differs then.
_QUERY: Final = "SELECT pg_current_snapshot()::text, pg_postmaster_start_time()"
_SECONDS: Final = 2.0
# How long to wait after a failed query.
_PAUSE_SECONDS: Final = 1.0
_FAILURES: Final = (*DRIVER, TimeoutError, DatabaseUnavailable)


class Snapshots:
    """Queries the version on a connection of the engine, opened on first use."""

    def __init__(self, engine: AsyncEngine, outage: Outage, ticks: Callable[[], float]) -> None:
        self._engine = engine
        self._outage = outage
        self._ticks = ticks
        self._connection: AsyncConnection | None = None
        self._query: Callable[[], Awaitable[Any]] | None = None
        self._waiting: list[asyncio.Future[object]] = []
        self._task: asyncio.Task[None] | None = None
        self._is_asking = False
        self._again_at = ticks()

    async def current(self) -> object | None:
        """Return the version as of a moment after the call; None if the query fails."""
        answer: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        self._waiting.append(answer)
        if self._task is None:
            self._task = asyncio.create_task(self._answer_waiting())
        return await answer

    async def rest(self) -> None:
        """Release the connection for a while, for others to use."""
        self._again_at = self._ticks() + _PAUSE_SECONDS
        if not self._is_asking:
            await self._disconnect()

    async def close(self) -> None:
        """Stop, and release the connection."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._disconnect()

    async def _answer_waiting(self) -> None:
        asking: list[asyncio.Future[object]] = []
        version = None
        try:
            while self._waiting:
                # Callers that arrive during the query may have seen a later commit.
                asking, self._waiting = self._waiting, []
                version = await self._ask()
                _answer(asking, version)
        finally:
            self._task = None
            _answer([*asking, *self._waiting], None)
            self._waiting = []

    async def _ask(self) -> object | None:
        if self._outage.is_on or self._ticks() < self._again_at:
            return None
        self._is_asking = True
        try:
            async with asyncio.timeout(_SECONDS):
                query = self._query or await self._connect()
                version = tuple(await query())
        except _FAILURES:
            # The callers read the database instead, and report the error.
            self._again_at = self._ticks() + _PAUSE_SECONDS
            await self._disconnect(lost=True)
            return None
        finally:
            self._is_asking = False
        if self._ticks() < self._again_at:
            await self._disconnect()
        return version

    async def _connect(self) -> Callable[[], Awaitable[Any]]:
        self._connection = await self._engine.connect()
        pooled = await self._connection.get_raw_connection()
        statement = await pooled.driver_connection.prepare(_QUERY)  # type: ignore[union-attr]
        query: Callable[[], Awaitable[Any]] = statement.fetchrow
        self._query = query
        return query

    async def _disconnect(self, *, lost: bool = False) -> None:
        connection, self._connection, self._query = self._connection, None, None
        if connection is not None:
            with suppress(*_FAILURES):
                if lost:
                    await connection.invalidate()
                await connection.close()


def _answer(waiting: list["asyncio.Future[object]"], version: object) -> None:
    for each in waiting:
        if not each.done():
            each.set_result(version)
