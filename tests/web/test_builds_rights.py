"""Who sees a repository's builds on its pages, and who takes them out there."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.site import Caller, Site, serving
from tests.web.building import listed, silence, tell
from tests.web.pushing import push, show
from tests.web.site import Browser, browsing
from tests.web.test_look import check, labelled

# What pages say of builds, and nothing that somebody told.
WORDS = (
    "构建用时",
    "时间线",
    "移除…",
    "移除所有构建…",
    "标签",
    "镜像",
    "已不存在",
    "来源",
    "日志",
    "报告者",
    "排队中",
    "进行中",
    "没有消息",
    "成功",
    "失败",
    "已取消",
    "1 小时 2 分",
    "1 分 30 秒",
)


@pytest.fixture
def name(site: Site, alice: Caller) -> str:
    """A public repository of Alice's with one image and two builds."""
    made = f"{alice.name}/web"
    push(site, alice, made)
    show(site, made)
    for build in ("1", "2"):
        tell(alice, made, build)
    return made


@pytest.fixture
def here(name: str) -> str:
    """The address of its builds."""
    return f"/r/{name}/-/builds"


@pytest.fixture
def chinese(site: Site, alice: Caller) -> Iterator[Browser]:
    """Alice's browser in Chinese."""
    with browsing(site, **{"accept-language": "zh-CN"}) as made:
        made.log_in(alice)
        yield made


def actions(browser: Browser, here: str) -> list[str]:
    """Where the forms of the page about builds are sent."""
    return [form.action for form in browser.get(here).forms if "/-/builds" in form.action]


def test_one_build_is_removed(alice: Caller, name: str, here: str, home: Browser) -> None:
    page = home.get(here)
    check(page)
    labelled(page)
    assert [form.fields.get("name") for form in page.forms if form.action == f"{here}/forget"] == [
        ["2"],
        ["1"],
        None,
    ]
    assert "The build 2 is listed no more. Its image and its tags stay." in page.text
    after = home.send(page, f"{here}/forget")
    assert (after.status, after.path) == (200, here)
    assert "The build was removed from the timeline." in after.text
    assert listed(after) == ["1"]
    tags = alice.ask("GET", f"/v2/{name}/tags/list").json()["tags"]
    assert tags == ["latest"]


def test_all_builds_are_removed(name: str, here: str, home: Browser) -> None:
    page = home.get(here)
    form = next(form for form in page.forms if "all" in form.fields)
    answer = home.post(f"{here}/forget", **form.fields)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/r/{name}")
    after = home.get(f"/r/{name}")
    assert "The builds were removed from the timeline." in after.text
    assert "Last build" not in after.text
    assert "Automated" not in after.text
    assert here not in after.links
    assert "No builds were reported yet." in home.get(here).text


def test_what_is_not_there_is_told_on_the_page(here: str, home: Browser) -> None:
    page = home.get(here)
    for wrong, status in (({"name": "9"}, 404), ({"name": ""}, 404)):
        after = home.send(page, f"{here}/forget", **wrong)
        assert after.status == status
        check(after)
        assert after.path == f"{here}/forget"
        assert listed(after) == ["2", "1"]
    csrf = page.form(f"{here}/forget").fields["csrf"]
    refused = home.post(f"{here}/forget", csrf=csrf, name="1\0")
    assert refused.status_code == 422
    assert listed(home.get(here)) == ["2", "1"]


def test_a_form_without_its_token_removes_nothing(here: str, home: Browser) -> None:
    for fields in ({"name": "1"}, {"all": "1"}):
        assert home.post(f"{here}/forget", **fields).status_code == 403
        assert home.post(f"{here}/forget", csrf="made-up", **fields).status_code == 403
    assert listed(home.get(here)) == ["2", "1"]


@pytest.mark.parametrize("role", ["", "reader", "writer"])
def test_who_may_not_manage_sees_no_buttons(
    site: Site, alice: Caller, bob: Caller, *, name: str, here: str, role: str
) -> None:
    if role:
        alice.do("PUT", f"/repository-roles/{name}", account=bob.name, role=role)
    with browsing(site) as other:
        other.log_in(bob)
        page = other.get(here)
        check(page)
        assert listed(page) == ["2", "1"]
        assert actions(other, here) == []
        assert "Remove" not in page.text
        csrf = page.form(f"/r/{name}/-/star").fields["csrf"]
        for fields in ({"name": "1"}, {"all": "1"}):
            assert other.post(f"{here}/forget", csrf=csrf, **fields).status_code == 403
        assert listed(other.get(here)) == ["2", "1"]


