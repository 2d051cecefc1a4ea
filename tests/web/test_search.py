"""The page that finds repositories."""

from collections.abc import Iterator

import pytest

from tests.api.site import Caller, Site, serving, unique
from tests.programs.waiting import until
from tests.web.site import Browser, Page, browsing
from tests.web.test_explore import publish, push

ODD = ('"', "'; --", "AND OR NOT", "*", "(", "a" * 10_000, "😀", "is:", "stars:>=x", "%", "镜")


def search(browser: Browser, text: str, **query: str) -> Page:
    page = browser.get("/search", q=text, **query)
    assert page.status == 200, text
    return page


def found(browser: Browser, text: str, wanted: str) -> Page:
    """The page, once *wanted* is on it: what was pushed is found a moment later."""
    until(lambda: f"/r/{wanted}" in search(browser, text).links)
    return search(browser, text)


@pytest.fixture
def shown(alice: Caller) -> str:
    """A public repository of Alice's."""
    name = f"{alice.name}/{unique('shown')}"
    publish(alice, name, f"Words <i>of</i> {alice.name}, 镜像仓库")
    return name


def test_what_was_pushed_is_found_and_marked(alice: Caller, browser: Browser, shown: str) -> None:
    page = found(browser, shown.partition("/")[2], shown)
    assert f"<mark>{shown.partition('/')[2]}</mark>" in page.html
    assert "1 repository" in page.text
    assert "Words <i>of</i>" in page.text
    assert "<i>of" not in page.html
    for text in (f"镜像 {alice.name}", f"{shown}:latest", f"OF {alice.name.upper()}"):
        found(browser, text, shown)


def test_nobody_finds_what_they_may_not_see(
    site: Site, alice: Caller, bob: Caller, browser: Browser, home: Browser
) -> None:
    name = f"{alice.name}/{unique('hidden')}"
    push(alice, name)
    word = name.partition("/")[2]
    found(home, word, name)
    with browsing(site) as other:
        other.log_in(bob)
        for visitor in (browser, other):
            page = search(visitor, word)
            assert f"/r/{name}" not in page.links
            assert "Nothing was found." in page.text


@pytest.mark.parametrize(
    ("query", "there"),
    [
        ({}, True),
        ({"arch": "amd64", "os": "linux"}, True),
        ({"arch": "s390x"}, False),
        ({"os": "windows"}, False),
        ({"official": "1"}, False),
        ({"signed": "1"}, False),
        ({"automated": "1"}, False),
        ({"stars": "1"}, False),
        ({"days": "7"}, True),
    ],
)
def test_filters_narrow(browser: Browser, shown: str, query: dict[str, str], there: bool) -> None:
    word = shown.partition("/")[2]
    found(browser, word, shown)
    page = search(browser, word, **query)
    assert (f"/r/{shown}" in page.links) == there
    fields = page.form("/search").fields
    assert fields["q"] == [word]
    assert all(fields[name] == [value] for name, value in query.items())


@pytest.mark.parametrize(
    "query", [{"arch": "<b>"}, {"stars": "x"}, {"days": "-1"}, {"page": "0"}, {"namespace": "<b>"}]
)
def test_odd_filters_are_survived(browser: Browser, query: dict[str, str]) -> None:
    page = search(browser, "", **query)
    assert "<b>" not in page.html


@pytest.mark.parametrize("text", ODD)
def test_any_text_is_survived(browser: Browser, text: str) -> None:
    page = browser.get("/search", q=text)
    assert page.status in {200, 414, 422}
    assert not page.unclosed


def test_the_form_works_without_a_script(browser: Browser, shown: str) -> None:
    word = shown.partition("/")[2]
    found(browser, word, shown)
    for start in ("/", "/explore"):
        page = browser.send(browser.get(start), "/search", q=word)
        assert f"/r/{shown}" in page.links


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """An open registry where a word finds more than a page shows."""
    with serving(tmp_path_factory.mktemp("finds"), {"auth__mode": "open"}) as site:
        for number in range(45):
            push(site.nobody, f"heap/piece-{number:02}")
        yield site


def test_pages_go_on_with_the_same_search(many: Site) -> None:
    with browsing(many) as browser:
        until(lambda: "45 repositories" in search(browser, "piece", os="linux").text)
        page = search(browser, "piece", os="linux")
        links: list[str] = []
        while True:
            links += [link for link in page.links if link.startswith("/r/")]
            onward = [link for link in page.links if "page=" in link]
            if len(links) >= 45 or not onward:
                break
            assert "os=linux" in onward[-1]
            page = browser.get(onward[-1])
        assert len(links) == len(set(links)) == 45


def test_where_strangers_see_nothing_they_log_in(closed: Site) -> None:
    with browsing(closed) as browser:
        assert browser.get("/search", q="a").path == "/login?next=/search%3Fq%3Da"


@pytest.fixture
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    data = tmp_path_factory.mktemp("closed")
    with serving(data, {"auth__anonymous_pull": "false"}) as site:
        yield site
