"""A registry for each test, and how its properties are searched."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest

from entrepot.registry.stores import Stores
from entrepot.registry.uploads import Uploads
from tests.registry.place import Place, opened
from tests.registry.watched import WatchedBlobs

T = TypeVar("T")


@pytest.fixture
def run() -> Callable[[Coroutine[Any, Any, T]], T]:
    return asyncio.run


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with opened(tmp_path) as place:
        yield place


@pytest.fixture
def stores(place: Place) -> Stores:
    return place.stores()


@pytest.fixture
def elsewhere(place: Place) -> Stores:
    """The same registry as another worker process has it."""
    return place.stores()


@pytest.fixture
def uploads(stores: Stores) -> Uploads:
    return Uploads(stores)


@pytest.fixture
def other_worker(elsewhere: Stores) -> Uploads:
    return Uploads(elsewhere)


@pytest.fixture
def blobs(place: Place) -> WatchedBlobs:
    return WatchedBlobs(place.root)


@pytest.fixture
def watched(place: Place, blobs: WatchedBlobs) -> Stores:
    """A worker between whose steps another one gets in."""
    return place.stores(blobs)
