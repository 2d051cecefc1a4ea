"""Logging in and out, signing up, and what links in e-mails lead to."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.api.mail import Mail, link, mail
from tests.api.site import Caller, Site, serving, unique
from tests.api.test_second_factor import code, confirm
from tests.web.site import Browser, browsing

COOKIE = "entrepot"
OTHERS = ("https://evil.example.net/", "//evil.example.net", "/\\evil.example.net", "javascript:x")


def test_a_password_logs_in_and_out(site: Site, alice: Caller, browser: Browser) -> None:
    page = browser.log_in(alice)
    assert (page.status, page.path) == (200, "/")
    assert f"/u/{alice.name}" in page.links
    assert "HttpOnly" in browser.post("/login", name=alice.name).headers.get(
        "set-cookie", "HttpOnly"
    )
    out = browser.send(page, "/logout")
    assert "You are logged out." in out.text
    assert COOKIE not in browser.http.cookies
    assert browser.get("/stars").path == "/login?next=/stars"


def test_a_wrong_password_is_told_and_not_repeated(alice: Caller, browser: Browser) -> None:
    page = browser.send(
        browser.get("/login", next="/stars"), "/login", name=alice.name, password="wrong horse"
    )
    assert page.status == 401
    assert "The name or the password is wrong." in page.text
    assert page.form("/login").fields["name"] == [alice.name]
    assert page.form("/login").fields["next"] == ["/stars"]
    assert "wrong horse" not in page.html
    assert "www-authenticate" not in page.headers


def test_the_visitor_comes_back_to_where_they_wanted_to_go(alice: Caller, browser: Browser) -> None:
    page = browser.get("/stars?after=a%26b")
    assert page.path.startswith("/login?next=")
    after = browser.send(page, "/login", name=alice.name, password=alice.secret)
    assert (after.status, after.path) == (200, "/stars?after=a%26b")


@pytest.mark.parametrize("target", OTHERS)
def test_nobody_is_sent_to_another_site(alice: Caller, browser: Browser, target: str) -> None:
    fields = {"name": alice.name, "password": alice.secret, "next": target}
    assert browser.post("/login", **fields).headers["location"] == "/"
    # Nor does who is logged in already go there.
    assert browser.get("/login", next=target).path == "/"
    csrf = browser.get("/").form("/preferences").fields["csrf"][0]
    answer = browser.post("/preferences", theme="dark", next=target, csrf=csrf)
    assert answer.headers["location"] == "/"


@pytest.fixture
def guarded(alice: Caller) -> tuple[str, list[str]]:
    """The secret of Alice's authenticator, and her recovery codes."""
    session = alice.session()
    secret = str(session.do("POST", "/account/totp", password=alice.secret)["secret"])
    _, codes = confirm(session, secret)
    return secret, codes


def test_a_second_factor_is_a_second_step(
    alice: Caller, browser: Browser, guarded: tuple[str, list[str]]
) -> None:
    step = browser.log_in(alice, next="/stars")
    assert COOKIE not in browser.http.cookies
    assert alice.secret not in step.html
    wrong = browser.send(step, "/login/code", code="000000")
    assert wrong.status == 401
    assert "that code is wrong" in wrong.text
    page = browser.send(wrong, "/login/code", code=code(guarded[0]))
    assert (page.status, page.path) == (200, "/stars")


def test_a_recovery_code_stands_in_for_the_authenticator(
    alice: Caller, browser: Browser, guarded: tuple[str, list[str]]
) -> None:
    page = browser.send(browser.log_in(alice), "/login/code", code=guarded[1][0])
    assert (page.status, page.path) == (200, "/")
    assert COOKIE in browser.http.cookies


def test_a_step_is_good_once_and_for_one_account(
    site: Site, alice: Caller, browser: Browser, guarded: tuple[str, list[str]]
) -> None:
    step = browser.log_in(alice)
    assert browser.send(step, "/login/code", code=guarded[1][0]).path == "/"
    with browsing(site) as other:
        again = other.send(step, "/login/code", code=guarded[1][1])
        assert again.path == "/login"
        assert "That took too long." in again.text
        assert COOKIE not in other.http.cookies
        made_up = other.post("/login/code", ticket="made-up", code=guarded[1][1])
        assert made_up.headers["location"] == "/login"


def test_a_step_ends_with_the_password(
    site: Site, alice: Caller, browser: Browser, guarded: tuple[str, list[str]]
) -> None:
    step = browser.log_in(alice)
    site.command("user", "password", alice.name)
    page = browser.send(step, "/login/code", code=guarded[1][0])
    assert page.path == "/login"
    assert COOKIE not in browser.http.cookies


