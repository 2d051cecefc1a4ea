"""Accounts, as administrators make and change them; one of these is always left."""

from collections.abc import Iterator

import pytest

from tests.api.site import Caller, Site, one_time_password, serving, unique, with_basic


@pytest.fixture(scope="module")
def lonely(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A registry with the first administrator and one that was made beside."""
    with serving(tmp_path_factory.mktemp("lonely")) as made:
        yield made


def test_the_last_administrator_stays_one(lonely: Site) -> None:
    first, chief = "/users/admin", f"/users/{lonely.admin.name}"
    lonely.admin.do("PATCH", first, admin=False)
    assert lonely.admin.status("PATCH", chief, admin=False) == 409
    assert lonely.admin.status("PATCH", chief, disabled=True) == 409
    assert lonely.admin.status("DELETE", chief) == 409
    assert lonely.admin.status("DELETE", "/account", password=lonely.admin.secret) == 409
    # Who is disabled is none who could help.
    lonely.admin.do("PATCH", first, admin=True)
    lonely.admin.do("PATCH", first, disabled=True)
    assert lonely.admin.status("PATCH", chief, admin=False) == 409
    lonely.admin.do("PATCH", first, disabled=False)


def test_the_first_password_is_good_once(lonely: Site) -> None:
    first = with_basic(lonely.http, "admin", one_time_password(lonely.server))
    answer = first.log_in()
    assert answer.json()["must_change_password"]
    session = first.session()
    assert session.status("GET", "/users") == 409
    # Programs that set a registry up go on with it.
    assert first.status("GET", "/users") == 200
    session.do("POST", "/account/password", old=first.secret, new="another correct horse")
    assert first.log_in().status_code == 401


def test_an_account_is_made_with_a_password_to_change(admin: Caller) -> None:
    made = admin.do("POST", "/users", name=unique("person"))
    assert made["account"]["must_change_password"]
    new = with_basic(admin.http, made["account"]["name"], made["password"])
    assert new.log_in().json()["must_change_password"]
    # What was given by hand is not told again.
    body = {"name": unique("person"), "password": "correct horse battery"}
    assert admin.do("POST", "/users", **body)["password"] is None


def test_a_password_is_nowhere_to_be_read(admin: Caller, alice: Caller) -> None:
    for path in (f"/users/{alice.name}", "/users"):
        assert "argon2" not in admin.ask("GET", f"/api{path}").text


def test_an_account_with_repositories_stays(admin: Caller, alice: Caller) -> None:
    space = alice.organization()
    assert admin.status("DELETE", f"/users/{alice.name}") == 409
    alice.do("DELETE", f"/namespaces/{space}")
    assert admin.status("DELETE", f"/users/{alice.name}") == 200
    assert admin.status("GET", f"/users/{alice.name}") == 404
    assert alice.log_in().status_code == 401


def test_an_administrators_token_makes_no_administrator(site: Site) -> None:
    """A token can be stolen from a program; no account may come of it that outlives it."""
    token = site.person(admin=True).token()
    assert token.status("POST", "/users", name=unique("person"), admin=True) == 403
    assert token.status("PATCH", f"/users/{site.person().name}", admin=True) == 403
    assert token.status("GET", "/users") == 200
