"""As much of the DB-API (PEP 249) over `driver` as SQLAlchemy's dialect of SQLite asks for.

apsw is not a DB-API driver. Most statements do not come this way: see `direct`.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

import apsw
from apsw import Error as Error  # noqa: PLC0414 - part of the DB-API

from entrepot.metadata.sql import driver

apilevel: Final = "2.0"
threadsafety: Final = 1
paramstyle: Final = "qmark"
Binary: Final = bytes
sqlite_version: Final = driver.VERSION
sqlite_version_info: Final = tuple(int(part) for part in driver.VERSION.split("."))


class ProgrammingError(Exception):
    """Never raised: by it SQLAlchemy would know that a connection was closed."""


class Connection:
    """A connection as SQLAlchemy sees it; transactions are left to its user."""

    isolation_level: str | None = None

    def __init__(self, raw: driver.Connection) -> None:
        self.raw = raw

    def cursor(self) -> "Cursor":
        return Cursor(self.raw)

    def commit(self) -> None:
        if self.raw.in_transaction:
            self.raw.execute("COMMIT")

    def rollback(self) -> None:
        if self.raw.in_transaction:
            self.raw.execute("ROLLBACK")

    def close(self) -> None:
        self.raw.close()

    def create_function(
        self, name: str, arguments: int, function: Callable[..., Any], *, deterministic: bool
    ) -> None:
        self.raw.create_scalar_function(name, function, arguments, deterministic=deterministic)


class Cursor:
    """One statement and its rows, all of them."""

    arraysize = 1

    def __init__(self, raw: driver.Connection) -> None:
        self._connection = raw
        self._cursor = raw.cursor()
        # A statement without rows has no description any more once it was executed.
        self._cursor.exec_trace = self._describe
        self._rows: list[Any] = []
        self.description: tuple[tuple[Any, ...], ...] | None = None
        self.rowcount = -1
        self.lastrowid = 0

    def _describe(self, cursor: apsw.Cursor, _statement: str, _values: object) -> bool:
        self.description = cursor.get_description() or None
        return True

    def execute(self, statement: str, values: Sequence[Any] = ()) -> None:
        self._after(self._cursor.execute(statement, tuple(values)))

    def executemany(self, statement: str, rows: Sequence[Sequence[Any]]) -> None:
        self._after(self._cursor.executemany(statement, [tuple(row) for row in rows]))

    def _after(self, done: apsw.Cursor) -> None:
        self._rows = done.fetchall()
        self.rowcount = self._connection.changes()
        self.lastrowid = self._connection.last_insert_rowid()

    def fetchone(self) -> Any:  # noqa: ANN401 - a row
        return self._rows.pop(0) if self._rows else None

    def fetchmany(self, size: int | None = None) -> list[Any]:
        size = self.arraysize if size is None else size
        first, self._rows = self._rows[:size], self._rows[size:]
        return first

    def fetchall(self) -> list[Any]:
        rows, self._rows = self._rows, []
        return rows

    def close(self) -> None:
        self._cursor.close()


def connect(path: str, **_: object) -> Connection:
    """Open the file; what only Python's own driver understands is left aside."""
    return Connection(driver.connect(path))
