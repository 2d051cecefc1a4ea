"""Registries that commands work on."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.litter import littered
from tests.registry.place import Place

pytest.register_assert_rewrite("tests.cli.garbage")


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with littered(tmp_path) as place:
        yield place
