"""Registries with accounts that all of these tests attack."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.programs.entrepot import entrepot
from tests.programs.postgres import Postgres, postgres
from tests.programs.waiting import PATIENCE
from tests.security.site import Person, Site, first_password


@contextmanager
def _serving(data: Path, workers: int, settings: Mapping[str, str] | None = None) -> Iterator[Site]:
    given = {"auth__mode": "accounts", **(settings or {})}
    with (
        entrepot(data, workers=workers, settings=given) as server,
        httpx.Client(base_url=server.url, timeout=PATIENCE, trust_env=False) as http,
    ):
        yield Site(server, data, http, first_password(server))
        assert "Traceback" not in server.log()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One worker on SQLite."""
    with _serving(tmp_path_factory.mktemp("security"), 1) as made:
        yield made


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    with postgres(tmp_path_factory.mktemp("postgres")) as running:
        yield running


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def both(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """Two workers, on each database."""
    settings = {}
    if request.param == "postgresql":
        settings["database__url"] = request.getfixturevalue("cluster").create_database()
    with _serving(tmp_path_factory.mktemp(request.param), 2, settings) as made:
        yield made


@pytest.fixture(scope="session")
def alice(site: Site) -> Person:
    """She has a private repository, `app`, in a namespace of her own."""
    person = site.new_person()
    site.push(person, f"{person.name}/app")
    return person


@pytest.fixture(scope="session")
def mallory(site: Site) -> Person:
    """Whoever was given nothing."""
    return site.new_person()


@pytest.fixture(scope="session")
def private(alice: Person) -> str:
    """Alice's private repository."""
    return f"{alice.name}/app"
