"""Much that was told of a build, and the page that shows one alone."""

import pytest

from tests.api.site import Caller, Site
from tests.web.building import listed, looks_again, part, tell
from tests.web.pushing import push, show
from tests.web.site import Browser
from tests.web.test_look import check


@pytest.fixture
def name(site: Site, alice: Caller) -> str:
    """A public repository of Alice's with one image."""
    made = f"{alice.name}/web"
    push(site, alice, made)
    show(site, made)
    return made


@pytest.fixture
def here(name: str) -> str:
    """The address of its builds."""
    return f"/r/{name}/-/builds"


def test_of_many_tags_the_first_are_links(
    alice: Caller, name: str, here: str, browser: Browser
) -> None:
    tags = [f"v{number}" for number in range(10)]
    tell(alice, name, "4", tags=tags[:4])
    tell(alice, name, "10.b", tags=tags)
    page = browser.get(here)
    for build in ("4", "10.b"):
        assert part(page, build).count(f'href="/r/{name}/-/tags/') == 4
    assert ">+" not in part(page, "4")
    assert f'<a href="{here}?name=10.b" title="All tags">+6</a>' in part(page, "10.b")
    alone = part(browser.get(here, name="10.b"), "10.b")
    assert alone.count(f'href="/r/{name}/-/tags/') == 10
    assert ">+" not in alone


def test_long_addresses_are_shortened_where_they_are_read(
    alice: Caller, name: str, here: str, browser: Browser
) -> None:
    address = f"https://ci.example.org/{'a' * 900}"
    tell(alice, name, "1", source=address, log=address)
    html = part(browser.get(here), "1")
    assert address not in html
    assert html.count(f'href="{here}?name=1">{address[:79]}…</a>') == 2
    alone = part(browser.get(here, name="1"), "1")
    assert alone.count(f'href="{address}" rel="nofollow noopener ugc">{address[:79]}…</a>') == 2


def test_an_address_of_200_characters_is_followed_from_the_timeline(
    alice: Caller, name: str, here: str, browser: Browser
) -> None:
    address = "https://ci.example.org/".ljust(200, "a")
    tell(alice, name, "1", log=address)
    tell(alice, name, "2", log=f"{address}a")
    page = browser.get(here)
    assert f'href="{address}" rel="nofollow noopener ugc">' in part(page, "1")
    assert f'href="{here}?name=2">' in part(page, "2").partition("<dt>Log</dt>")[2]


def test_a_long_message_is_whole_on_the_page_of_its_build(
    alice: Caller, name: str, here: str, browser: Browser
) -> None:
    message = "no " * 333
    tell(alice, name, "1", "failed", message=message.strip())
    assert f"<p>{message[:299]}…</p>" in part(browser.get(here), "1")
    assert f"<p>{message.strip()}</p>" in part(browser.get(here, name="1"), "1")


def test_a_build_that_is_not_there_is_not_found(
    alice: Caller, name: str, here: str, browser: Browser
) -> None:
    tell(alice, name, "1")
    page = browser.get(here, name="2")
    assert ("Nothing was found." in page.text, "All builds" in page.text) == (True, True)
    assert "No builds were reported yet." not in page.text
    assert here in page.links


def test_one_build_is_shown_alone(alice: Caller, name: str, here: str, browser: Browser) -> None:
    tell(alice, name, "1", "running")
    tell(alice, name, "2", "running")
    page = browser.get(here, name="1")
    check(page)
    assert listed(page) == ["1"]
    assert looks_again(page) == []
    assert f'<a href="{here}">All builds</a>' in page.html
    assert f'<a href="{here}">All builds</a>' not in browser.get(here).html
    nothing = browser.get(here, name="3")
    check(nothing)
    assert listed(nothing) == []
    assert here in nothing.links
