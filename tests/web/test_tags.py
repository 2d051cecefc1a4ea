"""The table of tags: sorted, filtered, paged; and what is done to many tags at a time."""

import re
from collections.abc import Sequence

import httpx
import pytest

from tests.api.site import Caller, Site, scope, serving, unique
from tests.programs.waiting import PATIENCE
from tests.web.pushing import found, push, repository, show
from tests.web.site import Browser, Page, browsing

TAGS = ["v1", "v2", "v10", "latest", "Edge", "a_b", "axb"]


@pytest.fixture
def name(site: Site, alice: Caller) -> str:
    """A repository of Alice's with TAGS, made in this order."""
    made = f"{alice.name}/{unique('web')}"
    there = repository(site, alice, made)
    with there.http:
        for tag in TAGS:
            there.push_image(tag)
    return made


def listed(page: Page) -> list[str]:
    """The tags of the table, from the first row on."""
    return re.findall(r'<th scope="row"><a class="mono" href="[^"]*">([^<]*)</a>', page.html)


def delete(browser: Browser, name: str, *tags: str) -> Page:
    """The page after the boxes of the tags and the button."""
    page = browser.get(f"/r/{name}/-/tags")
    return browser.send(page, f"/r/{name}/-/deletions", tag=list(tags))


def pulled(site: Site, who: Caller, name: str, tags: Sequence[str]) -> dict[str, str | None]:
    """What each tag points to."""
    there = repository(site, who, name)
    with there.http:
        answers = {tag: there.pull(tag, "HEAD") for tag in tags}
    return {tag: each.headers.get("docker-content-digest") for tag, each in answers.items()}


def test_the_newest_tag_stands_first(name: str, home: Browser) -> None:
    page = home.get(f"/r/{name}/-/tags")
    assert listed(page) == TAGS[::-1]
    assert "7 tags" in page.text
    assert found(home, f"/r/{name}/-/tags")


def test_columns_sort_one_way_and_the_other(name: str, home: Browser) -> None:
    page = home.get(f"/r/{name}/-/tags")
    (by_name,) = {link for link in page.links if "order=name" in link}
    page = home.get(by_name)
    assert listed(page) == sorted(TAGS)
    assert 'aria-sort="ascending"' in page.html
    (other,) = {link for link in page.links if "order=name" in link}
    page = home.get(other)
    assert listed(page) == sorted(TAGS, reverse=True)
    assert page.html.count('aria-sort="descending"') == 1
    for order in ("size", "pulled", "updated", "nonsense", ""):
        for way in ("up", "down", "nonsense"):
            page = home.get(f"/r/{name}/-/tags", order=order, way=way)
            assert (page.status, sorted(listed(page))) == (200, sorted(TAGS))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("v1", ["v10", "v1"]),
        ("EDGE", ["Edge"]),
        ("a_b", ["a_b"]),
        ("%", []),
        ("é", []),
        ('"><script>', []),
        ("x" * 5000, []),
    ],
)
def test_the_filter_shows_what_has_it_in_its_name(
    name: str, home: Browser, text: str, expected: list[str]
) -> None:
    page = home.get(f"/r/{name}/-/tags", q=text)
    assert (page.status, listed(page)) == (200, expected)
    assert "<script>" not in page.html.replace('<script src="', "")


def test_a_filter_stays_while_sorting_and_paging(name: str, home: Browser) -> None:
    page = home.get(f"/r/{name}/-/tags", q="v1")
    links = [link for link in page.links if "order=" in link]
    assert links
    assert all("q=v1" in link for link in links)


def test_large_tables_come_in_pages(site: Site, alice: Caller, home: Browser) -> None:
    name = f"{alice.name}/{unique('large')}"
    there = repository(site, alice, name)
    with there.http:
        image = there.push_image("t000")
        for number in range(1, 120):
            there.put_manifest(image, f"t{number:03}")
    seen: list[str] = []
    for number, length in ((1, 50), (2, 50), (3, 20), (4, 0)):
        page = home.get(f"/r/{name}/-/tags", order="name", page=str(number))
        assert len(listed(page)) == length
        assert len(page.html) < 100_000
        seen += listed(page)
    assert seen == [f"t{number:03}" for number in range(120)]
    first = home.get(f"/r/{name}/-/tags", order="name")
    assert "Page 1 of 3" in first.text
    for odd in ("0", "-1", "x", "99999999999999999999"):
        assert home.get(f"/r/{name}/-/tags", page=odd).status == 200


