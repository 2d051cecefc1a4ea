"""Reads of an SQLite file, also where there is no room for the memory that its users share.

On a disk that is full to the last byte, or read-only, that memory cannot be created. A file without
a log is then read as it is, as long as nothing says that it has changed.
"""

import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final, Protocol, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from entrepot.disk.room import Room
from entrepot.errors import StorageFull, Unavailable
from entrepot.metadata.port import Transaction
from entrepot.metadata.sql import driver, engines
from entrepot.metadata.sql.direct import Direct
from entrepot.metadata.sql.failures import with_room
from entrepot.metadata.sql.transaction import SqlTransaction
from entrepot.metadata.sql.wal_index import WalIndex

T = TypeVar("T")

_AGAIN_SECONDS: Final = 1.0


class Reader:
    """The connection on which a process reads, opened with the first read."""

    def __init__(self, path: Path, engine: Engine, room: Room) -> None:
        self._path = path
        self._engine = engine
        self._room = room
        self._open: _Open | None = None

    def read(self, work: Callable[[Transaction], T]) -> T:
        try:
            return self._current().read(work)
        except (driver.Error, DBAPIError, UnicodeEncodeError):
            return with_room(self._room, lambda: self._current().read(work))

    def on_connection(self, work: Callable[[Connection], T]) -> T:
        return with_room(self._room, lambda: work(self._current().connection))

    def version(self) -> object:
        try:
            return self._current().version()
        except driver.Error:
            return with_room(self._room, lambda: self._current().version())

    def close(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None

    def _current(self) -> "_Open":
        if self._open is None or self._open.outdated():
            self.close()
            self._open = self._opened()
        return self._open

    def _opened(self) -> "_Open":
        try:
            return with_room(self._room, lambda: _Shared(self._path, self._engine))
        except (StorageFull, Unavailable):
            if _log_size(self._path):
                raise
            return _Frozen(self._path)


class _Open(Protocol):
    connection: Connection

    def read(self, work: Callable[[Transaction], T]) -> T: ...
    def version(self) -> object: ...
    def outdated(self) -> bool: ...
    def close(self) -> None: ...


class _Shared:
    """A connection beside those of other processes, which write."""

    def __init__(self, path: Path, engine: Engine) -> None:
        self._path = path
        self._watch: _Watch | None = None
        self.connection = engine.connect()
        self._raw = engines.below(self.connection)
        self._transaction = SqlTransaction(Direct(self.connection, self._raw), writes=False)
        try:
            self._raw.execute("SELECT 1 FROM sqlite_schema").fetchall()
        except BaseException:
            self.connection.close()
            raise

    def read(self, work: Callable[[Transaction], T]) -> T:
        self._raw.execute("BEGIN")
        try:
            return work(self._transaction)
        finally:
            # SQLite may have ended the transaction with an error.
            if self._raw.in_transaction:
                self._raw.execute("COMMIT")

    def version(self) -> object:
        if self._watch is None:
            self._watch = _Watch(self._path)
        return self._watch.version()

    def outdated(self) -> bool:
        return False

    def close(self) -> None:
        self.connection.close()
        if self._watch is not None:
            self._watch.close()


class _Frozen:
    """The file as it is; nobody else could open it to write when this was opened."""

    def __init__(self, path: Path, ticks: Callable[[], float] = time.monotonic) -> None:
        self._path = path
        self._ticks = ticks
        self._until = ticks() + _AGAIN_SECONDS
        self._signature = _signature(path)
        self.connection = engines.frozen(path).connect()
        raw = engines.below(self.connection)
        self._transaction = SqlTransaction(Direct(self.connection, raw), writes=False)

    def read(self, work: Callable[[Transaction], T]) -> T:
        return work(self._transaction)

    def version(self) -> object:
        return self._signature

    def outdated(self) -> bool:
        """Whether the file changed, or it is time to see whether it can be shared again."""
        return self._ticks() >= self._until or _signature(self._path) != self._signature

    def close(self) -> None:
        self.connection.close()


def _log_size(path: Path) -> int:
    with suppress(FileNotFoundError):
        return os.stat(f"{path}-wal").st_size
    return 0


def _signature(path: Path) -> tuple[int, int, int, int]:
    found = path.stat()
    return found.st_ino, found.st_size, found.st_mtime_ns, _log_size(path)


class _Watch:
    """Sees that someone has committed."""

    def __init__(self, path: Path) -> None:
        # A connection of its own: a connection does not see its own commits as changes.
        self._connection = driver.connect(path)
        self._pragma()
        index = WalIndex.find(path)
        self.version: Callable[[], object] = index.version if index else self._pragma

    def _pragma(self) -> object:
        return self._connection.pragma("data_version")

    def close(self) -> None:
        # The index is mapped only as long as a connection is open.
        self.version = self._pragma
        self._connection.close()
