"""`entrepot` itself: help and version."""

import subprocess
import sys
from pathlib import Path

import pytest

from entrepot import __version__
from entrepot.metadata.sql.driver import VERSION
from tests.cli.command import entrepot
from tests.programs.process import environment
from tests.programs.waiting import PATIENCE

SERVED = {"httptools", "uvloop", "fastapi", "entrepot.http"}


def imported(*words: str | Path) -> set[str]:
    """The modules that `entrepot` with these words has imported when it ends."""
    argv = [sys.executable, "-X", "importtime", "-m", "entrepot", *words]
    env = environment(without=["ENTREPOT_"])
    done = subprocess.run(
        argv, env=env, capture_output=True, text=True, check=True, timeout=PATIENCE
    )
    return {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}


def test_the_version() -> None:
    done = entrepot("--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"entrepot {__version__}\n", "")


def test_the_version_needs_no_database() -> None:
    assert not imported("--version") & {*SERVED, "alembic", "sqlalchemy"}


def test_an_account_needs_no_server(tmp_path: Path) -> None:
    words = ("admin", "user", "list", "--data", tmp_path)
    assert not imported(*words) & SERVED
    assert "sqlalchemy" in imported(*words)


def test_what_moves_tables_is_needed_once(tmp_path: Path) -> None:
    words = ("admin", "user", "list", "--data", tmp_path)
    assert "alembic" in imported(*words)
    assert "alembic" not in imported(*words)


def test_help_names_the_commands() -> None:
    done = entrepot("--help")
    assert done.returncode == 0
    assert "serve" in done.stdout
    assert "config" in done.stdout


def test_no_command_is_help_too() -> None:
    done = entrepot()
    assert done.returncode != 0
    assert "serve" in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["serve"], ["--data", "--host", "--port", "--workers", "--config"]),
        (["gc"], ["--dry-run", "--quick", "--grace-hours", "--data", "--config"]),
        (["config"], ["check", "show"]),
        (["config", "check"], ["FILE"]),
    ],
    ids=["serve", "gc", "config", "config-check"],
)
def test_a_command_has_help(words: list[str], named: list[str]) -> None:
    done = entrepot(*words, "--help")
    assert done.returncode == 0
    assert [name for name in named if name not in done.stdout] == []


@pytest.mark.parametrize(
    ("words", "wrong"),
    [
        (["push"], "push"),
        (["--nope"], "--nope"),
        (["serve", "--nope"], "--nope"),
        (["serve", "here"], "here"),
        (["serve", "--port", "http"], "--port"),
        (["serve", "--workers"], "--workers"),
    ],
    ids=str,
)
def test_a_wrong_word_is_named(words: list[str], wrong: str) -> None:
    done = entrepot(*words)
    assert done.returncode == 2
    assert wrong in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("status", "code", "told"), [("0", 0, ""), ("None", 0, ""), ("3", 3, ""), ("'why'", 1, "why\n")]
)
def test_a_command_ends_at_once_and_loses_nothing(status: str, code: int, told: str) -> None:
    program = (
        "import atexit; from entrepot.cli.main import leave\n"
        f"atexit.register(print, 'late'); print('done'); leave({status})"
    )
    argv = [sys.executable, "-c", program]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=PATIENCE)
    assert (done.returncode, done.stdout, done.stderr) == (code, "done\n", told)


@pytest.mark.parametrize("words", [("--version", "--verbose"), ("--verbose", "--version")])
def test_the_versions_of_what_it_runs_on(words: tuple[str, str]) -> None:
    done = entrepot(*words)
    assert done.returncode == 0
    assert f"sqlite {VERSION} (apsw " in done.stdout


def test_the_version_alone_imports_little() -> None:
    assert not imported("--version") & {"apsw", "pydantic", "sqlalchemy"}
