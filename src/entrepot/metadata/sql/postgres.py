"""Metadata in PostgreSQL, shared by many machines."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, event, make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from entrepot.errors import DatabaseUnavailable
from entrepot.metadata.port import Transaction
from entrepot.metadata.sql.postgres_failures import (
    AGAIN,
    DRIVER,
    READ_ONLY,
    TOO_MANY,
    NoConnection,
    busy,
    is_lost,
    problem_of,
    state,
    unknown,
)
from entrepot.metadata.sql.snapshots import Snapshots
from entrepot.metadata.sql.transaction import SqlTransaction
from entrepot.observe.outage import Outage

T = TypeVar("T")

_TRIES: Final = 5
# For a connection; for one of the pool's to be free; for a statement; for a whole unit of work.
_CONNECT_SECONDS: Final = 5
_POOL_SECONDS: Final = 10
_STATEMENT_SECONDS: Final = 30
_WORK_SECONDS: Final = 60
_PAUSE: Final = 0.02
# A server that vanished without a word is noticed after this long.
_SILENT_SECONDS: Final = 15


def connect(url: str, *, pool_size: int = 10, limited: bool = False) -> AsyncEngine:
    """An engine over asyncpg for `postgresql://…`; `sslmode` means what it does to libpq.

    Where it is *limited*, the server gives up statements that take too long.
    """
    address = make_url(url).set(drivername="postgresql+asyncpg")
    if "sslmode" in address.query:
        mode = address.query["sslmode"]
        address = address.difference_update_query(["sslmode"]).update_query_dict({"ssl": mode})
    settings = {"statement_timeout": f"{_STATEMENT_SECONDS}s"} if limited else {}
    engine = create_async_engine(
        address,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=_POOL_SECONDS,
        pool_use_lifo=True,
        pool_recycle=1800,
        connect_args={"timeout": _CONNECT_SECONDS, "server_settings": settings},
    )
    event.listen(engine.sync_engine, "connect", _watch_over)
    return engine


def _watch_over(connection: Any, _: object) -> None:  # noqa: ANN401 - SQLAlchemy's adapter
    """Have the kernel notice a server that no longer answers."""
    transport = getattr(connection.driver_connection, "_transport", None)
    there = transport.get_extra_info("socket") if transport is not None else None
    if there is None or there.family == socket.AF_UNIX:
        return
    there.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    there.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, _SILENT_SECONDS // 3)
    there.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, _SILENT_SECONDS // 3)
    there.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 2)
    there.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _SILENT_SECONDS * 1000)


class PostgresMetadata:
    """The Metadata port over PostgreSQL.

    A unit of work whose connection is lost is done again after the outage, if that is short, unless
    its COMMIT was sent already: nobody can know then whether it holds, and no unit does the same
    when it is done twice (it adds events, entries of the audit log, counts). Such a one is refused,
    and whoever asked for it knows whether to repeat it.
    """

    def __init__(
        self,
        url: str,
        *,
        pool_size: int = 10,
        outage: Outage | None = None,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._engine = connect(url, pool_size=pool_size, limited=True)
        self._reading = self._engine.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        self._busy = _Busy()
        self._turn = asyncio.Lock()
        self._outage = outage or Outage("database", DatabaseUnavailable)
        self._snapshots = Snapshots(self._engine, self._outage, ticks)

    async def read(self, work: Callable[[Transaction], T]) -> T:
        async def once() -> T:
            async with self._connection(self._reading) as connection:
                return await connection.run_sync(_on(work, writes=False))

        return await self._outage.attempt(once, is_lost, self.ping)

    async def write(self, work: Callable[[Transaction], T], *, durable: bool = True) -> T:
        async def once() -> T:
            return await self._settled(lambda: self._write_once(work, durable=durable))

        async with self._busy:
            return await self._outage.attempt(once, is_lost, self.ping)

    async def _settled(self, once: Callable[[], Awaitable[T]]) -> T:
        """The result of *once*, done again where others were in its way."""
        for _ in range(_TRIES - 1):
            try:
                return await once()
            except DBAPIError as error:
                if state(error) not in AGAIN:
                    raise
        try:
            return await once()
        except DBAPIError as error:
            problem = problem_of(error)
            if problem is None:
                raise
            raise problem from error

    async def _write_once(self, work: Callable[[Transaction], T], *, durable: bool) -> T:
        results: list[T] = []
        sent = done = False
        try:
            async with self._connection(self._engine) as connection:
                if not durable:
                    await connection.execute(text("SET LOCAL synchronous_commit = off"))
                results.append(await self._written(connection, work))
                if _is_closed(connection):
                    raise NoConnection
                sent = True
                await connection.commit()
                done = True
        except Exception as error:
            if done:
                return results[0]
            if sent and (is_lost(error) or isinstance(error, DatabaseUnavailable)):
                self._outage.begin(error, self.ping)
                raise unknown() from error
            raise
        return results[0]

    async def _written(self, connection: AsyncConnection, work: Callable[[Transaction], T]) -> T:
        try:
            return await connection.run_sync(_on(work, writes=True))
        except DBAPIError as error:
            if state(error) != READ_ONLY:
                raise
            # The server became another one's standby.
            await connection.invalidate()
            raise NoConnection from error

    @asynccontextmanager
    async def _connection(self, engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
        """A connection for a bounded time; NoConnection, and what a client is told of errors."""
        try:
            async with asyncio.timeout(_WORK_SECONDS), AsyncExitStack() as stack:
                yield await self._connected(stack, engine)
        except TimeoutError as error:
            self._outage.begin(error, self.ping)
            raise busy() from error
        except (DBAPIError, PoolTimeout) as error:
            problem = problem_of(error)
            if problem is None or state(error) in AGAIN:
                raise
            raise problem from error

    async def _connected(self, stack: AsyncExitStack, engine: AsyncEngine) -> AsyncConnection:
        connection = await self._free(stack, engine)
        if connection is not None:
            return connection
        # The server has too many; one of ours may be given back. One asks for it at a time.
        await self._snapshots.rest()
        async with asyncio.timeout(_POOL_SECONDS), self._turn:
            while (connection := await self._free(stack, engine)) is None:  # noqa: ASYNC110 - no event
                await asyncio.sleep(_PAUSE)
        return connection

    async def _free(self, stack: AsyncExitStack, engine: AsyncEngine) -> AsyncConnection | None:
        """A connection; None where the server takes no more. NoConnection."""
        try:
            return await stack.enter_async_context(engine.connect())
        except DRIVER as error:
            if state(error) == TOO_MANY:
                return None
            raise NoConnection from error

    def version(self) -> None:
        return None

    async def current_version(self) -> object | None:
        return await self._snapshots.current()

    def is_alone(self) -> bool:
        return False

    async def ping(self) -> None:
        """Ask once; it waits for no outage to end, and tells no other's result."""
        for left in range(_TRIES, 0, -1):
            try:
                async with self._connection(self._engine) as connection:
                    await connection.execute(text("SELECT 1"))
            except Exception as error:
                # All connections of a pool may be lost, and a new one be had all the same.
                if left == 1 or isinstance(error, NoConnection) or not is_lost(error):
                    raise
            else:
                return

    async def close(self) -> None:
        await self._busy.rest()
        await self._snapshots.close()
        self._outage.close()
        await self._engine.dispose()


def _is_closed(connection: AsyncConnection) -> bool:
    """Whether nothing more can be sent on the connection."""
    if connection.invalidated or connection.sync_connection is None:
        return True
    driver: Any = connection.sync_connection.connection.driver_connection
    return bool(driver.is_closed())


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
