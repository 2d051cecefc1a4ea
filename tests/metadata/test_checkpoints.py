"""One process checkpoints, another takes over when it ends, and the log stays bounded."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from entrepot.metadata.sql import checkpoints, driver
from entrepot.metadata.sql.checkpoints import Log, Mode, Progress, are_made, mode_for, wait_for
from entrepot.metadata.sql.sqlite import SqliteMetadata
from tests.metadata.samples import link
from tests.programs.waiting import until

KIB, MIB = 1024, 1024 * 1024
# A process that has written once, and then waits to be ended.
WRITER = """
import asyncio, sys
from pathlib import Path
from entrepot.metadata.sql.sqlite import SqliteMetadata

async def main():
    metadata = SqliteMetadata(Path(sys.argv[1]))
    await metadata.write(lambda t: None)
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await metadata.close()

asyncio.run(main())
"""


@pytest.fixture
def path(file) -> Path:
    return Path(file.path)


@pytest.fixture
def connection(path: Path) -> Iterator[driver.Connection]:
    """One as servers have it."""
    with closing(driver.connect(path)) as opened:
        opened.execute("PRAGMA wal_autocheckpoint=0")
        opened.execute("CREATE TABLE filling (x)")
        yield opened


@pytest.fixture
def log(path: Path) -> Iterator[Log]:
    with closing(Log(path)) as opened:
        yield opened


@pytest.fixture
def low_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, size in (("LONG", MIB), ("TOO_LONG", 3 * MIB), ("HELD_UP", 4 * MIB)):
        monkeypatch.setattr(checkpoints, name, size)


def write(connection: driver.Connection, size: int) -> None:
    connection.execute("INSERT INTO filling VALUES (randomblob(?))", (size,))


def round_of(log: Log, progress: Progress) -> Progress:
    return checkpoints._round(log, progress)


@contextmanager
def writer(path: Path) -> Iterator["subprocess.Popen[str]"]:
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, path], stdin=pipe, stdout=pipe, text=True
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            yield process
        finally:
            process.kill()


def test_a_short_log_is_only_copied_and_a_long_one_begins_again() -> None:
    assert mode_for(MIB, MIB) is Mode.PASSIVE
    assert mode_for(17 * MIB, 17 * MIB) is Mode.RESTART
    assert mode_for(MIB, 65 * MIB) is Mode.TRUNCATE


def test_writers_are_kept_waiting_longer_after_each_failure_up_to_a_bound() -> None:
    waits = [wait_for(Progress(failures)) for failures in range(11)]
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (0.2, 5.0)


def test_the_log_is_bounded_while_others_write(log, connection, low_bounds) -> None:
    progress, lengths = Progress(), []
    for _ in range(40):
        write(connection, 200 * KIB)
        progress = round_of(log, progress)
        lengths.append(log.length())
    assert max(lengths) < 2 * MIB
    write(connection, 4 * MIB)
    round_of(log, progress)
    assert log.length() == 0


def test_without_checkpoints_it_would_grow(log, connection) -> None:
    for _ in range(40):
        write(connection, 200 * KIB)
    assert log.length() > 8 * MIB


def test_a_reader_that_stays_is_logged_once_and_done_without(
    path, log, connection, low_bounds, capsys
) -> None:
    with closing(driver.connect(path)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM filling").fetchall()
        progress = Progress()
        for _ in range(3):
            write(connection, 2 * MIB)
            progress = round_of(log, progress)
        assert progress.failures == 3
        assert log.length() > 6 * MIB
        reader.execute("COMMIT")
    assert round_of(log, progress) == Progress()
    assert log.length() == 0
    assert "".join(capsys.readouterr()).count("cannot be emptied") == 1


def test_another_process_takes_over(path, connection) -> None:
    assert not are_made(path)
    with writer(path) as first:
        until(lambda: are_made(path))
        with writer(path):
            _expect_a_checkpoint(path, connection)
            first.kill()
            first.wait()
            until(lambda: are_made(path))
            _expect_a_checkpoint(path, connection)
    assert not are_made(path)


def _expect_a_checkpoint(path: Path, connection: driver.Connection) -> None:
    before = path.stat().st_size
    write(connection, MIB)
    until(lambda: path.stat().st_size > before)


def test_what_only_reads_does_not_checkpoint(path, run) -> None:
    metadata = SqliteMetadata(path)
    try:
        run(metadata.read(lambda t: t.repositories.page("", 9)))
        assert not are_made(path)
        run(metadata.write(lambda t: link(t, "blob")))
        until(lambda: are_made(path))
    finally:
        run(metadata.close())
    assert not are_made(path)
