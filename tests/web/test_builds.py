"""The timeline of a repository's builds, as its page shows it."""

import pytest

from tests.api.site import Caller, Site, scope
from tests.web.building import listed, looks_again, part, silence, tell
from tests.web.pushing import EVIL, found, push, show
from tests.web.site import Browser
from tests.web.test_look import check

STATES = ("queued", "running", "succeeded", "failed", "canceled")
PAGE = 20


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


def test_the_tab_comes_with_the_first_build(
    alice: Caller, name: str, here: str, home: Browser
) -> None:
    image = alice.ask("GET", f"/api/repository-tags/{name}").json()["items"][0]["digest"]
    paths = ("", "/tags", "/tags/latest", f"/images/{image}", "/compare", "/activity", "/settings")
    addresses = [f"/r/{name}/-{path}" if path else f"/r/{name}" for path in paths]
    for address in addresses:
        assert here not in home.get(address).links
    tell(alice, name, "1", "queued")
    for address in addresses:
        page = home.get(address)
        assert page.status == 200, address
        assert here in page.links, address
    assert f'<a href="{here}" aria-current="page">Builds</a>' in home.get(here).html


def test_an_empty_timeline_says_how_it_is_filled(
    name: str, here: str, home: Browser, browser: Browser
) -> None:
    page = home.get(here)
    check(page)
    assert "No builds were reported yet." in page.text
    assert f"<code>/api/repository-builds/{name}</code>" in page.html
    assert here in page.links
    for_others = browser.get(here)
    assert "No builds were reported yet." in for_others.text
    assert "/api/repository-builds" not in for_others.html


def test_the_newest_build_stands_first_with_its_state(
    alice: Caller, name: str, here: str, browser: Browser
) -> None:
    for state in STATES:
        tell(alice, name, f"is-{state}", state)
    page = browser.get(here)
    check(page)
    assert listed(page) == [f"is-{state}" for state in reversed(STATES)]
    kinds = {"queued": "", "running": " info", "succeeded": " good", "failed": " bad"}
    for state in STATES:
        kind = kinds.get(state, " warn").rstrip() or " "
        assert f'<span class="badge{kind}">{state}</span>' in part(page, f"is-{state}")
    tell(alice, name, "is-queued", "failed")
    page = browser.get(here)
    assert listed(page)[-1] == "is-queued"
    assert '<span class="badge bad">failed</span>' in part(page, "is-queued")


def test_all_that_was_told_is_shown(
    site: Site, alice: Caller, name: str, here: str, browser: Browser
) -> None:
    image = push(site, alice, name, "v1")
    commit = "0123456789abcdef0123456789abcdef01234567"
    tell(
        alice,
        name,
        "7.1",
        tags=["v1", "latest"],
        digest=image.digest,
        source="https://git.example.org/acme/web?a=1&b=2",
        ref="refs/heads/main",
        commit=commit,
        log="https://ci.example.org/runs/7",
        message="All tests passed",
        started_at="2026-01-02T03:04:05Z",
        ended_at="2026-01-02T03:05:35Z",
    )
    html = part(browser.get(here), "7.1")
    assert f'<a class="mono" href="/r/{name}/-/tags/v1">v1</a>' in html
    assert f'<a class="mono" href="/r/{name}/-/tags/latest">latest</a>' in html
    assert f'href="/r/{name}/-/images/{image.digest}" title="{image.digest}"' in html
    assert f'<span class="mono" title="{commit}">{commit[:12]}</span>' in html
    assert '<span class="mono">refs/heads/main</span>' in html
    assert (
        '<a href="https://git.example.org/acme/web?a=1&amp;b=2" rel="nofollow noopener ugc">'
        "https://git.example.org/acme/web?a=1&amp;b=2</a>" in html
    )
    assert '<a href="https://ci.example.org/runs/7" rel="nofollow noopener ugc">' in html
    assert "<p>All tests passed</p>" in html
    assert '<time datetime="2026-01-02T03:04:05+00:00"' in html
    assert "1 min 30 s" in html
    assert f"<dd>{alice.name}</dd>" in html


def test_what_was_not_told_is_left_out(
    alice: Caller, name: str, here: str, browser: Browser
) -> None:
    tell(alice, name, "1", "queued")
    html = part(browser.get(here), "1")
    for label in ("Tags", "Image", "Source", "Log"):
        assert f"<dt>{label}</dt>" not in html
    assert f"<dt>Reported by</dt><dd>{alice.name}, <time" in html


def test_who_reported_is_told(alice: Caller, here: str, name: str, browser: Browser) -> None:
    robot = alice.robot(alice.name, scope(name, "pull", "push"))
    tell(alice, name, "1", "queued")
    tell(robot, name, "1", "running")
    assert f"<dd>{robot.name}, <time" in part(browser.get(here), "1")


def test_a_page_has_20_builds_and_ways_on_and_back(
    alice: Caller, name: str, here: str, browser: Browser
) -> None:
    names = [str(number) for number in range(2 * PAGE + 1, 0, -1)]
    for each in reversed(names):
        tell(alice, name, each)
    page = browser.get(here)
    assert 'rel="prev"' not in page.html
    for first in (0, PAGE):
        check(page)
        assert listed(page) == names[first : first + PAGE]
        (onward,) = [link for link in page.links if "last=" in link]
        page = browser.get(onward)
        assert f'rel="prev" href="{here}"' in page.html
    assert listed(page) == names[2 * PAGE :]
    assert 'rel="next"' not in page.html


