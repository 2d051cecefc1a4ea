"""The pages of administrators."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import jwt
import pytest

from tests.api.site import Caller, Site, serving, unique
from tests.api.test_second_factor import confirm
from tests.conformance import content
from tests.conformance.registry import Repository
from tests.programs.entrepot import entrepot
from tests.programs.waiting import PATIENCE
from tests.web.site import Browser, Page, browsing
from tests.web.test_look import check, labelled

PAGES = (
    "/admin",
    "/admin/users",
    "/admin/users/chief",
    "/admin/invitations",
    "/admin/audit",
    "/admin/storage",
    "/admin/configuration",
    "/admin/jobs",
)
FORMS = (
    "/admin/users",
    "/admin/users/chief/standing",
    "/admin/users/chief/password",
    "/admin/users/chief/sessions",
    "/admin/users/chief/totp",
    "/admin/users/chief/delete",
    "/admin/invitations",
    "/admin/invitations/withdraw",
    "/admin/audit/verify",
    "/admin/storage/collect",
    "/admin/configuration/rotate",
)


@pytest.fixture
def office(site: Site, admin: Caller) -> Iterator[Browser]:
    """The browser of an administrator."""
    with browsing(site) as made:
        made.log_in(admin)
        yield made


def shown(page: Page) -> list[str]:
    """What a page shows once, beside buttons that copy it."""
    return [value for _, name, value in page.attributes if name == "data-copy"]


def make(office: Browser, **fields: str) -> Page:
    """The page after the form of a new account, which stands below the search."""
    page = office.get("/admin/users")
    (form,) = [
        each for each in page.forms if (each.action, each.method) == ("/admin/users", "post")
    ]
    sent = {**form.fields, **fields}
    return Page(office.http.post(form.action, data=sent, follow_redirects=True))


def test_each_page_is_whole_in_both_languages(site: Site, office: Browser, admin: Caller) -> None:
    with browsing(site, **{"accept-language": "zh-CN"}) as chinese:
        chinese.log_in(admin)
        for path in PAGES:
            page = office.get(path)
            assert (page.status, page.path) == (200, path)
            check(page)
            labelled(page)
            assert "Administration" in page.text
            translated = chinese.get(path)
            assert (translated.status, translated.unclosed) == (200, [])
            assert "管理" in translated.text.partition("Entrepot")[0]


def test_others_are_refused(browser: Browser, home: Browser, alice: Caller) -> None:
    csrf = home.get("/settings").form("/settings").fields["csrf"][0]
    for path in PAGES:
        assert browser.get(path).path.startswith("/login?next=/admin")
        assert home.get(path).status == 403, path
    for path in FORMS:
        fields = {"csrf": csrf, "name": unique("user"), "admin": "yes"}
        assert home.post(path, **fields).status_code == 403, path
    assert not alice.do("GET", "/account")["admin"]


def test_a_form_without_the_sessions_value_is_refused(office: Browser) -> None:
    for path in FORMS:
        assert office.post(path, name="mallory").status_code == 403, path
        assert office.post(path, name="mallory", csrf="wrong").status_code == 403, path
    assert office.get("/admin/users/mallory").status == 404


def test_where_all_is_open_there_are_no_such_pages(folder: Path) -> None:
    with (
        entrepot(folder) as server,
        httpx.Client(base_url=server.url, trust_env=False, timeout=PATIENCE) as http,
    ):
        for path in (*PAGES, "/settings", "/settings/tokens", "/u/acme/-/settings"):
            assert http.get(path, headers={"accept": "text/html"}).status_code == 404, path
        assert http.post("/admin/users", data={"name": "mallory"}).status_code == 404
        assert http.post("/admin/storage/collect").status_code == 404


def test_the_figures_add_up(folder: Path) -> None:
    """Two repositories with the same blobs: what is shared is kept once."""
    with serving(folder) as site, browsing(site) as office:
        blob = content.config()
        with browsing(site, **site.admin.headers) as pushing:
            for name in ("chief/one", "chief/two"):
                repository = Repository(name, pushing.http)
                repository.push_blob(blob)
                repository.push_manifest(content.image(blob), "latest")
        office.log_in(site.admin)
        page = office.get("/admin")
        assert "Organizations0 Repositories2 Tags2 Blobs1" in page.text
        saved = f"Saved by sharing{len(blob.data)} B"
        assert saved in page.text
        storage = office.get("/admin/storage").text
        assert saved in storage
        assert f"Without sharing{2 * len(blob.data)} B" in storage


def test_an_account_is_made_with_a_one_time_password(office: Browser, site: Site) -> None:
    name = unique("person")
    assert make(office, name="Not A Name").status in {400, 422}
    made = make(office, name=name, full_name="<i>x</i>")
    assert made.headers["cache-control"] == "no-store"
    assert shown(made)[0] == name
    password = shown(made)[1]
    there = office.get(f"/admin/users/{name}")
    assert "&lt;i&gt;x" in there.html
    assert password not in there.html
    assert Caller(site.http, name, password).log_in().json()["must_change_password"]
    assert make(office, name=name).status == 409


def test_an_account_is_made_with_a_given_password(office: Browser, site: Site) -> None:
    name, password = unique("person"), "correct horse battery staple"
    made = make(office, name=name, password=password, admin="1")
    assert made.path == f"/admin/users/{name}"
    assert password not in made.html
    answer = Caller(site.http, name, password).log_in()
    assert not answer.json()["must_change_password"]
    assert site.admin.do("GET", f"/users/{name}")["admin"]


def test_accounts_are_found_by_name_and_address(office: Browser, site: Site) -> None:
    start, email = unique("zoe"), f"{unique('mail')}@example.org"
    names = [f"{start}{letter}" for letter in "ab"]
    site.admin.do("POST", "/users", name=names[0], email=email)
    site.admin.do("POST", "/users", name=names[1])

    def found(text: str) -> list[str]:
        page = office.send(office.get("/admin/users"), "/admin/users", q=text)
        links = (urlsplit(link).path for link in page.links)
        return [link.rpartition("/")[2] for link in links if link.startswith("/admin/users/")]

    assert found(start) == names
    assert found(names[1]) == [names[1]]
    assert found(email.upper()) == [names[0]]
    assert found("nobody-is-called-so") == []


def test_a_listing_of_accounts_goes_on(office: Browser, site: Site) -> None:
    start = unique("page")
    names = [f"{start}-{number:02}" for number in range(51)]
    for name in names:
        site.admin.do("POST", "/users", name=name)
    first = office.get("/admin/users", q=start)
    assert f"/admin/users/{names[49]}" in first.links
    (onward,) = [link for link in first.links if "last=" in link]
    second = office.get(onward)
    assert f"/admin/users/{names[50]}" in second.links
    assert f"/admin/users/{names[49]}" not in second.links


def test_standing_is_changed(office: Browser, admin: Caller, alice: Caller) -> None:
    here = f"/admin/users/{alice.name}"
    csrf = office.get(here).form(f"{here}/delete").fields["csrf"][0]

    def stand(**fields: str) -> tuple[bool, bool]:
        assert office.post(f"{here}/standing", csrf=csrf, **fields).status_code == 303
        found = admin.do("GET", f"/users/{alice.name}")
        return found["admin"], found["disabled"]

    assert stand(admin="yes") == (True, False)
    assert stand(admin="no") == (False, False)
    assert stand(disabled="yes") == (False, True)
    assert "disabled" in office.get(here).text
    assert alice.log_in().status_code == 401
    assert stand(disabled="no") == (False, False)
    assert alice.log_in().status_code == 200


def test_logins_are_reset(office: Browser, alice: Caller) -> None:
    here = f"/admin/users/{alice.name}"
    session = alice.session()
    page = office.get(here)
    office.send(page, f"{here}/sessions")
    assert session.status("GET", "/account") == 401
    made = office.send(page, f"{here}/password")
    assert alice.log_in().status_code == 401
    assert Caller(alice.http, alice.name, shown(made)[1]).log_in().status_code == 200
    assert shown(made)[1] not in office.get(here).html


def test_a_lost_second_factor_is_removed(office: Browser, admin: Caller, alice: Caller) -> None:
    session = alice.session()
    secret = session.do("POST", "/account/totp", password=alice.secret)["secret"]
    confirm(session, secret)
    here = f"/admin/users/{alice.name}"
    office.send(office.get(here), f"{here}/totp")
    assert not admin.do("GET", f"/users/{alice.name}")["second_factor"]
    assert alice.log_in().status_code == 200


def test_an_account_is_deleted(office: Browser, admin: Caller, alice: Caller) -> None:
    here = f"/admin/users/{alice.name}"
    assert office.send(office.get(here), f"{here}/delete").path == "/admin/users"
    assert admin.status("GET", f"/users/{alice.name}") == 404


def test_an_invitation_is_shown_once_and_withdrawn(office: Browser, admin: Caller) -> None:
    page = office.get("/admin/invitations")
    email = f"{unique('mail')}@example.org"
    made = office.send(page, "/admin/invitations", email=email)
    address, code = shown(made)
    assert address.endswith(f"/invitations/{code}")
    listed = office.get("/admin/invitations")
    assert email in listed.text
    assert code not in listed.html
    while admin.do("GET", "/sign-up-invitations")["items"]:
        listed = office.send(listed, "/admin/invitations/withdraw")
        assert listed.status == 200


def test_the_audit_log_is_searched(office: Browser, alice: Caller) -> None:
    alice.organization()
    alice.session()
    page = office.get("/admin/audit", actor=alice.name)
    assert "organization.create" in page.text
    assert page.form("/admin/audit").fields["actor"] == [alice.name]
    one = office.get("/admin/audit", actor=alice.name, action="login")
    assert "organization.create" not in one.text
    assert "login" in one.text
    assert "No entry matches." in office.send(page, "/admin/audit", until="2001-01-01").text
    assert "organization.create" in office.send(page, "/admin/audit", since="2001-01-01").text
    assert office.send(page, "/admin/audit", until="9999-12-31").status == 422
    wrong = office.send(page, "/admin/audit", since="yesterday")
    assert wrong.status == 422
    assert wrong.form("/admin/audit").fields["actor"] == [alice.name]
    assert "/api/audit/export" in page.links


def test_older_entries_are_on_the_next_page(office: Browser, alice: Caller) -> None:
    for _ in range(101):
        alice.do("PATCH", f"/namespaces/{alice.name}", description="again")
    first = office.get("/admin/audit", actor=alice.name, action="namespace.change")
    (older,) = [link for link in first.links if "last=" in link]
    second = office.get(older)
    assert second.html.count("namespace.change</code>") == 1
    assert second.form("/admin/audit").fields["actor"] == [alice.name]


def test_the_chain_is_checked(office: Browser) -> None:
    page = office.send(office.get("/admin/audit"), "/admin/audit/verify")
    assert page.status == 200
    assert "entries is whole." in page.text


def test_secrets_of_the_configuration_are_hidden(folder: Path) -> None:
    settings = {"mail__host": "mail.invalid", "mail__password": "a-secret-of-the-mail"}
    with serving(folder, settings) as site, browsing(site) as office:
        office.log_in(site.admin)
        page = office.get("/admin/configuration")
        assert "mail.invalid" in page.text
        assert "a-secret-of-the-mail" not in page.html


def test_tokens_are_signed_with_a_new_key(office: Browser, admin: Caller) -> None:
    def key() -> str:
        return str(jwt.get_unverified_header(admin.bearer().secret)["kid"])

    before = key()
    page = office.get("/admin/configuration")
    assert before in page.text
    after = office.send(page, "/admin/configuration/rotate")
    assert "Tokens are signed with a new key." in after.text
    assert key() != before
