"""Whether a database file is whole, before it is used, and what to say where it is not.

What costs little is checked each time: the header, the length, that the tables are there, and all
pages of a small file. Those of a large file are read only after an unclean shutdown,
which SQLite's log beside the file gives away: the last process that closes a database removes the
log. A log that was left beside a restored file is found in the same way.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from entrepot.errors import DatabaseDamaged
from entrepot.metadata.sql import checkpoints, driver

# How long pages are read at most: a large database starts with a part of them unread.
SECONDS: Final = 20.0
# Up to this length all pages are read each time: a second for each 100 MB.
SMALL: Final = 256 * 1024 * 1024
_INSTRUCTIONS: Final = 10_000
_TABLES: Final = "SELECT name FROM sqlite_schema WHERE type = 'table'"
_STEP: Final = "alembic_version"


def advice(file: Path, reason: str) -> str:
    """What happened to the database, and what to do."""
    return (
        f"the database {file} is damaged ({reason}); stop the server, move {file.name},"
        f" {file.name}-wal and {file.name}-shm to another folder, put the backup of {file.name} in"
        " their place, and start again (docs/guides/upgrade-and-backup.md); blobs are not affected:"
        " leave them where they are"
    )


def check(path: Path) -> None:
    """Check the file, if there is one; DatabaseDamaged says what is wrong."""
    logged, length = _length(log_of(path)) > 0, _length(path)
    if not length:
        if logged or (path.exists() and _has_content(path.parent)):
            raise DatabaseDamaged(reason="the file is empty" if path.exists() else "no such file")
        return
    try:
        thorough = (logged or length <= SMALL) and not checkpoints.are_made(path)
        _open(path, thorough=thorough)
    except driver.Error as error:
        if not driver.is_damage(error):
            raise
        raise DatabaseDamaged(reason=str(error)) from error


def log_of(path: Path) -> Path:
    """SQLite's write-ahead log of the file."""
    return path.with_name(f"{path.name}-wal")


def _length(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _has_content(folder: Path) -> bool:
    return any((folder / "docker" / "registry" / "v2" / "blobs").glob("*/*/*"))


def _open(path: Path, *, thorough: bool) -> None:
    connection = driver.connect(path, wait=30)
    # A log that does not belong to the file must not be copied into it.
    driver.keep_log(connection)
    try:
        tables = {str(name) for (name,) in connection.execute(_TABLES)}
        if tables and _STEP not in tables:
            raise DatabaseDamaged(reason=f"it has no table {_STEP}: not a database of Entrepot")
        if thorough:
            _check_pages(connection, time.monotonic)
    finally:
        connection.close()


def _check_pages(connection: driver.Connection, ticks: Callable[[], float]) -> None:
    end = ticks() + SECONDS
    connection.set_progress_handler(lambda: ticks() > end, _INSTRUCTIONS)
    try:
        ((found,),) = connection.execute("PRAGMA quick_check(1)").fetchall()
    except driver.Interrupted:
        return
    if found != "ok":
        raise DatabaseDamaged(reason=" ".join(str(found).split()))


def missing(tables: set[str], present: set[str]) -> None:
    """DatabaseDamaged where *tables* are not all *present*."""
    if absent := sorted(tables - present):
        raise DatabaseDamaged(reason=f"it has no table {', '.join(absent[:3])}")
