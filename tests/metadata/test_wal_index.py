"""The header of SQLite's WAL index changes with each commit of anyone, and with nothing else."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from entrepot.metadata.sql import driver
from entrepot.metadata.sql.wal_index import WalIndex
from tests.programs.waiting import PATIENCE

COMMIT = "import apsw, sys; apsw.Connection(sys.argv[1]).execute(sys.argv[2])"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "a folder" / "registry.db"
    path.parent.mkdir()
    with closing(driver.connect(path)) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("CREATE TABLE t (x)")
    return path


@pytest.fixture
def watching(path: Path) -> Iterator[driver.Connection]:
    with closing(driver.connect(path)) as database:
        database.execute("SELECT * FROM t").fetchall()
        yield database


@pytest.fixture
def index(path: Path, watching: driver.Connection) -> WalIndex:
    found = WalIndex.find(path)
    assert found is not None
    return found


def elsewhere(path: Path, statement: str) -> None:
    """Commit in another process."""
    subprocess.run([sys.executable, "-c", COMMIT, path, statement], check=True, timeout=PATIENCE)


def test_every_commit_of_another_process_is_seen(path: Path, index: WalIndex) -> None:
    seen = {index.version()}
    for _ in range(3):
        elsewhere(path, "INSERT INTO t VALUES (1)")
        seen.add(index.version())
    assert len(seen) == 4


def test_every_commit_of_this_process_is_seen(path: Path, index: WalIndex) -> None:
    with closing(driver.connect(path)) as database:
        seen = {index.version()}
        for number in range(2000):
            database.execute("INSERT INTO t VALUES (?)", (number,))
            seen.add(index.version())
    assert len(seen) == 2001


def test_a_commit_after_the_log_began_anew_is_seen(path: Path, index: WalIndex) -> None:
    seen = {index.version()}
    with closing(driver.connect(path)) as database:
        for _ in range(5):
            database.execute("INSERT INTO t VALUES ('the same')")
            seen.add(index.version())
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            seen.add(index.version())
    assert len(seen) >= 6


def test_reads_and_what_was_taken_back_change_nothing(path: Path, index: WalIndex) -> None:
    before = index.version()
    with closing(driver.connect(path)) as database:
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
    with closing(driver.connect(path)) as database:
        database.execute("CREATE TABLE t (x)")
        assert WalIndex.find(path) is None