def test_a_one_time_password_leads_to_a_new_one(site: Site, browser: Browser) -> None:
    name = unique("person")
    password = site.admin.do("POST", "/users", name=name)["password"]
    answer = browser.post("/login", name=name, password=password, next="/stars")
    assert answer.headers["location"] == "/settings/password"


def test_who_signs_up_is_logged_in(browser: Browser) -> None:
    name = unique("new")
    page = browser.get("/sign-up")
    weak = browser.send(page, "/sign-up", name=name, password="short")
    assert weak.status == 422
    assert weak.form("/sign-up").fields["name"] == [name]
    assert 'role="alert"' in weak.html
    done = browser.send(weak, "/sign-up", name=name, password="correct horse battery")
    assert "Welcome!" in done.text
    assert f"/u/{name}" in done.links


def test_a_name_that_is_taken_is_told(alice: Caller, browser: Browser) -> None:
    page = browser.send(
        browser.get("/sign-up"), "/sign-up", name=alice.name, password="correct horse battery"
    )
    assert page.status == 409
    assert COOKIE not in browser.http.cookies


def test_an_invitation_to_an_organization_is_accepted(
    alice: Caller, bob: Caller, browser: Browser
) -> None:
    organization = alice.organization()
    made = alice.do("POST", f"/namespaces/{organization}/invitations", role="writer")
    page = browser.get(f"/invitations/{made['code']}")
    assert organization in page.text
    assert "writer" in page.text
    login = [link for link in page.links if link.startswith("/login?next=/invitations")]
    back = browser.send(browser.get(login[-1]), "/login", name=bob.name, password=bob.secret)
    done = browser.send(back, f"/invitations/{made['code']}")
    assert done.path == f"/u/{organization}"
    assert f"You are now a member of {organization}." in done.text
    assert organization in str(bob.do("GET", "/namespaces"))
    assert browser.get(f"/invitations/{made['code']}").status == 404


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, Mail]]:
    """A registry with e-mail where accounts need an invitation, and strangers see nothing."""
    with mail() as post:
        url = "http://registry.example.org"
        settings = {"auth__sign_up": "invited", "auth__anonymous_pull": "false", "server__url": url}
        with serving(tmp_path_factory.mktemp("closed"), {**settings, **post.settings}) as site:
            yield site, post


def test_an_invitation_makes_an_account(closed: tuple[Site, Mail]) -> None:
    site, _ = closed
    made = site.admin.do("POST", "/sign-up-invitations", email="")
    name = unique("guest")
    with browsing(site) as browser:
        missing = browser.send(
            browser.get("/sign-up"), "/sign-up", name=name, password="correct horse battery"
        )
        assert missing.status == 403
        page = browser.get(f"/invitations/{made['code']}")
        assert page.form("/sign-up").fields["invitation"] == [made["code"]]
        done = browser.send(page, "/sign-up", name=name, password="correct horse battery")
        assert f"/u/{name}" in done.links


def test_a_forgotten_password_is_replaced(closed: tuple[Site, Mail]) -> None:
    site, post = closed
    who = site.person(email="forgetful@example.org")
    with browsing(site) as browser:
        said = browser.send(browser.get("/reset"), "/reset", email="nobody@example.org")
        same = browser.send(browser.get("/reset"), "/reset", email="forgetful@example.org")
        assert said.text == same.text
        (letter,) = post.to("forgetful@example.org")
        path = urlsplit(link(letter)).path
        page = browser.get(path)
        weak = browser.send(page, path, password="short")
        assert weak.status == 422
        done = browser.send(weak, path, password="a different horse")
        assert done.path == "/login"
        after = browser.send(done, "/login", name=who.name, password="a different horse")
        assert f"/u/{who.name}" in after.links
    with browsing(site) as other:
        used = other.send(page, path, password="a third horse or so")
        assert used.status == 404


def test_strangers_see_nothing_where_all_is_closed(closed: tuple[Site, Mail]) -> None:
    site, _ = closed
    with browsing(site) as browser:
        for path in ("/", "/explore", "/stars", "/u/chief"):
            assert browser.get(path).path == f"/login?next={path}"


def test_without_accounts_there_is_no_login(folder: Path) -> None:
    with serving(folder) as site, browsing(site) as browser:
        assert "/login" in browser.get("/").links
        assert browser.get("/sign-up").forms[-1].action != "/sign-up"
        assert "Ask an administrator" in browser.get("/reset").text
