"""Files of a registry's database, damaged in the ways that are met."""

import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final

from entrepot.metadata.sql import driver

_PAGE: Final = 4096
_ROWS: Final = """
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 2000)
INSERT INTO blobs (digest, size, created_at) SELECT 'sha256:' || hex(randomblob(32)), i, 1 FROM n
"""


_ONE: Final = "INSERT INTO blobs (digest, size, created_at) VALUES ('last', 1, 1)"


def fill(database: Path) -> None:
    """Rows on some hundred pages."""
    with closing(driver.connect(database)) as connection:
        connection.execute(_ROWS)


def leave_log(database: Path, change: str = _ONE) -> None:
    """End as a killed process does: with a log that nobody copied into the database."""
    with closing(driver.connect(database)) as connection:
        driver.keep_log(connection)
        connection.execute("PRAGMA wal_autocheckpoint=0")
        connection.execute(change)


def no_database(database: Path) -> None:
    database.write_bytes(b"This is a text, and a long one. " * 500)


def malformed_header(database: Path) -> None:
    overwrite(database, 16, b"\xff" * 60)


def truncated(database: Path) -> None:
    with database.open("r+b") as file:
        file.truncate(database.stat().st_size // 2)


def empty_beside_content(database: Path) -> None:
    database.write_bytes(b"")
    (database.parent / "docker/registry/v2/blobs/sha256/ab/abcd").mkdir(parents=True)


def missing_table(database: Path) -> None:
    with closing(driver.connect(database)) as connection:
        connection.execute("PRAGMA foreign_keys=OFF")
        connection.execute("DROP TABLE stars")


def another_program(database: Path) -> None:
    database.unlink()
    with closing(driver.connect(database)) as connection:
        connection.execute("CREATE TABLE notes (text)")


def log_without_database(database: Path) -> None:
    leave_log(database)
    database.unlink()


def torn_page(database: Path) -> None:
    """A page in the middle was not written, and the log says that the end was an unclean one."""
    leave_log(database)
    overwrite_middle(database)


def overwrite_middle(database: Path) -> None:
    """A page in the middle has other bytes, and nothing gives that away."""
    middle = database.stat().st_size // _PAGE // 2
    overwrite(database, middle * _PAGE, b"\xa5" * _PAGE)


def log_of_another(database: Path) -> None:
    """A log that was left beside a restored file, from which the database had grown since."""
    other = database.with_name("other.db")
    shutil.copyfile(database, other)
    for _ in range(3):
        fill(other)
    leave_log(other, _ROWS)
    shutil.move(f"{other}-wal", f"{database}-wal")


def overwrite(file: Path, at: int, content: bytes) -> None:
    with file.open("r+b") as opened:
        opened.seek(at)
        opened.write(content)


KINDS: Final[dict[str, tuple[Callable[[Path], None], str]]] = {
    "no database": (no_database, "file is not a database"),
    "malformed header": (malformed_header, "database"),
    "truncated": (truncated, "malformed"),
    "empty beside content": (empty_beside_content, "the file is empty"),
    "missing table": (missing_table, "no table stars"),
    "another program's": (another_program, "not a database of Entrepot"),
    "log without database": (log_without_database, "no such file"),
    "log of another": (log_of_another, " "),
    "torn page": (torn_page, "malformed|page"),
    "overwritten page": (overwrite_middle, "malformed|page"),
}
