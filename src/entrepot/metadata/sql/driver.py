"""The SQLite that Entrepot brings, by the wheel apsw: the one module that chooses it.

Everything that opens a database file does so here. Two libraries of SQLite in one process release
each other's locks on a file (sqlite.org, howtocorrupt.html, 2.2.1), so Python's own `sqlite3` is
not used beside this one. `dbapi` puts SQLAlchemy on top of it.
"""

from pathlib import Path
from typing import Final, TypeAlias

import apsw

Connection: TypeAlias = apsw.Connection
Cursor: TypeAlias = apsw.Cursor
Error: TypeAlias = apsw.Error

VERSION: Final = apsw.sqlite_lib_version()


def connect(path: Path | str, *, wait: float = 5.0) -> Connection:
    """Open the file, created if needed, each statement committed unless a transaction was begun.

    A lock that another connection holds is waited for, *wait* seconds long.
    """
    connection = apsw.Connection(str(path))
    connection.set_busy_timeout(int(wait * 1000))
    return connection
