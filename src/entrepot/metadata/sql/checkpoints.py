"""Copying SQLite's write-ahead log into the database, by one process and off the path of requests.

Connections do not checkpoint by themselves. Of all processes that write to a database, the one
that holds the lock beside it does, in a thread of its own; when it ends, another gets the lock.
"""

import fcntl
import os
import threading
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from typing import Final

from entrepot.metadata.sql import driver
from entrepot.observe import logs

EVERY: Final = 1.0
# A log that is longer begins again from its start, for which writers wait a moment.
LONG: Final = 16 * 1024 * 1024
# One that is longer still gives its space back.
TOO_LONG: Final = 4 * LONG
# From here on the log of the server says that somebody holds it up.
HELD_UP: Final = 16 * LONG
# How long readers and writers are waited for, while no other writer gets in.
_WAIT: Final = 0.2
_LONGEST_WAIT: Final = 5.0


class Mode(Enum):
    """How much a checkpoint does."""

    PASSIVE = "passive"
    RESTART = "restart"
    TRUNCATE = "truncate"


@dataclass(frozen=True, slots=True)
class Progress:
    """How it went so far."""

    failures: int = 0
    warned: bool = False


def mode_for(used: int, length: int) -> Mode:
    """What to do about a log of *used* bytes in a file of *length*."""
    if length > TOO_LONG:
        return Mode.TRUNCATE
    return Mode.RESTART if used > LONG else Mode.PASSIVE


def wait_for(progress: Progress) -> float:
    """How many seconds readers and writers are waited for; longer after each failure."""
    return min(_LONGEST_WAIT, _WAIT * 2.0**progress.failures)


class Checkpoints:
    """The thread of one process."""

    def __init__(self, path: Path, *, every: float = EVERY) -> None:
        self._path = path
        self._every = every
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="checkpoints", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._ended.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._ended.is_set():
            # Without room for the file, the next try may succeed.
            with suppress(OSError), lock_of(self._path).open("w") as lock:
                if _is_mine(lock.fileno()):
                    self._work()
            self._ended.wait(self._every)

    def _work(self) -> None:
        log = Log(self._path)
        progress = Progress()
        try:
            while not self._ended.wait(self._every):
                progress = _round(log, progress)
        finally:
            log.close()


class Log:
    """The write-ahead log of a database, for the one who checkpoints it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.with_name(f"{path.name}-wal")
        self._connection: driver.Connection | None = None

    def length(self) -> int:
        try:
            return os.stat(self._file).st_size
        except FileNotFoundError:
            return 0

    def copy(self, mode: Mode, wait: float) -> int:
        """Checkpoint; how many bytes of the log are in use after it."""
        connection = self._opened()
        connection.set_busy_timeout(int(wait * 1000))
        return driver.checkpoint(connection, mode.value)

    def _opened(self) -> driver.Connection:
        if self._connection is None:
            self._connection = driver.connect(self._path)
            self._connection.execute("PRAGMA wal_autocheckpoint=0")
            # It must have read the database before it can checkpoint.
            self._connection.execute("PRAGMA schema_version").fetchall()
        return self._connection

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()


def _round(log: Log, progress: Progress) -> Progress:
    """Checkpoint once; errors are logged, and the next round tries again."""
    try:
        used = log.copy(Mode.PASSIVE, 0)
        mode = mode_for(used, log.length())
        if mode is Mode.PASSIVE:
            return Progress()
        log.copy(mode, wait_for(progress))
    except driver.Busy:
        return _held_up(log.length(), progress)
    except driver.Error as error:
        if not progress.warned:
            logs.get(__name__).warning("checkpoint failed", error=str(error))
        return replace(progress, warned=True)
    return Progress()


def _held_up(length: int, progress: Progress) -> Progress:
    """A reader stays; the log grows until it ends, which is said once."""
    if length > HELD_UP and not progress.warned:
        logs.get(__name__).warning(
            "the database's write-ahead log cannot be emptied while another program reads the"
            " database; end that program, for example a backup that hangs",
            bytes=length,
        )
        progress = replace(progress, warned=True)
    return replace(progress, failures=min(progress.failures + 1, 10))


def lock_of(path: Path) -> Path:
    """The file that the process which checkpoints the database has locked."""
    return path.with_name(f"{path.name}.checkpoints")


def are_made(path: Path) -> bool:
    """Whether a process that writes to the database is there to checkpoint it."""
    try:
        with lock_of(path).open() as lock:
            return not _is_mine(lock.fileno())
    except FileNotFoundError:
        return False


def _is_mine(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
