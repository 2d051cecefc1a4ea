"""What the tests of all blob stores share."""

import asyncio
import uuid
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import pytest

T = TypeVar("T")

for module in ("content", "durable", "ends", "finished", "uploads"):
    pytest.register_assert_rewrite(f"tests.blobs.{module}")


@pytest.fixture
def run() -> Callable[[Coroutine[Any, Any, T]], T]:
    return asyncio.run


@pytest.fixture
def uploads() -> list[str]:
    return [str(uuid.uuid4()) for _ in range(5)]


@pytest.fixture
def upload(uploads: list[str]) -> str:
    return uploads[0]


@pytest.fixture
def other_upload(uploads: list[str]) -> str:
    return uploads[1]
