"""The registry with accounts that most of these tests share, and browsers that visit it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.site import Caller, Site, serving
from tests.web.site import Browser, browsing


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with serving(tmp_path_factory.mktemp("web"), {"auth__sign_up": "open"}) as made:
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
def browser(site: Site) -> Iterator[Browser]:
    """Of somebody who is not logged in."""
    with browsing(site) as made:
        yield made


@pytest.fixture
def home(site: Site, alice: Caller) -> Iterator[Browser]:
    """Alice's browser, where she is logged in."""
    with browsing(site) as made:
        made.log_in(alice)
        yield made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where a server of the test's own keeps its data."""
    made = tmp_path / "data"
    made.mkdir()
    return made
