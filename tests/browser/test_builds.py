"""Builds of a repository, watched on its page while they are told of."""

import re
from dataclasses import dataclass
from typing import Final

import pytest
from playwright.sync_api import Locator, expect

from tests.api.site import Caller, Site, scope
from tests.browser.accessibility import barriers
from tests.browser.conftest import Visitor
from tests.browser.images import Image, Layer, push
from tests.browser.looks import PLAIN, Look
from tests.browser.people import CHINESE, ENGLISH, Say
from tests.browser.witness import Witness
from tests.web.building import tell

# After so many milliseconds the page looks again.
_LOOK: Final = 5_000


@dataclass(frozen=True)
class Own:
    """A repository of somebody, and the robot that builds its images."""

    owner: Caller
    robot: Caller
    name: str
    digest: str

    @property
    def path(self) -> str:
        return f"/r/{self.name}/-/builds"


@pytest.fixture
def own(site: Site) -> Own:
    owner = site.person()
    name = f"{owner.name}/buoy"
    digest = push(owner, name, Image((Layer("COPY red /", {"etc/light": b"red"}),)), "red")
    robot = owner.robot(owner.name, scope(name, "pull", "push"))
    tell(robot, name, "6.1", "failed", message="no power")
    return Own(owner, robot, name, digest)


def watch(seen: Witness, own: Own) -> None:
    """Open the page of the builds, whose clock is in our hands."""
    seen.page.clock.install()
    seen.open(own.path)
    seen.page.evaluate("window.stayed = true")


def look_again(seen: Witness) -> None:
    """Have the page look for news, and show them."""
    with seen.page.expect_response(lambda answer: answer.url.endswith("/-/builds")):
        seen.page.clock.fast_forward(_LOOK)
    assert seen.page.evaluate("window.stayed")


def row(seen: Witness, build: str) -> Locator:
    return seen.page.locator(f"main [id='build-{build}']")


def test_the_focus_stays_where_it_was(visitor: Visitor, own: Own) -> None:
    seen = visitor(own.owner)
    tell(own.robot, own.name, "7", "running", log="https://ci.example.org/log")
    tell(own.robot, own.name, "8", "running", log="https://ci.example.org/log")
    watch(seen, own)
    for focused in (row(seen, "7").get_by_role("link").last, row(seen, "7").locator("summary")):
        focused.focus()
        tell(own.robot, own.name, "8", "running", message="at work")
        look_again(seen)
        expect(row(seen, "8")).to_contain_text("at work")
        expect(focused).to_be_focused()
        tell(own.robot, own.name, "8", "running", message="still")
        look_again(seen)
        expect(row(seen, "8")).to_contain_text("still")
        expect(focused).to_be_focused()


@pytest.mark.parametrize(
    ("look", "say"),
    [(PLAIN, ENGLISH), (Look("zh-CN", "dark", "phone"), CHINESE)],
    ids=["en-desktop", "zh-phone"],
)
def test_a_build_is_watched_and_removed(visitor: Visitor, own: Own, look: Look, say: Say) -> None:
    seen = visitor(own.owner, look)
    tell(own.robot, own.name, "7", "queued")
    watch(seen, own)
    expect(row(seen, "7")).to_contain_text(say("queued"))
    tell(own.robot, own.name, "7", "running", ref="main")
    look_again(seen)
    expect(row(seen, "7")).to_contain_text(say("running"))
    tell(own.robot, own.name, "7", digest=own.digest, tags=["red"])
    look_again(seen)
    expect(row(seen, "7")).to_contain_text(say("succeeded"))
    expect(row(seen, "7")).to_contain_text(own.robot.name)
    expect(row(seen, "7").get_by_role("link", name="red", exact=True)).to_be_visible()
    expect(seen.page.locator("#spoken")).to_have_text(f"7: {say('succeeded')}")
    expect(seen.page.locator("#builds")).not_to_have_attribute("hx-trigger", "every 5s")
    assert barriers(seen.page) == []
    row(seen, "7").get_by_text(say("Remove…")).click()
    assert barriers(seen.page) == []
    row(seen, "7").get_by_role("button", name=say("Remove"), exact=True).click()
    expect(seen.page.get_by_text(say("The build was removed from the timeline."))).to_be_visible()
    expect(seen.page.locator("main .timeline > li")).to_have_count(1)
    expect(row(seen, "6.1")).to_contain_text("no power")
    seen.calm()


def test_a_question_stays_open_while_the_page_looks_again(visitor: Visitor, own: Own) -> None:
    seen = visitor(own.owner)
    tell(own.robot, own.name, "7", "queued")
    watch(seen, own)
    row(seen, "6.1").get_by_text("Remove…").focus()
    seen.page.keyboard.press("Enter")
    tell(own.robot, own.name, "7", "running")
    look_again(seen)
    expect(row(seen, "7")).to_contain_text("running")
    assert seen.page.evaluate("document.activeElement.tagName") == "SUMMARY"
    remove = row(seen, "6.1").get_by_role("button", name="Remove", exact=True)
    expect(remove).to_be_visible()
    seen.page.keyboard.press("Escape")
    expect(remove).not_to_be_visible()
    seen.page.keyboard.press("Enter")
    remove.click()
    expect(seen.page.locator("main .timeline > li")).to_have_count(1)
    expect(row(seen, "7")).to_be_visible()
    seen.calm()


def test_who_may_see_it_no_longer_is_told_so(visitor: Visitor, own: Own, site: Site) -> None:
    own.owner.do("PATCH", f"/repositories/{own.name}", visibility="public")
    tell(own.robot, own.name, "7", "running")
    stranger, known = visitor(), visitor(site.person())
    for seen in (stranger, known):
        watch(seen, own)
    own.owner.do("PATCH", f"/repositories/{own.name}", visibility="private")
    known.expected.add(404)
    for seen in (stranger, known):
        seen.page.clock.fast_forward(_LOOK)
    expect(stranger.page).to_have_url(re.compile("/login[?]next="))
    stranger.calm()
    expect(known.page.get_by_text("There is no repository of that name")).to_be_visible()
    known.settle()
    # The part that looked again says so on the console; nothing else does.
    (said,) = known.said
    assert "404" in said


def test_all_builds_are_removed(visitor: Visitor, own: Own) -> None:
    seen = visitor(own.owner)
    seen.open(own.path)
    seen.page.get_by_text("Remove all builds…").click()
    seen.page.locator("main form", has=seen.page.locator("[name=all]")).get_by_role(
        "button", name="Remove"
    ).click()
    expect(seen.page.get_by_text("The builds were removed from the timeline.")).to_be_visible()
    expect(seen.page.get_by_role("link", name="Builds", exact=True)).to_have_count(0)
    seen.calm()


def test_an_image_leads_to_its_build_and_back(visitor: Visitor, own: Own) -> None:
    seen = visitor(own.owner)
    tell(own.robot, own.name, "7", digest=own.digest, tags=["red"])
    seen.open(f"/r/{own.name}/-/tags/red")
    seen.page.locator("main").get_by_role("link", name="7", exact=True).click()
    expect(seen.page.locator("main .timeline > li")).to_have_count(1)
    row(seen, "7").locator(f"a[title='{own.digest}']").click()
    expect(seen.page.locator("main")).to_contain_text("linux/amd64")
    seen.page.go_back()
    seen.page.get_by_role("link", name="All builds").click()
    expect(seen.page.locator("main .timeline > li")).to_have_count(2)
    seen.calm()
