"""The SQLite that Entrepot brings, by the wheel apsw: the one module that chooses it.

Everything that opens a database file does so here. Two libraries of SQLite in one process release
each other's locks on a file (sqlite.org, howtocorrupt.html, 2.2.1), so Python's own `sqlite3` is
not used beside this one. `dbapi` puts SQLAlchemy on top of it.
"""

from pathlib import Path
from typing import Final, TypeAlias
from urllib.parse import quote

import apsw

Connection: TypeAlias = apsw.Connection
Cursor: TypeAlias = apsw.Cursor
Error: TypeAlias = apsw.Error
Busy: TypeAlias = apsw.BusyError
Interrupted: TypeAlias = apsw.InterruptError

VERSION: Final = apsw.sqlite_lib_version()

_DAMAGE: Final = frozenset({apsw.SQLITE_CORRUPT, apsw.SQLITE_NOTADB})

_MODES: Final = {
    "passive": apsw.SQLITE_CHECKPOINT_PASSIVE,
    "restart": apsw.SQLITE_CHECKPOINT_RESTART,
    "truncate": apsw.SQLITE_CHECKPOINT_TRUNCATE,
}
# A page of the usual size, and its header.
_FRAME: Final = 4096 + 24


def is_damage(error: Error) -> bool:
    """Whether the file is not what SQLite wrote."""
    return code_of(error) & 0xFF in _DAMAGE


def code_of(error: Error) -> int:
    """SQLite's extended result code; 0 for an error of the driver itself."""
    code: int = getattr(error, "extendedresult", 0)
    return code


def connect(path: Path | str, *, wait: float = 5.0) -> Connection:
    """Open the file, created if needed, each statement committed unless a transaction was begun.

    A lock that another connection holds is waited for, *wait* seconds long.
    """
    connection = apsw.Connection(str(path))
    connection.set_busy_timeout(int(wait * 1000))
    return connection


def keep_log(connection: Connection) -> None:
    """Leave the write-ahead log as it is when the connection is closed, be it the last one."""
    connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)


def checkpoint(connection: Connection, mode: str) -> int:
    """Copy the write-ahead log into the database; how many bytes of it are in use after that.

    *mode* is that of PRAGMA wal_checkpoint. "passive" waits for nobody, and leaves what others
    read or write; with the others, writers wait until all is copied. Busy where readers or writers
    stay longer than the connection waits.
    """
    frames, _ = connection.wal_checkpoint(mode=_MODES[mode])
    return max(frames, 0) * _FRAME


def connect_frozen(path: Path) -> Connection:
    """Open a file that nobody changes meanwhile, and that has no log, for reads alone."""
    flags = apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI
    return apsw.Connection(f"file:{quote(str(path.absolute()))}?immutable=1", flags=flags)
