"""Every command says of a damaged database what happened and what to do, and ends with status 2."""

from pathlib import Path

import pytest

from entrepot.cli import start
from entrepot.config.schema import Settings
from entrepot.errors import ConfigInvalid
from tests.cli.command import entrepot
from tests.metadata import damage
from tests.programs.database import new_database
from tests.programs.ports import free_port


@pytest.fixture(scope="module")
def damaged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("damaged")
    damage.fill(new_database(folder / "entrepot.db"))
    damage.torn_page(folder / "entrepot.db")
    return folder


@pytest.mark.parametrize(
    "words",
    ["serve", "gc", "gc --dry-run", "admin rotate-keys", "admin audit verify"],
)
def test_a_command_says_what_to_do(damaged: Path, words: str) -> None:
    done = entrepot(*words.split(), "--data", damaged, server__port=str(free_port()))
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert f"the database {damaged / 'entrepot.db'} is damaged" in line
    assert "put the backup of entrepot.db in their place" in line
    assert "blobs are not affected" in line


OLD = "3.40.1"


def settings(workers: int, **others: object) -> Settings:
    return Settings.model_validate({"server": {"workers": workers}, **others})


def test_a_sqlite_that_can_corrupt_is_refused_with_several_workers() -> None:
    with pytest.raises(ConfigInvalid, match=r"SQLite 3\.40\.1 can corrupt.*--workers 1"):
        start.sqlite_warning(settings(2), OLD)


def test_with_one_worker_it_warns() -> None:
    assert "install apsw from its wheel" in (start.sqlite_warning(settings(1), OLD) or "")


def test_the_one_in_use_and_postgresql_are_nothing_to_warn_of() -> None:
    assert start.sqlite_warning(settings(2)) is None
    url = {"url": "postgresql://127.0.0.1/entrepot"}
    assert start.sqlite_warning(settings(2, database=url), OLD) is None
