"""Servers of several worker processes, on both databases."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from tests.programs.entrepot import Entrepot, entrepot
from tests.programs.postgres import Postgres, postgres
from tests.workers.pinned import Worker, one_each

WORKERS = 3

pytest.register_assert_rewrite("tests.workers.aftermath")


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    with postgres(tmp_path_factory.mktemp("postgres")) as running:
        yield running


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Entrepot]:
    # Each test uses the same connections, however long another one leaves them idle.
    settings = {"server__keep_alive_seconds": "3600"}
    if request.param == "postgresql":
        settings["database__url"] = request.getfixturevalue("cluster").create_database()
    data = tmp_path_factory.mktemp(request.param)
    with entrepot(data, workers=WORKERS, settings=settings) as server:
        yield server


@pytest.fixture(scope="session")
def workers(server: Entrepot) -> Iterator[list[Worker]]:
    """A connection to each worker of a server."""
    with one_each(server, WORKERS) as workers:
        yield workers


@pytest.fixture
def name() -> str:
    """The name of a repository that nobody has used before."""
    return f"workers/{uuid4().hex}"
