"""The registry under test: the one of --registry, or an Entrepot of our own."""

from collections.abc import Iterator

import httpx
import pytest

from tests.conformance.registry import Registry, Repository
from tests.programs.entrepot import entrepot
from tests.programs.waiting import PATIENCE


@pytest.fixture(scope="session")
def registry_url(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    given: str | None = request.config.getoption("--registry")
    if given:
        yield given.rstrip("/")
        return
    with entrepot(tmp_path_factory.mktemp("entrepot")) as server:
        yield server.url


@pytest.fixture(scope="session")
def registry(registry_url: str) -> Iterator[Registry]:
    # Not asking for compression: the facts are about bytes and their lengths.
    with httpx.Client(
        base_url=registry_url,
        headers={"Accept-Encoding": "identity"},
        follow_redirects=True,
        timeout=PATIENCE,
        trust_env=False,
    ) as http:
        yield Registry(registry_url, http)


@pytest.fixture
def repository(registry: Registry) -> Repository:
    """A repository that nobody has used before; it exists once something is pushed."""
    return registry.repository()


@pytest.fixture
def elsewhere(registry: Registry) -> Repository:
    """Another repository of the same registry."""
    return registry.repository()
