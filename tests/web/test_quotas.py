"""The pages about what namespaces hold and may hold."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.site import Caller, Site, serving, unique
from tests.web.pushing import push, repository
from tests.web.site import Browser, Page, browsing
from tests.web.test_look import check, labelled

HOME = "/admin/quotas"


@pytest.fixture
def office(site: Site, admin: Caller) -> Iterator[Browser]:
    """The browser of an administrator."""
    with browsing(site) as made:
        made.log_in(admin)
        yield made


@pytest.fixture
def org(alice: Caller) -> str:
    """An organization of Alice's."""
    return alice.organization()


def limits(who: Caller, space: str) -> tuple[int | None, int | None, bool]:
    found = who.do("GET", f"/namespaces/{space}/quota")
    return found["limits"]["bytes"], found["limits"]["repositories"], found["own"]


def bars(page: Page) -> list[str]:
    """What the bars of the page are called."""
    return [
        value
        for tag, name, value in page.attributes
        if (tag, name) == ("svg", "aria-label") and " of " in value
    ]


def test_each_page_is_whole_in_both_languages(
    site: Site, office: Browser, admin: Caller, alice: Caller, org: str
) -> None:
    push(site, alice, f"{org}/app")
    with repository(site, alice, f"{org}/app").http as http:
        assert http.post(f"/v2/{org}/app/blobs/uploads/").is_success
    admin.do("PUT", f"/namespaces/{org}/quota", bytes=10**9, repositories=4)
    with browsing(site, **{"accept-language": "zh-CN"}) as chinese:
        chinese.log_in(admin)
        for path in (HOME, f"{HOME}/{org}", f"/u/{org}/-/settings"):
            page = office.get(path)
            assert (page.status, page.path) == (200, path)
            check(page)
            labelled(page)
            translated = chinese.get(path)
            assert (translated.status, translated.unclosed) == (200, [])
            assert "镜像大小" in translated.text
            assert ("未完成的上传和未被引用" in translated.text) is (path != HOME)


def test_an_owner_sees_what_is_held(
    site: Site, home: Browser, admin: Caller, alice: Caller, org: str
) -> None:
    root = f"/u/{org}/-/settings"
    before = home.get(root)
    assert "0 B, without a limit" in before.text
    assert "0, without a limit" in before.text
    assert bars(before) == []
    push(site, alice, f"{org}/app")
    admin.do("PUT", f"/namespaces/{org}/quota", bytes=10**9, repositories=4)
    page = home.get(root)
    size, repositories = bars(page)
    assert size.startswith("Size of the images: ")
    assert size.endswith(" of 1 GB")
    assert repositories == "Repositories: 1 of 4"
    assert "each once, however many images and repositories have it" in page.text
    assert f"{HOME}/{org}" not in page.links
    # The page that tells of a mistake in another form has it too.
    assert bars(home.send(page, root, visibility="secret")) == bars(page)


def test_everybody_sees_what_their_own_namespace_holds(home: Browser, alice: Caller) -> None:
    assert "without a limit" in home.get(f"/u/{alice.name}/-/settings").text


def test_an_administrator_is_led_from_there_to_the_limits(office: Browser, org: str) -> None:
    page = office.get(f"/u/{org}/-/settings")
    assert f"{HOME}/{org}" in page.links
    assert office.get(f"{HOME}/{org}").status == 200


def test_limits_are_set_and_taken_back(office: Browser, alice: Caller, org: str) -> None:
    here = f"{HOME}/{org}"
    page = office.get(here)
    form = page.form(here)
    assert (form.fields["bytes"], form.fields["repositories"]) == ([""], [""])
    assert f"{here}/remove" not in {each.action for each in page.forms}
    changed = office.send(page, here, bytes=" 500 MiB ", repositories="7")
    assert changed.path == here
    assert "The limits were changed." in changed.text
    assert limits(alice, org) == (500 * 2**20, 7, True)
    form = changed.form(here)
    assert (form.fields["bytes"], form.fields["repositories"]) == (["500 MiB"], ["7"])
    office.send(changed, here, bytes="", repositories="0")
    assert limits(alice, org) == (None, 0, True)
    back = office.send(office.get(here), f"{here}/remove")
    assert "The limits of the settings hold again." in back.text
    assert limits(alice, org) == (None, None, False)
    assert f"{here}/remove" not in {each.action for each in back.forms}


