"""The services that a registry may keep its data in; each is started once."""

from collections.abc import Iterator

import pytest

from tests.programs.ceph import Ceph, ceph
from tests.programs.postgres import Postgres, postgres


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    with postgres(tmp_path_factory.mktemp("postgres")) as running:
        yield running


@pytest.fixture(scope="session")
def objects(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ceph]:
    with ceph(tmp_path_factory.mktemp("ceph")) as running:
        yield running
