"""The SQLite database in which RPM keeps its packages, read as what a stranger made.

SQLite has it in memory and knows of no file. It gets to read one table, and only if that is as RPM
makes it, so that nothing is computed that a schema asks for; and it is stopped when it does more
than any database needs.
"""

import re
from collections.abc import Iterator
from contextlib import closing, suppress
from typing import Any, Final

import apsw

from entrepot.registry.layers.rpm_header import LONGEST

_MAGIC: Final = b"SQLite format 3\0"
# Says that there is a log beside the file, without which SQLite would not open it.
_LOGGED: Final = slice(18, 20)
# Says how many pages there are; with zeros SQLite takes as many as the file has, if it was cut off.
_PAGES: Final = slice(28, 32)
_LIMITS: Final = {
    apsw.SQLITE_LIMIT_LENGTH: LONGEST,
    apsw.SQLITE_LIMIT_SQL_LENGTH: 1000,
}
# Before anything else, as they hold for what is read of the schema too.
_CAUTION: Final = (
    "PRAGMA trusted_schema = OFF",
    "PRAGMA cell_size_check = ON",
    "PRAGMA query_only = ON",
)
# Thousands of SQLite's instructions: for a schema of some hundred parts, and for more rows than
# are looked at.
_FOR_SCHEMA: Final = 5
_FOR_ROWS: Final = 1000
# The latter when SQLite complains of a name that is no text.
_DAMAGED: Final = (apsw.Error, UnicodeDecodeError)
_SCHEMA: Final = (
    "SELECT CAST(sql AS BLOB) FROM sqlite_master WHERE type = 'table' AND name = 'Packages' LIMIT 1"
)
# Without parentheses, nothing in it is computed.
_TABLE: Final = re.compile(
    rb"""create table ['"]?packages['"]? ?\(\s*hnum [a-z ]+,\s*blob [a-z ]+\)""", re.IGNORECASE
)
_ROWS: Final = "SELECT blob FROM Packages WHERE typeof(blob) = 'blob'"


def read_headers(content: bytearray) -> Iterator[bytes]:
    """The headers of packages, up to where the database is damaged."""
    if not content.startswith(_MAGIC):
        return
    with closing(apsw.Connection(":memory:")) as database, suppress(*_DAMAGED):
        _restrict(database)
        _make_openable(content)
        # SQLite has a copy; nothing else is to have one.
        database.deserialize("main", content)
        _allow(database, _FOR_SCHEMA)
        if not _as_made_by_rpm(database.execute(_SCHEMA).fetchall()):
            return
        _allow(database, _FOR_ROWS)
        for (header,) in database.execute(_ROWS):
            yield header


def _restrict(database: apsw.Connection) -> None:
    for limit, value in _LIMITS.items():
        database.limit(limit, value)
    for statement in _CAUTION:
        database.execute(statement)


def _as_made_by_rpm(found: list[Any]) -> bool:
    return any(isinstance(sql, bytes) and _TABLE.fullmatch(sql) for (sql,) in found)


def _make_openable(content: bytearray) -> None:
    content[_LOGGED] = b"\1\1"
    content[_PAGES] = bytes(4)


def _allow(database: apsw.Connection, thousands: int) -> None:
    """Have SQLite stopped after so many instructions."""
    left = iter(range(thousands))
    database.set_progress_handler(lambda: next(left, None) is None, 1000)
