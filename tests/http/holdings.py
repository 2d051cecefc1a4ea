"""All that a registry keeps in its data folder."""

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from entrepot.metadata.sql import driver
from tests.programs.waiting import until

_TABLES: Final = "SELECT name FROM sqlite_master WHERE type = 'table'"
_ASIDE: Final = {"alembic_version", "pull_days"}
_COUNTED: Final = {"pulls", "pulled_at"}
# Its rows are folded from time to time, which changes no sum.
_SUMMED: Final = "holding_changes"
_SUMS: Final = "SELECT namespace, sum(bytes) FROM holding_changes GROUP BY namespace"


@dataclass(frozen=True, slots=True)
class Holdings:
    """The files with their lengths, and the rows of every table."""

    files: dict[str, int]
    rows: dict[str, list[Any]]


def holdings(data: Path) -> Holdings:
    """What is kept at this moment, when all that follows from earlier pushes has been done."""
    with closing(driver.connect(data / "entrepot.db")) as connection:
        until(lambda: connection.execute("SELECT count(*) FROM events").fetchone() == (0,))
        return Holdings(_files(data), _rows(connection))


def _files(data: Path) -> dict[str, int]:
    found = [path for path in data.rglob("*") if path.parent != data and path.is_file()]
    return {str(path.relative_to(data)): path.stat().st_size for path in found}


def _rows(connection: driver.Connection) -> dict[str, list[Any]]:
    # Not text from outside: the names are those of the migrations.
    names = [str(name) for (name,) in connection.execute(_TABLES).fetchall()]
    return {
        name: sorted(connection.execute(_statement(connection, name)))
        for name in names
        if name not in _ASIDE and not name.startswith("search_words")
    }


def _statement(connection: driver.Connection, table: str) -> str:
    if table == _SUMMED:
        return _SUMS
    return f"SELECT {_columns(connection, table)} FROM {table}"


def _columns(connection: driver.Connection, table: str) -> str:
    """The table's columns, but for those that count pulls: reading is no change."""
    found = connection.execute(f"PRAGMA table_info({table})").fetchall()
    return ", ".join(f'ifnull("{row[1]}", "")' for row in found if row[1] not in _COUNTED)
