"""Metadata in one SQLite file, shared by the worker processes of one machine.

Reads run on the event loop: each is a few index look-ups, which cost less than handing them to a
thread. Writes go to one thread, which commits all that wait at once: one fsync for many pushes.
"""

import asyncio
import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar

from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event
from sqlalchemy.exc import DBAPIError

from entrepot.errors import DatabaseDamaged
from entrepot.metadata.port import Transaction
from entrepot.metadata.sql import dbapi, driver, integrity
from entrepot.metadata.sql.checkpoints import Checkpoints
from entrepot.metadata.sql.direct import Direct
from entrepot.metadata.sql.failures import translate
from entrepot.metadata.sql.transaction import SqlTransaction
from entrepot.metadata.sql.wal_index import WalIndex
from entrepot.observe import logs

T = TypeVar("T")

_TOGETHER: Final = 64
_PRAGMAS: Final = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA busy_timeout=30000",
    # metadata/sql/checkpoints.py does it, off the path of requests.
    "PRAGMA wal_autocheckpoint=0",
    "PRAGMA foreign_keys=ON",
    "PRAGMA cache_size=-16384",
    "PRAGMA temp_store=MEMORY",
)


def connect(path: Path) -> Engine:
    """An engine whose connections leave transactions to their user."""
    engine = create_engine(address(path), module=dbapi, poolclass=NullPool)

    @event.listens_for(engine, "connect")
    def _prepare(connection: dbapi.Connection, _: object) -> None:
        for pragma in _PRAGMAS:
            connection.raw.execute(pragma)

    return engine


def address(path: Path) -> URL:
    """The file's address; in one written by hand, `?` and `%` would mean something."""
    return URL.create("sqlite", database=str(path))


class _Job(NamedTuple):
    work: Callable[[Transaction], Any]
    durable: bool
    done: Callable[[Any, BaseException | None], None]