def test_maintainers_remove_builds(
    site: Site, alice: Caller, bob: Caller, name: str, here: str
) -> None:
    alice.do("PUT", f"/repository-roles/{name}", account=bob.name, role="maintainer")
    with browsing(site) as other:
        other.log_in(bob)
        assert listed(other.send(other.get(here), f"{here}/forget")) == ["1"]


def test_a_public_timeline_is_for_everybody(here: str, browser: Browser) -> None:
    page = browser.get(here)
    check(page)
    labelled(page)
    assert (page.status, listed(page)) == (200, ["2", "1"])
    assert actions(browser, here) == []
    assert browser.post(f"{here}/forget", name="1").status_code == 401
    assert listed(browser.get(here)) == ["2", "1"]


def test_private_and_absent_timelines_are_told_apart_by_nobody(
    site: Site, alice: Caller, bob: Caller, browser: Browser
) -> None:
    name, absent = f"{alice.name}/own", f"{alice.name}/none"
    tell(alice, name, "1")
    report = {"name": "2", "state": "succeeded"}
    for each in (name, absent):
        assert bob.status("PUT", f"/repository-builds/{each}", **report) == 403
        assert browser.http.get(f"/r/{each}/-/builds").status_code == 303
    with browsing(site) as other:
        other.log_in(bob)
        seen, nowhere = (other.get(f"/r/{each}/-/builds") for each in (name, absent))
        assert (seen.status, nowhere.status) == (404, 404)
        assert seen.html.replace(name, "") == nowhere.html.replace(absent, "")
    found = alice.do("GET", f"/repository-builds/{name}")["items"]
    assert [each["name"] for each in found] == ["1"]


def test_where_all_is_open_nobody_is_asked_to_report(folder: Path) -> None:
    with serving(folder, {"auth__mode": "open"}) as site, browsing(site) as browser:
        push(site, site.nobody, "acme/web")
        report = {"name": "1", "state": "succeeded"}
        assert site.nobody.status("PUT", "/repository-builds/acme/web", **report) == 405
        page = browser.get("/r/acme/web/-/builds")
        check(page)
        assert "No builds were reported yet." in page.text
        assert "/api/repository-builds" not in page.html


def test_all_is_said_in_chinese(site: Site, alice: Caller, name: str, chinese: Browser) -> None:
    image = push(site, alice, name, "v1", annotations={"only": "once"})
    start = "2026-01-02T03:00:00Z"
    tell(alice, name, "q", "queued")
    tell(alice, name, "r", "running", ref="main")
    tell(alice, name, "s", "running")
    silence(site, name, "s", hours=24)
    tell(alice, name, "t", digest=image.digest, tags=["v1"], log="https://ci.example.org/")
    tell(alice, name, "u", "failed", started_at=start, ended_at="2026-01-02T04:02:03Z")
    tell(alice, name, "v", "canceled", started_at=start, ended_at="2026-01-02T03:01:30Z")
    answer = alice.ask("DELETE", f"/v2/{name}/manifests/{image.digest}")
    assert answer.status_code == 202
    page = chinese.get(f"/r/{name}/-/builds")
    check(page)
    labelled(page)
    assert f"<title>{name} 的构建" in page.html
    assert "最近 2 次构建的用时" in page.html
    assert "构建 q 将不再列出。其镜像和标签会保留。" in page.text
    assert [word for word in WORDS if word not in page.text and word not in page.html] == []
    main = page.html.partition('id="builds"')[2].partition("</main>")[0]
    for word in ("Builds", "Timeline", "Remove", "Source", "running", "no news", "ago", " min"):
        assert word not in main, word
    assert "最近一次构建" in chinese.get(f"/r/{name}").text


def test_what_forms_did_is_said_in_chinese(name: str, here: str, chinese: Browser) -> None:
    after = chinese.send(chinese.get(here), f"{here}/forget")
    assert "已从时间线中移除该构建。" in after.text
    wrong = chinese.send(after, f"{here}/forget", name="9")
    assert wrong.status == 404
    assert f"{name} has no build" not in wrong.text
    form = next(form for form in after.forms if "all" in form.fields)
    chinese.post(f"{here}/forget", **form.fields)
    assert "已从时间线中移除这些构建。" in chinese.get(f"/r/{name}").text
    page = chinese.get(here)
    assert "尚未报告任何构建。" in page.text
    assert "有推送权限者可以报告构建" in page.text
