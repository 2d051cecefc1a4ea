"""Repositories, as people read and change them."""

from dataclasses import dataclass

import pytest
from playwright.sync_api import expect

from tests.api.site import Caller, Site
from tests.browser.conftest import Visitor
from tests.browser.images import Image, Layer, push
from tests.browser.looks import PLAIN, Look
from tests.browser.people import CHINESE, ENGLISH, Say, field, press
from tests.browser.sample import Sample


@dataclass(frozen=True)
class Own:
    """A repository of somebody, which a test may change."""

    owner: Caller
    name: str

    @property
    def path(self) -> str:
        return f"/r/{self.name}"

    def tags(self) -> list[str]:
        """What a client is told."""
        answer = self.owner.ask("GET", f"/v2/{self.name}/tags/list")
        return list(answer.json()["tags"] or [])


@pytest.fixture
def own(site: Site) -> Own:
    owner = site.person()
    name = f"{owner.name}/buoy"
    for tag in ("red", "green", "white"):
        push(owner, name, Image((Layer(f"COPY {tag} /", {"etc/light": tag.encode()}),)), tag)
    return Own(owner, name)


def test_a_star_is_given_and_taken(visitor: Visitor, site: Site, hub: Sample) -> None:
    seen = visitor(site.person())
    seen.open("/r/marina/notebook")
    star = seen.page.locator("main button[name=star]")
    before = int(star.inner_text().split()[-1])
    star.click()
    expect(star).to_have_attribute("aria-pressed", "true")
    assert int(star.inner_text().split()[-1]) == before + 1
    seen.open("/stars")
    expect(seen.page.get_by_role("link", name="marina/notebook")).to_be_visible()
    seen.open("/r/marina/notebook")
    star.click()
    expect(star).to_have_attribute("aria-pressed", "false")
    seen.open("/stars")
    expect(seen.page.get_by_role("link", name="marina/notebook")).to_have_count(0)
    seen.calm()


@pytest.mark.parametrize("text", ["notebook", "tebo", "海图", "瓦片服务", "Notes in the"])
def test_searching(visitor: Visitor, hub: Sample, text: str) -> None:
    seen, wanted = visitor(), "chart-tiles" if not text.isascii() else "notebook"
    seen.open("/")
    seen.page.get_by_role("searchbox").first.fill(text)
    # The index follows pushes by a moment.
    link = seen.page.locator("#results").get_by_role("link", name=f"marina/{wanted}")
    seen.page.get_by_role("searchbox").first.press("Enter")
    seen.page.wait_for_url("**/search?*")
    for _ in range(40):
        if link.count():
            break
        seen.open(seen.page.url.removeprefix(seen.home))
    link.click()
    expect(seen.page.locator("h1")).to_contain_text(wanted)
    seen.calm()


def test_results_come_while_one_types(visitor: Visitor, hub: Sample) -> None:
    seen = visitor()
    seen.open("/search")
    seen.page.locator("#search").press_sequentially("berth-pla", delay=20)
    expect(seen.page.locator("#results").get_by_role("link").first).to_contain_text("berth-planner")
    seen.page.wait_for_url("**q=berth-pla*")
    seen.calm()


def test_a_description_is_written(visitor: Visitor, own: Own) -> None:
    seen = visitor(own.owner)
    seen.open(f"{own.path}/-/settings")
    field(seen, "In one line").fill("Lights of the harbour")
    area = seen.page.locator("textarea[name=readme]")
    area.fill("# Lights\n\n* red\n* **green**\n")
    press(seen, "Preview")
    preview = seen.page.locator("#preview")
    expect(preview.locator("strong")).to_have_text("green")
    assert area.input_value().startswith("# Lights")
    assert seen.page.url.endswith("/-/settings")
    press(seen, "Save")
    seen.open(own.path)
    expect(seen.page.locator("main .prose strong")).to_have_text("green")
    expect(seen.page.get_by_text("Lights of the harbour")).to_be_visible()
    seen.calm()


def test_two_tags_are_compared(visitor: Visitor, hub: Sample) -> None:
    seen = visitor()
    seen.open(f"/r/{hub.repository}")
    seen.page.get_by_role("link", name="Compare", exact=True).click()
    seen.page.locator("main [name=from]").fill("2.0")
    seen.page.locator("main [name=to]").fill("2.1-amd64")
    seen.page.locator("main [name=to]").press("Enter")
    seen.page.wait_for_url("**from=2.0*")
    main = seen.page.locator("main")
    expect(main).to_contain_text("TIDES_VERSION")
    for text in ("tide-data", "usr/bin/tides", "org.opencontainers.image.version"):
        expect(main).to_contain_text(text)
    seen.calm()


