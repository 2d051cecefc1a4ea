"""A damaged database is refused before it is used, and a whole one never is."""

import fcntl
import os
import shutil
from contextlib import closing
from pathlib import Path

import pytest

from entrepot.errors import DatabaseDamaged
from entrepot.metadata.sql import driver, integrity
from entrepot.metadata.sql.checkpoints import lock_of
from entrepot.metadata.sql.migrate import migrate_sqlite
from entrepot.metadata.sql.sqlite import SqliteMetadata
from tests.metadata import damage


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("whole") / "entrepot.db"
    migrate_sqlite(path)
    damage.fill(path)
    return path


@pytest.fixture
def database(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copyfile(whole, tmp_path / "entrepot.db"))


@pytest.mark.parametrize("kind", damage.KINDS)
def test_a_damaged_one_is_refused_and_left_as_it_is(database: Path, kind: str) -> None:
    harm, reason = damage.KINDS[kind]
    harm(database)
    files = {path: path.read_bytes() for path in database.parent.glob("entrepot.db*")}
    with pytest.raises(DatabaseDamaged) as caught:
        migrate_sqlite(database)
    assert any(word in caught.value.reason for word in reason.split("|"))
    kept = {path for path in files if path.exists() and not path.name.endswith("-shm")}
    assert {path: path.read_bytes() for path in kept} == {path: files[path] for path in kept}


def test_one_that_was_killed_is_checked_and_goes_on(database: Path) -> None:
    damage.leave_log(database)
    assert integrity.log_of(database).stat().st_size
    migrate_sqlite(database)
    with closing(driver.connect(database)) as connection:
        found = connection.execute("SELECT size FROM blobs WHERE digest = 'last'").fetchall()
    assert found == [(1,)]


def test_all_pages_of_a_large_one_are_read_only_after_an_unclean_end(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(integrity, "SMALL", database.stat().st_size - 1)
    damage.overwrite_middle(database)
    integrity.check(database)
    integrity.log_of(database).write_bytes(b"x")
    with pytest.raises(DatabaseDamaged):
        integrity.check(database)


def test_pages_are_not_read_where_a_server_has_the_database_open(database: Path) -> None:
    """Its start has read them, and its log is nothing unusual."""
    damage.torn_page(database)
    with lock_of(database).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        integrity.check(database)
    with pytest.raises(DatabaseDamaged):
        integrity.check(database)


@pytest.mark.parametrize("content", [None, b""], ids=["none", "empty"])
def test_a_new_folder_gets_a_new_database(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "entrepot.db"
    if content is not None:
        path.write_bytes(content)
    migrate_sqlite(path)
    assert path.stat().st_size


def test_damage_that_is_met_later_is_a_problem_and_logged_once(database, run, capsys) -> None:
    metadata = SqliteMetadata(database)
    size = os.stat(database).st_size
    damage.overwrite(database, 4096, b"\xa5" * (size - 4096))

    async def scenario():
        for _ in range(2):
            with pytest.raises(DatabaseDamaged):
                await metadata.read(lambda t: t.repositories.page("", 9))
            with pytest.raises(DatabaseDamaged):
                await metadata.write(lambda t: t.repositories.page("", 9))
        await metadata.close()

    run(scenario())
    printed = "".join(capsys.readouterr())
    assert printed.count("is damaged") == 1
    assert "put the backup" in printed