@pytest.mark.parametrize(
    ("field", "typed", "told"),
    [
        ("bytes", "a lot", "write a size as 10 GB or 500 MiB"),
        ("bytes", "1,5 GB", "write a size as 10 GB or 500 MiB"),
        ("bytes", "999 EB", "that is too much; leave the field empty for no limit"),
        ("repositories", "-1", "write a whole number"),
        ("repositories", "9" * 20, "that is too much; leave the field empty for no limit"),
    ],
)
def test_what_is_wrong_is_told_and_stays_typed(  # noqa: PLR0917 - pytest names them
    office: Browser, alice: Caller, org: str, field: str, typed: str, told: str
) -> None:
    here = f"{HOME}/{org}"
    fields = {"bytes": "1 GB", "repositories": "1", field: typed}
    wrong = office.send(office.get(here), here, **fields)
    assert wrong.status == 422
    assert told in wrong.text
    check(wrong)
    assert {name: wrong.form(here).fields[name] for name in fields} == {
        name: [text] for name, text in fields.items()
    }
    assert limits(alice, org) == (None, None, False)


def test_what_is_wrong_is_told_in_chinese(site: Site, admin: Caller, org: str) -> None:
    with browsing(site, **{"accept-language": "zh-CN"}) as chinese:
        chinese.log_in(admin)
        here = f"{HOME}/{org}"
        wrong = chinese.send(chinese.get(here), here, bytes="much", repositories="")
        assert "请按 10 GB 或 500 MiB 的格式填写大小" in wrong.text


def test_a_namespace_is_found_by_its_name(office: Browser, org: str) -> None:
    page = office.get(HOME)
    assert office.send(page, HOME, namespace=f" {org.upper()} ").path == f"{HOME}/{org}"
    for name in ("nobody-has-this", "a/b", "..", "%2e%2e", "<b>"):
        missing = office.send(page, HOME, namespace=name)
        assert missing.status == 404, name
        assert "there is no namespace" in missing.text
        assert missing.form(HOME).fields["namespace"] == [name]
        check(missing)
    assert office.get(f"{HOME}/nobody-has-this").status == 404


def test_others_are_refused(home: Browser, browser: Browser, alice: Caller, org: str) -> None:
    csrf = home.get("/settings").form("/settings").fields["csrf"][0]
    here = f"{HOME}/{org}"
    for path in (HOME, here):
        assert browser.get(path).path.startswith("/login?next=/admin")
        assert home.get(path).status == 403
    for path in (here, f"{here}/remove"):
        assert home.post(path, csrf=csrf, bytes="1 GB").status_code == 403
    assert limits(alice, org) == (None, None, False)


def test_a_form_without_the_sessions_value_is_refused(
    office: Browser, alice: Caller, org: str
) -> None:
    for path in (f"{HOME}/{org}", f"{HOME}/{org}/remove"):
        assert office.post(path, bytes="1 GB").status_code == 403
        assert office.post(path, bytes="1 GB", csrf="wrong").status_code == 403
    assert limits(alice, org) == (None, None, False)


def test_the_list_shows_the_settings_and_whose_the_limits_are(folder: Path) -> None:
    settings = {"quotas__bytes": "1000000", "quotas__repositories": "2"}
    with serving(folder, settings) as site, browsing(site) as office:
        office.log_in(site.admin)
        empty = office.get(HOME)
        assert "Size of the images1 MB Repositories2" in empty.text
        assert "No namespace holds anything yet." in empty.text
        owner = site.person()
        ours, theirs, nobodys = owner.organization(), owner.organization(), unique("open")
        for name in (f"{ours}/app", f"{theirs}/app"):
            push(site, owner, name)
        push(site, site.admin, f"{nobodys}/app")
        site.admin.do("PUT", f"/namespaces/{ours}/quota", bytes=2 * 10**9)
        page = office.get(HOME)
        check(page)
        rows = {
            row.partition("<td>")[2].partition("</td>")[0]: row
            for row in page.html.partition("<tbody>")[2].split("<tr>")[1:]
        }
        row = rows[f'<a href="{HOME}/{ours}">{ours}</a>']
        assert "limits of its own" in row
        assert "2 GB" in row
        assert "no limit" in row
        row = rows[f'<a href="{HOME}/{theirs}">{theirs}</a>']
        assert "limits of the settings" in row
        assert "1 MB" in row
        # Repositories that are in no namespace hold to the settings, and there is nothing to set.
        assert "limits of the settings" in rows[nobodys]
        form = office.get(f"{HOME}/{theirs}").form(f"{HOME}/{theirs}")
        assert (form.fields["bytes"], form.fields["repositories"]) == (["1 MB"], ["2"])