def test_tags_are_deleted_together_and_come_back(
    site: Site, alice: Caller, name: str, home: Browser
) -> None:
    before = pulled(site, alice, name, TAGS)
    page = delete(home, name, "v1", "latest", "not-there")
    assert "2 tags were deleted." in page.text
    assert sorted(listed(page)) == sorted(set(TAGS) - {"v1", "latest"})
    assert pulled(site, alice, name, ["v1", "latest"]) == {"v1": None, "latest": None}
    after = home.send(page, f"/r/{name}/-/undo")
    assert "The tags are back." in after.text
    assert pulled(site, alice, name, TAGS) == before


def test_a_tag_that_was_made_anew_is_left_as_it_is(
    site: Site, alice: Caller, name: str, home: Browser
) -> None:
    page = delete(home, name, "v1", "v2")
    image = push(site, alice, name, "v1")
    after = home.send(page, f"/r/{name}/-/undo")
    assert "Some tags could not be restored" in after.text
    now = pulled(site, alice, name, ["v1", "v2"])
    assert now["v1"] == image.digest
    assert now["v2"] is not None


def test_a_tag_whose_image_is_gone_stays_gone(
    site: Site, alice: Caller, name: str, home: Browser
) -> None:
    digest = pulled(site, alice, name, ["v1"])["v1"]
    page = delete(home, name, "v1")
    there = repository(site, alice, name)
    with there.http:
        assert there.delete(f"manifests/{digest}").status_code == 202
    assert "Some tags could not be restored" in home.send(page, f"/r/{name}/-/undo").text


def test_an_undo_is_offered_once_and_to_whoever_deleted(
    site: Site, name: str, bob: Caller, home: Browser, alice: Caller
) -> None:
    alice.do("PUT", f"/repository-roles/{name}", account=bob.name, role="maintainer")
    page = delete(home, name, "v1")
    with browsing(site) as other:
        other.log_in(bob)
        assert f"/r/{name}/-/undo" not in other.get(page.path).html
    home.send(page, f"/r/{name}/-/undo")
    again = home.get(page.path)
    stale = home.send(again, f"/r/{name}/-/undo")
    assert stale.status in {200, 409}
    assert pulled(site, alice, name, ["v1"])["v1"] is not None


def test_deletes_and_undos_are_in_the_audit_log(
    admin: Caller, alice: Caller, name: str, home: Browser
) -> None:
    page = delete(home, name, "v1", "v2")
    home.send(page, f"/r/{name}/-/undo")
    entries = [each for each in admin.audit(actor=alice.name) if each["target"].startswith(name)]
    done = [(each["action"], each["target"]) for each in entries if each["action"] != "push"]
    assert sorted(done) == [("delete", f"{name}:v1"), ("delete", f"{name}:v2")]
    pushes = [each["target"] for each in entries if each["action"] == "push"]
    assert pushes.count(f"{name}:v1") == 2


def test_nothing_is_deleted_by_who_may_not(
    site: Site, alice: Caller, bob: Caller, name: str, home: Browser
) -> None:
    alice.do("PUT", f"/repository-roles/{name}", account=bob.name, role="writer")
    with browsing(site) as other:
        other.log_in(bob)
        page = other.get(f"/r/{name}/-/tags/v1")
        assert "/-/deletions" not in page.html
        csrf = page.form(f"/r/{name}/-/copies").fields["csrf"][0]
        for path in ("deletions", "undo"):
            fields = {"csrf": csrf, "tag": "v1", "at": "1"}
            assert other.post(f"/r/{name}/-/{path}", **fields).status_code == 403
    assert home.post(f"/r/{name}/-/deletions", tag="v1").status_code == 403
    assert listed(home.get(f"/r/{name}/-/tags")) == TAGS[::-1]


def test_without_a_choice_nothing_is_deleted(name: str, home: Browser) -> None:
    page = home.get(f"/r/{name}/-/tags")
    after = home.send(page, f"/r/{name}/-/deletions")
    assert "Choose the tags" in after.text
    assert listed(after) == TAGS[::-1]
    refused = home.send(page, f"/r/{name}/-/deletions", tag=["-no tag-"])
    assert refused.status == 400


