"""What the tests of webhooks share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.programs.authority import Authority
from tests.programs.database import new_database
from tests.webhooks.receiver import Receiver, receiver
from tests.webhooks.round import Rounds, rounds


@pytest.fixture
def listening() -> Iterator[Receiver]:
    with receiver() as running:
        yield running


@pytest.fixture
def work(tmp_path: Path) -> Iterator[Rounds]:
    """Metadata of the test's own, and couriers that work on it."""
    with rounds(new_database(tmp_path / "entrepot.db")) as made:
        yield made


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority") / "trusted")
