"""The page of the storage, and garbage collections that are asked for there."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from entrepot.cli.place import CAUSE
from entrepot.http.web.spans import span
from tests.api.runs import collect, end, ended, over, under_way
from tests.api.site import Caller, Site, serving
from tests.web.pushing import EVIL, no_markup_of_strangers
from tests.web.site import Browser, Page, browsing
from tests.web.test_look import check, labelled

HOME = "/admin/storage"
COLLECT = f"{HOME}/collect"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A registry of these tests alone, which collects nothing by itself."""
    with serving(tmp_path_factory.mktemp("storage"), {"gc__enabled": "false"}) as made:
        yield made


@pytest.fixture
def office(site: Site, admin: Caller) -> Iterator[Browser]:
    """The browser of an administrator."""
    with browsing(site) as made:
        made.log_in(admin)
        yield made


@pytest.fixture
def chinese(site: Site, admin: Caller) -> Iterator[Browser]:
    """The same in Chinese."""
    with browsing(site, **{"accept-language": "zh-CN"}) as made:
        made.log_in(admin)
        yield made


@pytest.fixture
def busy(site: Site) -> Iterator[int]:
    """A run that somebody works on."""
    run = under_way(site)
    yield run
    end(site, run)


def actions(page: Page) -> set[str]:
    return {form.action for form in page.forms}


def rows(page: Page) -> list[str]:
    """The runs that the page lists, newest first."""
    table = page.html.partition('id="collection"')[2].partition("<tbody>")[2]
    return table.partition("</tbody>")[0].split("<tr>")[1:]


def goes_on(page: Page) -> bool:
    """Whether the page looks by itself how far it is."""
    return ("section", "hx-get", HOME) in page.attributes


def last(admin: Caller) -> int:
    return int(admin.do("GET", "/gc")["runs"][0]["id"])


def test_a_collection_is_asked_for(office: Browser, admin: Caller) -> None:
    page = office.get(HOME)
    assert "No garbage collection is under way." in page.text
    assert not goes_on(page)
    asked = office.send(page, COLLECT)
    assert (asked.status, asked.path) == (200, HOME)
    assert "A garbage collection was asked for." in asked.text
    found = admin.do("GET", "/gc")
    run = (found["current"] or found["runs"][0])["id"]
    done = ended(admin, run)
    assert (done["state"], done["asked_by"], done["thorough"]) == ("done", admin.name, True)
    row = rows(office.get(HOME))[0]
    assert f"<td>{admin.name}<" in row
    assert "whole storage" in row
    assert ">done</span>" in row
    assert "second" in row


def test_the_whole_storage_is_left_out(office: Browser, admin: Caller) -> None:
    form = office.get(HOME).form(COLLECT)
    assert form.fields["thorough"] == ["1"]
    answer = office.post(COLLECT, csrf=form.fields["csrf"])
    assert (answer.status_code, answer.headers["location"]) == (303, HOME)
    found = admin.do("GET", "/gc")
    run = (found["current"] or found["runs"][0])["id"]
    assert not ended(admin, run)["thorough"]
    assert "whole storage" not in rows(office.get(HOME))[0]


def test_a_run_shows_how_far_it_is(
    office: Browser, chinese: Browser, busy: int, site: Site
) -> None:
    page = office.get(HOME)
    check(page)
    labelled(page)
    assert "A garbage collection is under way." in page.text
    assert "Taken out so far12 34 MB Removed so far5 6.78 MB" in page.text
    assert goes_on(page)
    assert COLLECT not in actions(page)
    translated = chinese.get(HOME)
    assert translated.unclosed == []
    assert "正在进行垃圾回收。" in translated.text
    end(site, busy)
    over_now = office.get(HOME)
    assert not goes_on(over_now)
    assert COLLECT in actions(over_now)
    assert "No garbage collection is under way." in over_now.text


def test_a_second_one_is_refused(office: Browser, chinese: Browser, busy: int) -> None:
    csrf = office.get("/admin/audit").form("/admin/audit/verify").fields["csrf"]
    refused = Page(office.post(COLLECT, csrf=csrf))
    assert refused.status == 409
    assert "a garbage collection is under way; wait for its end" in refused.text
    check(refused)
    assert goes_on(refused)
    csrf = chinese.get("/admin/audit").form("/admin/audit/verify").fields["csrf"]
    assert "垃圾回收正在进行" in Page(chinese.post(COLLECT, csrf=csrf)).text