def test_a_full_page_leads_nowhere(alice: Caller, name: str, here: str, browser: Browser) -> None:
    for number in range(PAGE):
        tell(alice, name, str(number))
    page = browser.get(here)
    assert len(listed(page)) == PAGE
    assert 'class="pager"' not in page.html


def test_of_two_builds_that_ended_a_chart_is_drawn(
    alice: Caller, name: str, here: str, browser: Browser
) -> None:
    times = {"started_at": "2026-01-02T03:00:00Z", "ended_at": "2026-01-02T03:01:00Z"}
    tell(alice, name, "1", **times)
    tell(alice, name, "2", "running")
    assert 'class="chart low"' not in browser.get(here).html
    tell(alice, name, "3", "failed", **times)
    page = browser.get(here)
    assert "How long the last 2 builds took" in page.html
    chart = page.html.partition('class="chart low"')[2].partition("</svg>")[0]
    assert chart.index("<title>1: 1 min 0 s</title>") < chart.index("<title>3: 1 min 0 s</title>")
    assert (chart.count('<rect class="good"'), chart.count('<rect class="bad"')) == (1, 1)


def test_the_page_looks_again_while_a_build_is_open(
    alice: Caller, name: str, here: str, browser: Browser
) -> None:
    for state in ("queued", "running"):
        tell(alice, name, "1", state)
        page = browser.get(here)
        assert looks_again(page) == ["every 5s"]
        assert ("div", "hx-get", here) in page.attributes
        assert "data-spoken" not in page.html
    tell(alice, name, "2")
    assert looks_again(browser.get(here)) == ["every 5s"]
    tell(alice, name, "1")
    page = browser.get(here)
    assert looks_again(page) == []
    spoken = page.html.partition("data-spoken>")[2].partition("</p>")[0]
    assert spoken.startswith("2: ")
    assert ">succeeded<" in spoken


def test_the_second_page_never_looks_again(
    alice: Caller, name: str, here: str, browser: Browser
) -> None:
    tell(alice, name, "old", "running")
    for number in range(PAGE):
        tell(alice, name, str(number))
    assert looks_again(browser.get(here)) == []
    second = browser.get(here, last="0")
    assert listed(second) == ["old"]
    assert looks_again(second) == []


def test_of_a_silent_build_there_is_no_news(
    site: Site, alice: Caller, name: str, here: str, browser: Browser
) -> None:
    tell(alice, name, "1", "running")
    silence(site, name, "1", hours=23)
    assert looks_again(browser.get(here)) == ["every 5s"]
    silence(site, name, "1", hours=1)
    page = browser.get(here)
    assert looks_again(page) == []
    assert '<span class="badge warn">no news</span>' in part(page, "1")
    assert ">running<" not in part(page, "1")
    assert "no news" in browser.get(f"/r/{name}").text
    tell(alice, name, "1", "running")
    assert looks_again(browser.get(here)) == ["every 5s"]
    assert "no news" not in browser.get(here).text


def test_the_overview_tells_of_the_last_build(alice: Caller, name: str, browser: Browser) -> None:
    assert "Last build" not in browser.get(f"/r/{name}").text
    tell(alice, name, "1", "running")
    tell(alice, name, "2", "failed")
    tell(alice, name, "1")
    page = browser.get(f"/r/{name}")
    check(page)
    last = page.html.partition("<dt>Last build</dt>")[2].partition("</dd>")[0]
    assert f'<a href="/r/{name}/-/builds"><span class="badge bad">failed</span></a>' in last


def test_a_repository_is_called_automated_once_a_build_succeeded(
    alice: Caller, name: str, here: str, browser: Browser
) -> None:
    tell(alice, name, "1", "failed")
    assert "Automated" not in browser.get(here).text
    tell(alice, name, "2")
    assert '<span class="badge info">Automated</span>' in browser.get(here).html


def test_what_strangers_tell_is_text(alice: Caller, name: str, here: str, home: Browser) -> None:
    address = "https://ci.example.org/<script>alert(1)</script>\"'&"
    tell(alice, name, "1", message=EVIL, ref=EVIL, source=address, log=address)
    html = found(home, here)
    assert html.count("&lt;script&gt;alert(1)") == 6


def test_a_page_of_the_longest_texts_stays_small(
    alice: Caller, name: str, here: str, home: Browser
) -> None:
    tags = [f"{number:03}".ljust(128, "t") for number in range(100)]
    told = {"tags": tags, "ref": "r" * 255, "commit": "c" * 64, "message": "m" * 1000}
    told |= {field: "https://example.org/".ljust(1000, "a") for field in ("source", "log")}
    for number in range(PAGE + 1):
        tell(alice, name, f"{number:02}".ljust(128, "n"), "failed", **told)
    page = home.get(here)
    assert len(listed(page)) == PAGE
    assert len(page.html.encode()) < 100_000
