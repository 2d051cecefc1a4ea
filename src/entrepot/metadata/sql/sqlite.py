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

from sqlalchemy import Connection, Engine

from entrepot.disk.room import UNBOUNDED, Room
from entrepot.errors import DatabaseDamaged
from entrepot.metadata.port import Transaction
from entrepot.metadata.sql import driver, engines, integrity
from entrepot.metadata.sql.checkpoints import Checkpoints
from entrepot.metadata.sql.direct import Direct
from entrepot.metadata.sql.failures import is_full, translate, with_room
from entrepot.metadata.sql.presence import Presence
from entrepot.metadata.sql.reader import Reader
from entrepot.metadata.sql.transaction import SqlTransaction
from entrepot.observe import logs

T = TypeVar("T")

_TOGETHER: Final = 64


class _Job(NamedTuple):
    work: Callable[[Transaction], Any]
    durable: bool
    done: Callable[[Any, BaseException | None], None]


class SqliteMetadata:
    """The Metadata port over SQLite in WAL mode; belongs to the event loop that first reads."""

    def __init__(self, path: Path, room: Room = UNBOUNDED) -> None:
        self._path = path
        self._presence = Presence(path)
        self._presence.announce()
        self._engine = engines.connect(path)
        self._reader = Reader(path, self._engine, room)
        self._writer = _Writer(self._engine, room)
        self._checkpoints: Checkpoints | None = None
        self._damage_logged = False

    async def read(self, work: Callable[[Transaction], T]) -> T:
        try:
            return self._reader.read(work)
        except DatabaseDamaged as problem:
            self._log_damage(problem)
            raise

    async def write(self, work: Callable[[Transaction], T], *, durable: bool = True) -> T:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()

        def done(result: T, error: BaseException | None) -> None:
            # A loop that was closed: nobody waits any more.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(_settle, future, result, error)

        if self._checkpoints is None:
            self._presence.announce()
            self._checkpoints = Checkpoints(self._path)
            self._checkpoints.start()
        self._writer.submit(_Job(work, durable, done))
        try:
            return await future
        except DatabaseDamaged as problem:
            self._log_damage(problem)
            raise

    def version(self) -> object:
        try:
            return self._reader.version()
        except DatabaseDamaged as problem:
            self._log_damage(problem)
            raise

    async def current_version(self) -> object:
        return self.version()

    def is_alone(self) -> bool:
        return self._presence.is_alone()

    def _log_damage(self, problem: DatabaseDamaged) -> None:
        if not self._damage_logged:
            self._damage_logged = True
            logs.get(__name__).error(integrity.advice(self._path, problem.reason))

    async def ping(self) -> None:
        await self.read(lambda t: t.repositories.exists(""))

    async def close(self) -> None:
        await asyncio.to_thread(self._stop)
        self._reader.close()
        self._engine.dispose()
        self._presence.end()

    def _stop(self) -> None:
        self._writer.stop()
        if self._checkpoints is not None:
            self._checkpoints.stop()


def _settle(future: "asyncio.Future[T]", result: T, error: BaseException | None) -> None:
    if future.done():
        return
    if error is None:
        future.set_result(result)
    else:
        future.set_exception(error)


class _Writer:
    """The one thread of a process that writes."""

    def __init__(self, engine: Engine, room: Room) -> None:
        self._engine = engine
        self._room = room
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
        while self._run_waiting():
            pass
        if self._connection is not None:
            self._connection.close()

    def _run_waiting(self) -> bool:
        """Run the jobs that wait, and forget them; False when it is time to stop."""
        jobs = self._waiting()
        if not jobs:
            return False
        try:
            raw, transaction = self._opened()
            self._commit(raw, transaction, jobs)
        except BaseException as error:  # noqa: BLE001 - told to every caller; the thread lives on
            for job in jobs:
                job.done(None, translate(error, self._room))
        return True

    def _opened(self) -> tuple[driver.Connection, Transaction]:
        """The connection to write on, opened by the first jobs for which that succeeds."""
        if self._open is None:
            self._connection = with_room(self._room, self._engine.connect)
            raw = engines.below(self._connection)
            self._open = raw, SqlTransaction(Direct(self._connection, raw), writes=True)
        return self._open

    def _commit(self, raw: driver.Connection, transaction: Transaction, jobs: list[_Job]) -> None:
        """Commit the jobs; on a full disk once more, with the room of the reserve.

        Counts of pulls and the like are not worth it.
        """
        try:
            _commit(raw, transaction, jobs, self._room)
        except Exception as error:
            worth_it = any(job.durable for job in jobs)
            if not (worth_it and is_full(error, self._room) and self._room.release()):
                raise
            # The log is used from its beginning again, and need not grow.
            with suppress(driver.Error):
                driver.checkpoint(raw, "restart")
            _commit(raw, transaction, jobs, self._room)

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


def _commit(raw: driver.Connection, transaction: Transaction, jobs: list[_Job], room: Room) -> None:
    durable = any(job.durable for job in jobs)
    raw.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
    raw.execute("BEGIN IMMEDIATE")
    try:
        outcomes = [_attempt(raw, transaction, job, room) for job in jobs]
        raw.execute("COMMIT")
    except BaseException:
        if raw.in_transaction:
            raw.execute("ROLLBACK")
        raise
    for job, (result, error) in zip(jobs, outcomes, strict=True):
        job.done(result, error)


def _attempt(
    raw: driver.Connection, transaction: Transaction, job: _Job, room: Room
) -> tuple[Any, BaseException | None]:
    """A job's outcome; where it raises, its writes alone are taken back."""
    raw.execute("SAVEPOINT job")
    try:
        result = job.work(transaction)
    except BaseException as error:
        if not raw.in_transaction or is_full(error, room):
            # SQLite gave up the whole transaction, and with it what the other jobs had written; or
            # all of them may succeed with more room.
            raise
        raw.execute("ROLLBACK TO job")
        raw.execute("RELEASE job")
        return None, translate(error, room)
    raw.execute("RELEASE job")
    return result, None
