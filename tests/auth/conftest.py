"""A database for tests that need no server."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from entrepot.metadata.port import Transaction
from entrepot.metadata.sql.sqlite import SqliteMetadata
from tests.programs.database import new_database

T = TypeVar("T")


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as made:
        yield made


@pytest.fixture
def metadata(tmp_path: Path, runner: asyncio.Runner) -> Iterator[SqliteMetadata]:
    made = SqliteMetadata(new_database(tmp_path / "entrepot.db"))
    yield made
    runner.run(made.close())


@pytest.fixture
def write(
    metadata: SqliteMetadata, runner: asyncio.Runner
) -> Callable[[Callable[[Transaction], T]], T]:
    return lambda work: runner.run(metadata.write(work))