def test_what_runs_did_is_listed(site: Site, office: Browser, chinese: Browser) -> None:
    for _ in range(11):
        over(site)
    page = office.get(HOME)
    check(page)
    labelled(page)
    assert len(rows(page)) == 10
    for told in ("by itself", "1.5 minutes", ">12 <", ">34 MB<", ">5 <", ">6.78 MB<", ">done<"):
        assert told in rows(page)[0], told
    translated = rows(chinese.get(HOME))[0]
    for told in ("自动", "1.5 分钟", ">34 MB<", ">完成<"):
        assert told in translated, told


def test_what_went_wrong_is_told_as_text(site: Site, office: Browser) -> None:
    over(site, by=EVIL, error=f"OSError: {EVIL} 100%s %(x)s")
    page = office.get(HOME)
    check(page)
    no_markup_of_strangers(page.html)
    row = rows(page)[0]
    assert ">failed</span>" in row
    assert "OSError: &lt;script&gt;" in row
    assert "100%s %(x)s" in row


def test_a_run_that_was_cut_short_is_over(
    site: Site, office: Browser, chinese: Browser, admin: Caller
) -> None:
    run = under_way(site, silent=timedelta(minutes=10))
    page = office.get(HOME)
    assert not goes_on(page)
    assert "it was cut short" in rows(page)[0]
    assert "被中断" in rows(chinese.get(HOME))[0]
    assert last(admin) == run


def test_why_nothing_is_removed_is_told(
    site: Site, office: Browser, chinese: Browser, admin: Caller
) -> None:
    """As where a folder is Docker's own registry's too."""
    repositories = site.data / "docker/registry/v2/repositories"
    repositories.mkdir()
    try:
        assert collect(admin)["state"] == "failed"
    finally:
        repositories.rmdir()
    assert "Docker&#39;s own registry has repositories" in rows(office.get(HOME))[0]
    assert "因此不删除任何字节" in rows(chinese.get(HOME))[0]


def test_what_the_command_line_did_is_told(site: Site, office: Browser, chinese: Browser) -> None:
    over(site, by=CAUSE.actor)
    assert f"<td>{CAUSE.actor}<" in rows(office.get(HOME))[0]
    assert "<td>命令行<" in rows(chinese.get(HOME))[0]


def test_the_settings_in_force_are_told(folder: Path) -> None:
    settings = {"gc__every_hours": "1.5", "gc__store_hours": "24", "gc__grace_hours": "0.5"}
    with serving(folder, settings) as site, browsing(site) as office:
        office.log_in(site.admin)
        page = office.get(HOME)
        assert "by itself every 1.5 hours, through the whole storage every 24 hours" in page.text
        assert "Grace30 minutes, for new blobs" in page.text
        assert "Can be brought back0 To be removed0" in page.text
        assert rows(page) == []
        assert "Garbage collectionevery 1.5 hours0" in office.get("/admin/jobs").text


def test_the_settings_that_nobody_changed_are_told(folder: Path) -> None:
    with serving(folder) as site, browsing(site) as office:
        office.log_in(site.admin)
        told = office.get(HOME).text
        assert "by itself every hour, through the whole storage every 24 hours" in told
        assert "Garbage collectionevery hour0" in office.get("/admin/jobs").text
        with browsing(site, **{"accept-language": "zh-CN"}) as chinese:
            chinese.log_in(site.admin)
            told = chinese.get(HOME).text
            assert "每小时自动运行" in told
            assert "每 24 小时检查整个存储" in told


def test_that_none_runs_by_itself_is_told(office: Browser) -> None:
    for path in (HOME, "/admin/jobs"):
        assert "only when it is asked for (gc.enabled)" in office.get(path).text


@pytest.mark.parametrize(
    ("seconds", "english", "chinese"),
    [
        (0, "0 seconds", "0 秒"),
        (0.012, "0.01 seconds", "0.01 秒"),
        (1, "1 second", "1 秒"),
        (59.5, "59.5 seconds", "59.5 秒"),
        (60, "1 minute", "1 分钟"),
        (90, "1.5 minutes", "1.5 分钟"),
        (3600, "1 hour", "1 小时"),
        (24 * 3600, "24 hours", "24 小时"),
        (100 * 60, "1.67 hours", "1.67 小时"),
        (1234 * 3600, "1,234 hours", "1,234 小时"),
    ],
)
def test_lengths_of_time(seconds: float, english: str, chinese: str) -> None:
    length = timedelta(seconds=seconds)
    assert (span("en", length), span("zh_CN", length)) == (english, chinese)