def test_where_deletes_are_off_none_is_offered(folder) -> None:
    with serving(folder, {"registry__deletes": "false"}) as site, browsing(site) as browser:
        browser.log_in(site.admin)
        push(site, site.admin, "chief/web")
        page = browser.get("/r/chief/web/-/tags")
        assert "/-/deletions" not in page.html
        csrf = page.form("/r/chief/web/-/star").fields["csrf"][0]
        answer = browser.post("/r/chief/web/-/deletions", csrf=csrf, tag="latest")
        assert answer.status_code == 405
        assert listed(browser.get("/r/chief/web/-/tags")) == ["latest"]


def test_a_tag_is_given_to_an_image_that_has_one(
    site: Site, alice: Caller, name: str, home: Browser
) -> None:
    page = home.get(f"/r/{name}/-/tags/v1")
    after = home.send(page, f"/r/{name}/-/copies", tag="stable")
    assert after.path == f"/r/{name}/-/tags/stable"
    assert after.status == 200
    now = pulled(site, alice, name, ["v1", "stable", "v2"])
    assert now["stable"] == now["v1"]
    taken = home.send(page, f"/r/{name}/-/copies", tag="v2")
    assert taken.status == 409
    assert pulled(site, alice, name, ["v2"])["v2"] == now["v2"]
    home.send(page, f"/r/{name}/-/copies", tag="v2", replace="1")
    assert pulled(site, alice, name, ["v2"])["v2"] == now["v1"]
    for odd in ("", "-x", "a/b", "x" * 129, "<script>"):
        refused = home.send(page, f"/r/{name}/-/copies", tag=odd)
        assert refused.status == 400


class TestApi:
    """The same by /api."""

    def test_the_table_is_read_by_pages(self, alice: Caller, name: str) -> None:
        path = f"/api/repository-tags/{name}"
        first = alice.ask("GET", path, params={"order": "name", "descending": "false", "size": 4})
        assert [each["name"] for each in first.json()["items"]] == sorted(TAGS)[:4]
        assert first.json()["total"] == len(TAGS)
        query = {"order": "name", "descending": "false", "size": 4, "page": 2}
        second = alice.ask("GET", path, params=query).json()["items"]
        assert [each["name"] for each in second] == sorted(TAGS)[4:]
        some = alice.ask("GET", path, params={"contains": "v1"}).json()
        assert (some["total"], {each["name"] for each in some["items"]}) == (2, {"v1", "v10"})
        row = some["items"][0]
        assert row["digest"].startswith("sha256:")
        assert row["updated_by"] == alice.name

    def test_tags_are_deleted_and_restored(self, site: Site, alice: Caller, name: str) -> None:
        gone = alice.do("POST", f"/tag-deletions/{name}", tags=["v1", "v2", "none"])
        assert gone["tags"] == ["v1", "v2"]
        path = f"/api/tag-deletions/{name}"
        back = alice.ask("DELETE", path, params={"at": gone["at"]})
        assert back.json() == {"tags": ["v1", "v2"], "left": []}
        assert alice.ask("DELETE", path, params={"at": gone["at"]}).json()["left"] == ["v1", "v2"]
        never = alice.ask("DELETE", path, params={"at": "2020-01-01T00:00:00Z"})
        assert never.status_code == 409

    def test_tokens_of_some_tags_set_just_those(self, alice: Caller, name: str) -> None:
        program = alice.token(scope(name, "pull", "push", "delete", tags="v*"))
        path = f"/repository-tags/{name}"
        assert program.status("POST", path, source="v1", tag="v3") == 200
        assert program.status("POST", path, source="v1", tag="other") == 403
        assert program.status("POST", f"/tag-deletions/{name}", tags=["latest"]) == 403

    def test_a_token_that_may_only_delete_restores_nothing(self, alice: Caller, name: str) -> None:
        program = alice.token(scope(name, "pull", "delete"))
        gone = program.do("POST", f"/tag-deletions/{name}", tags=["v1"])
        path = f"/api/tag-deletions/{name}"
        assert program.ask("DELETE", path, params={"at": gone["at"]}).status_code == 403
        assert alice.ask("DELETE", path, params={"at": gone["at"]}).status_code == 200

    def test_public_repositories_are_read_by_all(
        self, site: Site, name: str, browser: Browser
    ) -> None:
        path = f"/api/repository-tags/{name}"
        assert (
            httpx.get(site.server.url + path, trust_env=False, timeout=PATIENCE).status_code == 401
        )
        show(site, name)
        assert (
            httpx.get(site.server.url + path, trust_env=False, timeout=PATIENCE).status_code == 200
        )
