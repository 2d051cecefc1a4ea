"""One server that all of these tests ill-treat, and what it keeps before and after."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.conformance.content import Content
from tests.conformance.registry import Registry, Repository
from tests.conformance.upload import Upload
from tests.http.connection import Connection
from tests.http.holdings import Holdings, holdings
from tests.http.quiet import quiet
from tests.programs.entrepot import Entrepot, entrepot
from tests.programs.waiting import PATIENCE


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("entrepot")


@pytest.fixture(scope="session")
def server(data: Path) -> Iterator[Entrepot]:
    with entrepot(data) as running:
        yield running
        assert "Traceback" not in running.log()


@pytest.fixture(scope="session")
def registry(server: Entrepot) -> Iterator[Registry]:
    with httpx.Client(base_url=server.url, timeout=PATIENCE, trust_env=False) as http:
        yield Registry(server.url, http)


@pytest.fixture(scope="session")
def repository(registry: Registry) -> Repository:
    """A repository that holds `image`, and nothing else for long."""
    return registry.repository("team/app")


@pytest.fixture(scope="session")
def image(repository: Repository) -> Content:
    """An image under the tags `latest`, `a`, `b` and `c`."""
    pushed = repository.push_image("latest")
    for tag in ("a", "b", "c"):
        repository.push_manifest(pushed, tag)
    return pushed


@pytest.fixture
def kept(server: Entrepot, data: Path, image: Content) -> Iterator[Holdings]:
    """What the registry keeps; when the test is over it must be the same again."""
    before = holdings(data)
    yield before
    quiet(server)
    assert holdings(data) == before


@pytest.fixture
def upload(repository: Repository, kept: Holdings, server: Entrepot) -> Iterator[Upload]:
    """An upload that is cancelled in the end, if the test did not end it."""
    opened = repository.start_upload()
    yield opened
    quiet(server)
    opened.cancel()


@pytest.fixture
def connection(server: Entrepot) -> Iterator[Connection]:
    with Connection(server.host, server.port) as opened:
        yield opened