def test_a_file_is_read_in_a_layer(visitor: Visitor, hub: Sample) -> None:
    seen = visitor()
    seen.open(f"/r/{hub.repository}/-/tags/2.1-amd64")
    seen.page.get_by_role("link", name="Look inside").click()
    seen.page.locator(f"a[title='{hub.layer}']").first.click()
    for name in ("etc", "os-release"):
        seen.page.locator("main").get_by_role("link", name=name).first.click()
    expect(seen.page.locator("main pre").first).to_contain_text('NAME="Pier"')
    seen.calm()


@pytest.mark.parametrize(
    ("look", "say"),
    [(PLAIN, ENGLISH), (Look("zh-CN", "light", "phone"), CHINESE)],
    ids=["en-desktop", "zh-phone"],
)
def test_tags_are_deleted_and_are_back(visitor: Visitor, own: Own, look: Look, say: Say) -> None:
    seen = visitor(own.owner, look)
    seen.open(f"{own.path}/-/tags")
    for tag in ("red", "white"):
        seen.page.locator(f"main input[name=tag][value={tag}]").check()
    seen.page.get_by_text(say("Delete the chosen tags…")).click()
    press(seen, say("Delete"))
    expect(seen.page.locator("input[name=tag]")).to_have_count(1)
    assert own.tags() == ["green"]
    press(seen, say("Undo"))
    expect(seen.page.locator("input[name=tag]")).to_have_count(3)
    assert sorted(own.tags()) == ["green", "red", "white"]
    seen.calm()


def test_all_tags_of_a_page_are_chosen_at_once(visitor: Visitor, own: Own) -> None:
    seen = visitor(own.owner)
    seen.open(f"{own.path}/-/tags")
    seen.page.get_by_label("All tags of this page").check()
    assert seen.page.locator("input[name=tag]:checked").count() == 3
    seen.page.locator("input[name=tag]").first.uncheck()
    every = seen.page.get_by_label("All tags of this page")
    assert every.evaluate("box => box.indeterminate")


def test_tags_are_filtered_and_sorted(visitor: Visitor, hub: Sample) -> None:
    seen = visitor()
    seen.open(f"/r/{hub.repository}/-/tags")
    seen.page.locator("#filter").press_sequentially("2.0", delay=20)
    rows = seen.page.locator("#tags tbody tr")
    expect(rows).to_have_count(2)
    seen.page.locator("#tags thead").get_by_role("link", name="Tag").click()
    column = seen.page.locator("#tags th[aria-sort]").first
    expect(column).not_to_have_attribute("aria-sort", "none")
    names = rows.locator("th a").all_inner_texts()
    assert sorted(names) == ["2.0", "2.0.3"]
    way = column.get_attribute("aria-sort")
    assert names == sorted(names, reverse=way == "descending")
    seen.page.go_back()
    expect(rows).to_have_count(2)
    seen.calm()


def test_a_tag_is_set_to_the_same_image(visitor: Visitor, own: Own) -> None:
    seen = visitor(own.owner)
    seen.open(f"{own.path}/-/tags/red")
    field(seen, "New tag").fill("port")
    press(seen, "Set the tag")
    seen.open(f"{own.path}/-/tags")
    expect(seen.page.locator("input[name=tag][value=port]")).to_have_count(1)
    assert "port" in own.tags()
    seen.calm()


def test_what_is_private_is_not_there_for_others(visitor: Visitor, own: Own, site: Site) -> None:
    stranger, absent = visitor(site.person()), f"/r/{own.owner.name}/nothing"
    own.owner.do("PATCH", f"/repositories/{own.name}", visibility="private")
    answers = [stranger.open(path, 404).text() for path in (own.path, absent)]
    assert own.name.split("/")[1] not in answers[0].replace(own.path, "")
    visitor(own.owner).open(own.path)


def test_a_command_is_copied(visitor: Visitor, hub: Sample) -> None:
    seen = visitor(permissions=["clipboard-read", "clipboard-write"])
    seen.open(f"/r/{hub.repository}")
    seen.page.locator("main .copy button").first.click()
    expect(seen.page.locator("#spoken")).to_have_text("Copied")
    copied = seen.page.evaluate("navigator.clipboard.readText()")
    assert copied == f"docker pull {seen.home.removeprefix('http://')}/{hub.repository}:latest"
    seen.calm()


@pytest.mark.parametrize("path", ["", "/-/tags", f"/-/tags/{'x' * 128}"])
def test_a_long_tag_fits_on_the_page(visitor: Visitor, own: Own, path: str) -> None:
    push(own.owner, own.name, Image((Layer("COPY light /", {"light": b"1"}),)), "x" * 128)
    seen = visitor(own.owner)
    seen.open(f"{own.path}{path}")
    overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert seen.page.evaluate(overflow) <= 0