class SqliteMetadata:
    """The Metadata port over SQLite in WAL mode; belongs to the event loop that first reads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._engine = connect(path)
        self._reader: Connection | None = None
        self._transaction: SqlTransaction | None = None
        self._raw: driver.Connection | None = None
        self._watch: _Watch | None = None
        self._writer = _Writer(self._engine)
        self._checkpoints: Checkpoints | None = None
        self._damage_logged = False

    async def read(self, work: Callable[[Transaction], T]) -> T:
        try:
            return self._read(work)
        except (driver.Error, DBAPIError) as error:
            raise self._problem(error) from error

    def _read(self, work: Callable[[Transaction], T]) -> T:
        if self._transaction is None or self._raw is None:
            self._transaction, self._raw = self._open()
        self._raw.execute("BEGIN")
        try:
            return work(self._transaction)
        finally:
            # SQLite may have ended the transaction with an error.
            if self._raw.in_transaction:
                self._raw.execute("COMMIT")

    def _open(self) -> tuple[SqlTransaction, driver.Connection]:
        self._reader = self._engine.connect()
        raw = below(self._reader)
        return SqlTransaction(Direct(self._reader, raw), writes=False), raw

    async def write(self, work: Callable[[Transaction], T], *, durable: bool = True) -> T:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()

        def done(result: T, error: BaseException | None) -> None:
            # A loop that was closed: nobody waits any more.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(_settle, future, result, error)

        if self._checkpoints is None:
            self._checkpoints = Checkpoints(self._path)
            self._checkpoints.start()
        self._writer.submit(_Job(work, durable, done))
        try:
            return await future
        except DatabaseDamaged as problem:
            raise self._problem(problem) from problem.__cause__

    def version(self) -> object:
        try:
            if self._watch is None:
                self._watch = _Watch(self._path)
            return self._watch.version()
        except driver.Error as error:
            raise self._problem(error) from error

    def _problem(self, error: BaseException) -> BaseException:
        """What the caller is told; that the database is damaged is logged, once."""
        problem = translate(error)
        if isinstance(problem, DatabaseDamaged) and not self._damage_logged:
            self._damage_logged = True
            logs.get(__name__).error(integrity.advice(self._path, problem.reason))
        return problem

    async def ping(self) -> None:
        await self.read(lambda t: t.repositories.exists(""))

    async def close(self) -> None:
        await asyncio.to_thread(self._stop)
        if self._reader is not None:
            self._reader.close()
        if self._watch is not None:
            self._watch.close()
            self._watch = None
        self._engine.dispose()

    def _stop(self) -> None:
        self._writer.stop()
        if self._checkpoints is not None:
            self._checkpoints.stop()


def below(connection: Connection) -> driver.Connection:
    """The driver's connection below SQLAlchemy's."""
    found = connection.connection.driver_connection
    if not isinstance(found, dbapi.Connection):
        raise TypeError("not a connection to SQLite")
    return found.raw


def _settle(future: "asyncio.Future[T]", result: T, error: BaseException | None) -> None:
    if future.done():
        return
    if error is None:
        future.set_result(result)
    else:
        future.set_exception(error)


class _Watch:
    """Sees that someone has committed."""

    def __init__(self, path: Path) -> None:
        # A connection of its own: a connection does not see its own commits as changes.
        self._connection = driver.connect(path)
        self._pragma()
        index = WalIndex.find(path)
        self.version: Callable[[], object] = index.version if index else self._pragma

    def _pragma(self) -> object:
        return self._connection.execute("PRAGMA data_version").fetchone()[0]

    def close(self) -> None:
        # The index is mapped only as long as a connection is open.
        self.version = self._pragma
        self._connection.close()


class _Writer:
    """The one thread of a process that writes."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._connection: Connection | None = None
        self._open: tuple[driver.Connection, Transaction] | None = None
        self._stopped = False

    def submit(self, job: _Job) -> None:
        if self._stopped:
            raise RuntimeError("the metadata is closed")
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="metadata-writer", daemon=True)
            self._thread.start()
        self._jobs.put(job)

    def stop(self) -> None:
        self._stopped = True
        if self._thread is not None:
            self._jobs.put(None)
            self._thread.join()

    def _run(self) -> None:
        while jobs := self._waiting():
            try:
                raw, transaction = self._opened()
                _commit(raw, transaction, jobs)
            except BaseException as error:  # noqa: BLE001 - told to every caller; the thread lives on
                for job in jobs:
                    job.done(None, translate(error))
        if self._connection is not None:
            self._connection.close()

    def _opened(self) -> tuple[driver.Connection, Transaction]:
        """The connection to write on, opened by the first jobs for which that succeeds."""
        if self._open is None:
            self._connection = self._engine.connect()
            raw = below(self._connection)
            self._open = raw, SqlTransaction(Direct(self._connection, raw), writes=True)
        return self._open

    def _waiting(self) -> list[_Job]:
        """The jobs that wait, at least one; none when it is time to stop."""
        first = self._jobs.get()
        jobs = [] if first is None else [first]
        while jobs and len(jobs) < _TOGETHER and not self._jobs.empty():
            job = self._jobs.get()
            if job is None:
                self._jobs.put(None)
                break
            jobs.append(job)
        return jobs


def _commit(raw: driver.Connection, transaction: Transaction, jobs: list[_Job]) -> None:
    durable = any(job.durable for job in jobs)
    raw.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
    raw.execute("BEGIN IMMEDIATE")
    try:
        outcomes = [_attempt(raw, transaction, job) for job in jobs]
        raw.execute("COMMIT")
    except BaseException:
        if raw.in_transaction:
            raw.execute("ROLLBACK")
        raise
    for job, (result, error) in zip(jobs, outcomes, strict=True):
        job.done(result, error)


def _attempt(
    raw: driver.Connection, transaction: Transaction, job: _Job
) -> tuple[Any, BaseException | None]:
    """A job's outcome; where it raises, its writes alone are taken back."""
    raw.execute("SAVEPOINT job")
    try:
        result = job.work(transaction)
    except BaseException as error:
        if not raw.in_transaction:
            # SQLite gave up the whole transaction, and with it what the other jobs had written.
            raise
        raw.execute("ROLLBACK TO job")
        raw.execute("RELEASE job")
        return None, translate(error)
    raw.execute("RELEASE job")
    return result, None
