"""All that a registry keeps in its data folder."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Holdings:
    """The files with their lengths, and the rows of every table."""

    files: dict[str, int]
    rows: dict[str, list[Any]]


def holdings(data: Path) -> Holdings:
    """What is kept at this moment."""
    return Holdings(_files(data), _rows(data / "entrepot.db"))


def _files(data: Path) -> dict[str, int]:
    found = [path for path in data.rglob("*") if path.parent != data and path.is_file()]
    return {str(path.relative_to(data)): path.stat().st_size for path in found}


def _rows(database: Path) -> dict[str, list[Any]]:
    with closing(sqlite3.connect(database)) as connection:
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        # Not text from outside: the names are those of the migrations.
        return {
            name: connection.execute(f"SELECT * FROM {name} ORDER BY 1, 2").fetchall()
            for (name,) in tables.fetchall()
            if name != "alembic_version"
        }
