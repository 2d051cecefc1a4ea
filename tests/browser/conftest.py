"""Chromium, a hub with something in it, and who visits it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

from tests.api.site import Caller, Site, serving
from tests.browser import sample
from tests.browser.looks import PLAIN, Look
from tests.browser.sample import Sample
from tests.browser.witness import Witness, witness
from tests.programs.waiting import PATIENCE

PROGRAM: Final = "/usr/bin/chromium"
OPTIONS: Final = ("--no-sandbox", "--disable-dev-shm-usage")
_PATIENCE: Final = 1000 * PATIENCE

Visitor = Callable[..., Witness]


@pytest.fixture(scope="session", autouse=True)
def _programs() -> None:
    if not Path(PROGRAM).exists():
        advice = "run as root: apt-get install --no-install-recommends chromium fonts-noto-cjk"
        pytest.fail(advice, pytrace=False)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    settings = {"auth__sign_up": "open", "webhooks__allowed_networks": "127.0.0.0/8"}
    with serving(tmp_path_factory.mktemp("hub"), settings, workers=2) as made:
        yield made


@pytest.fixture(scope="session")
def hub(site: Site) -> Sample:
    """What every test may look at, and none changes."""
    return sample.make(site)


@pytest.fixture(scope="session")
def home(site: Site) -> str:
    """The address by name: passkeys belong to a host, not to an address."""
    return f"http://localhost:{site.server.port}"


# Not for the session: while Playwright is there, an event loop runs, and other tests begin theirs.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    expect.set_options(timeout=_PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=PROGRAM, args=list(OPTIONS))
        yield browser
        browser.close()


@pytest.fixture
def visitor(chromium: Browser, home: str) -> Iterator[Visitor]:
    """A new browser of somebody, or of nobody in particular, with an empty page."""
    opened: list[BrowserContext] = []

    def make(who: Caller | None = None, look: Look = PLAIN, **options: object) -> Witness:
        context = chromium.new_context(**{**look.context, **options})
        opened.append(context)
        return enter(context, home, who)

    yield make
    for context in opened:
        context.close()


def enter(context: BrowserContext, home: str, who: Caller | None) -> Witness:
    """A page of *context*, in which *who* is logged in."""
    context.set_default_timeout(_PATIENCE)
    if who is not None:
        name, _, value = who.session().headers["cookie"].partition("=")
        host = str(urlsplit(home).hostname)
        context.add_cookies([{"name": name, "value": value, "domain": host, "path": "/"}])
    return witness(context, home)


@pytest.fixture(scope="session")
def pictures() -> Path:
    """Where screenshots are kept."""
    folder = Path(__file__).resolve().parents[2] / "build" / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
