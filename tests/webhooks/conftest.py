"""What the tests of webhooks share."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from entrepot.metadata.sql.migrate import migrate_sqlite
from tests.programs.authority import Authority
from tests.webhooks.receiver import Receiver, receiver
from tests.webhooks.round import Rounds, rounds


@pytest.fixture
def listening() -> Iterator[Receiver]:
    with receiver() as running:
        yield running


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("migrated") / "entrepot.db"
    migrate_sqlite(made)
    return made


@pytest.fixture
def work(tmp_path: Path, migrated: Path) -> Iterator[Rounds]:
    """Metadata of the test's own, and couriers that work on it."""
    with rounds(Path(shutil.copy(migrated, tmp_path / "entrepot.db"))) as made:
        yield made


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority") / "trusted")
