"""A registry for each test, and how properties of builds are searched."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest

from entrepot.metadata.sql.migrate import migrate_sqlite
from entrepot.registry.stores import Stores
from tests.registry.place import Place, opened

T = TypeVar("T")


@pytest.fixture
def run() -> Callable[[Coroutine[Any, Any, T]], T]:
    return asyncio.run


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database of the present tables, to copy."""
    file = tmp_path_factory.mktemp("empty") / "entrepot.db"
    migrate_sqlite(file)
    return file


@pytest.fixture
def place(tmp_path: Path, empty: Path) -> Iterator[Place]:
    with opened(tmp_path, empty) as place:
        yield place


@pytest.fixture
def stores(place: Place) -> Stores:
    return place.stores()
