"""Metadata in PostgreSQL, shared by many machines."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Final, TypeVar

from sqlalchemy import Connection, make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from entrepot.metadata.port import Transaction
from entrepot.metadata.sql.transaction import SqlTransaction

T = TypeVar("T")

_TRIES: Final = 5
# Deadlock detected, serialization failure, unique violation, and a row gone that another was about
# to refer to: the transaction may be run again, and then sees what others committed (PostgreSQL,
# 13.5).
_AGAIN: Final = frozenset({"40P01", "40001", "23505", "23503"})


def connect(url: str, *, pool_size: int = 10) -> AsyncEngine:
    """An engine over asyncpg for `postgresql://…`; `sslmode` means what it does to libpq."""
    address = make_url(url).set(drivername="postgresql+asyncpg")
    if "sslmode" in address.query:
        mode = address.query["sslmode"]
        address = address.difference_update_query(["sslmode"]).update_query_dict({"ssl": mode})
    return create_async_engine(
        address,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_use_lifo=True,
        pool_recycle=1800,
    )


class PostgresMetadata:
    """The Metadata port over PostgreSQL."""

    def __init__(self, url: str, *, pool_size: int = 10) -> None:
        self._engine = connect(url, pool_size=pool_size)
        self._reading = self._engine.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        self._busy = _Busy()

    async def read(self, work: Callable[[Transaction], T]) -> T:
        async def once() -> T:
            async with self._reading.connect() as connection:
                return await connection.run_sync(_on(work, writes=False))

        return await _on_a_live_one(once)

    async def write(self, work: Callable[[Transaction], T], *, durable: bool = True) -> T:
        for _ in range(_TRIES - 1):
            try:
                return await self._write_once(work, durable=durable)
            except DBAPIError as error:
                if getattr(error.orig, "sqlstate", None) not in _AGAIN:
                    raise
        return await self._write_once(work, durable=durable)

    async def _write_once(self, work: Callable[[Transaction], T], *, durable: bool) -> T:
        async with self._busy, AsyncExitStack() as stack:

            async def once() -> tuple[AsyncConnection, T]:
                connection = await stack.enter_async_context(self._engine.connect())
                if not durable:
                    await connection.execute(text("SET LOCAL synchronous_commit = off"))
                return connection, await connection.run_sync(_on(work, writes=True))

            connection, found = await _on_a_live_one(once)
            # Where the connection is lost here, nobody knows whether this was done.
            await connection.commit()
            return found

    def version(self) -> None:
        return None

    async def ping(self) -> None:
        async def once() -> None:
            async with self._engine.connect() as connection:
                await connection.execute(text("SELECT 1"))

        await _on_a_live_one(once)

    async def close(self) -> None:
        await self._busy.rest()
        await self._engine.dispose()


async def _on_a_live_one(once: Callable[[], Awaitable[T]]) -> T:
    """What *once* gives; done again where its connection turns out to have been lost.

    A server that was restarted has lost all connections. To ask each of them before it is used
    would take longer than most of what they are used for.
    """
    for _ in range(_TRIES - 1):
        try:
            return await once()
        except DBAPIError as error:
            if not error.connection_invalidated:
                raise
    return await once()


class _Busy:
    """Counts those who are inside, and tells when nobody is."""

    def __init__(self) -> None:
        self._inside = 0
        self._empty = asyncio.Event()
        self._empty.set()

    async def __aenter__(self) -> None:
        self._inside += 1
        self._empty.clear()

    async def __aexit__(self, *_: object) -> None:
        self._inside -= 1
        if not self._inside:
            self._empty.set()

    async def rest(self) -> None:
        await self._empty.wait()


def _on(work: Callable[[Transaction], T], *, writes: bool) -> Callable[[Connection], T]:
    return lambda connection: work(SqlTransaction(connection, writes=writes))
