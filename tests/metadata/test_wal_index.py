"""The header of SQLite's WAL index changes with each commit of anyone, and with nothing else."""

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from entrepot.metadata.sql.wal_index import WalIndex

COMMIT = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute(sys.argv[2]); c.commit()"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "a folder" / "registry.db"
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("CREATE TABLE t (x)")
    return path


@pytest.fixture
def watching(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("SELECT * FROM t").fetchall()
        yield database


@pytest.fixture
def index(path: Path, watching: sqlite3.Connection) -> WalIndex:
    found = WalIndex.find(path)
    assert found is not None
    return found


def elsewhere(path: Path, statement: str) -> None:
    """Commit in another process."""
    subprocess.run([sys.executable, "-c", COMMIT, path, statement], check=True, timeout=60)


def test_every_commit_of_another_process_is_seen(path: Path, index: WalIndex) -> None:
    seen = {index.version()}
    for _ in range(3):
        elsewhere(path, "INSERT INTO t VALUES (1)")
        seen.add(index.version())
    assert len(seen) == 4


def test_every_commit_of_this_process_is_seen(path: Path, index: WalIndex) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        seen = {index.version()}
        for number in range(2000):
            database.execute("INSERT INTO t VALUES (?)", (number,))
            seen.add(index.version())
    assert len(seen) == 2001


def test_a_commit_after_the_log_began_anew_is_seen(path: Path, index: WalIndex) -> None:
    seen = {index.version()}
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        for _ in range(5):
            database.execute("INSERT INTO t VALUES ('the same')")
            seen.add(index.version())
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            seen.add(index.version())
    assert len(seen) >= 6


def test_reads_and_what_was_taken_back_change_nothing(path: Path, index: WalIndex) -> None:
    before = index.version()
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("SELECT * FROM t").fetchall()
        database.execute("BEGIN IMMEDIATE")
        database.execute("INSERT INTO t VALUES (1)")
        assert index.version() == before
        database.execute("ROLLBACK")
        database.execute("PRAGMA wal_checkpoint(PASSIVE)")
    assert index.version() == before


def test_a_database_that_nobody_opened_has_none(path: Path) -> None:
    assert WalIndex.find(path) is None


def test_a_database_without_a_log_has_none(tmp_path: Path) -> None:
    path = tmp_path / "plain.db"
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE t (x)")
        assert WalIndex.find(path) is None
