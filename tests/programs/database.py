"""Copies of a SQLite database that has the tables: to make them takes longer than most tests."""

import shutil
import tempfile
from functools import cache
from pathlib import Path

from entrepot.metadata.sql.migrate import migrate_sqlite
from tests.programs import forked

_NAME = "entrepot.db"


def new_database(file: Path) -> Path:
    """Put an empty database at *file*, which it returns."""
    _, made = _migrated()
    shutil.copyfile(made, file)
    file.chmod(0o600)
    return file


def new_folder(data: Path) -> None:
    """Put an empty database into the data folder of a test, unless it has one.

    Torture and the benchmark have Entrepot make it, durably.
    """
    if not forked.is_used():
        return
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not (data / _NAME).exists():
        new_database(data / _NAME)


@cache
def _migrated() -> tuple[tempfile.TemporaryDirectory[str], Path]:
    folder = tempfile.TemporaryDirectory(prefix="entrepot-tests-")
    file = Path(folder.name) / _NAME
    migrate_sqlite(file)
    return folder, file
