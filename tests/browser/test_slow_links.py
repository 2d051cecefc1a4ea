"""Over a slow link a page comes in pieces, and is drawn once: nothing that somebody reads moves."""

from typing import Final

import pytest
from playwright.sync_api import Browser, Page

from tests.api.site import Site
from tests.browser.conftest import enter
from tests.browser.looks import PLAIN
from tests.browser.pieces import SlowWay, slow_way
from tests.browser.sample import Sample

# Those that would move the most.
PAGES: Final = ("/r/{repository}/-/tags", "/r/{repository}/-/images/{digest}", "/admin/users")
_ELEMENTS: Final = "document.getElementsByTagName('*').length"
_COMPLETE: Final = "document.readyState === 'complete'"


def come(page: Page, way: SlowWay) -> int:
    """Let the page pass piece by piece, each when the last one is there; how many there were."""
    pieces = 0
    while not page.evaluate(_COMPLETE):
        before = page.evaluate(_ELEMENTS)
        way.let()
        grown = f"before => {_COMPLETE} || {_ELEMENTS} > before"
        page.wait_for_function(grown, arg=before, polling=20)
        pieces += 1
    return pieces


@pytest.mark.parametrize("address", PAGES, ids=["tags", "image", "users"])
def test_nothing_moves(address: str, chromium: Browser, site: Site, hub: Sample) -> None:
    with slow_way(site.server.port) as way:
        context = chromium.new_context(**PLAIN.context)
        seen = enter(context, way.home, site.admin)
        way.let()
        path = address.format(repository=hub.repository, digest=hub.digest)
        seen.page.goto(way.home + path, wait_until="commit")
        assert come(seen.page, way) > 5
        seen.calm()
        assert seen.seen()["shift"] == 0, seen.seen()["moved"]
        context.close()
