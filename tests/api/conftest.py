"""The registry with accounts that most of these tests share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.site import Caller, Site, serving


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with serving(tmp_path_factory.mktemp("api")) as made:
        yield made


@pytest.fixture
def admin(site: Site) -> Caller:
    return site.admin


@pytest.fixture
def alice(site: Site) -> Caller:
    """A new account."""
    return site.person()


@pytest.fixture
def bob(site: Site) -> Caller:
    """Another one."""
    return site.person()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where a server of the test's own keeps its data."""
    made = tmp_path / "data"
    made.mkdir()
    return made
