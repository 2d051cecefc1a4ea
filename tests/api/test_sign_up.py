"""Who can make an account."""

from collections.abc import Iterator

import pytest

from tests.api.site import Caller, Site, serving, unique


@pytest.fixture(scope="module")
def invited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with serving(tmp_path_factory.mktemp("invited"), {"auth__sign_up": "invited"}) as made:
        yield made


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with serving(tmp_path_factory.mktemp("open"), {"auth__sign_up": "open"}) as made:
        yield made


def new_person(**more: str) -> dict[str, str]:
    return {"name": unique("person"), "password": "correct horse battery staple", **more}


def test_nobody_signs_up_where_that_is_closed(site: Site) -> None:
    code = site.admin.do("POST", "/sign-up-invitations", email="")["code"]
    assert site.nobody.status("POST", "/sign-up", **new_person()) == 403
    assert site.nobody.status("POST", "/sign-up", **new_person(invitation=code)) == 403


def test_an_account_that_signed_up_logs_in(opened: Site) -> None:
    person = new_person(email="Somebody@Example.org", full_name="Some Body")
    opened.nobody.do("POST", "/sign-up", **person)
    answer = opened.nobody.do("POST", "/login", name=person["name"], password=person["password"])
    assert answer["account"] == person["name"]
    assert not answer["must_change_password"]
    # The address is good to log in with, in any case of its letters.
    by_mail = {"name": "SOMEBODY@example.org", "password": person["password"]}
    assert opened.nobody.do("POST", "/login", **by_mail)["account"] == person["name"]


def test_an_account_that_signed_up_is_no_administrator(opened: Site) -> None:
    person = new_person()
    assert opened.nobody.status("POST", "/sign-up", **person, admin="true") == 422
    opened.nobody.do("POST", "/sign-up", **person)
    found = opened.admin.do("GET", f"/users/{person['name']}")
    assert not found["admin"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "Upper"},
        {"name": "a/b"},
        {"name": ""},
        {"name": "x" * 65},
        {"name": "admin-area"},
        {"name": "library"},
        {"password": "short"},
        {"password": "aaaaaaaaaaaaaaaa"},
        {"password": "x" * 257},
        {"email": "nowhere"},
        {"email": "two@at@example.org"},
    ],
)
def test_a_field_that_cannot_be_is_named(opened: Site, wrong: dict[str, str]) -> None:
    answer = opened.nobody.ask("POST", "/api/sign-up", json={**new_person(), **wrong})
    assert answer.status_code == 422
    assert answer.json()["field"] == next(iter(wrong))


def test_a_name_or_address_has_one_account(opened: Site) -> None:
    first = new_person(email="one@example.org")
    opened.nobody.do("POST", "/sign-up", **first)
    assert opened.nobody.status("POST", "/sign-up", **new_person(name=first["name"])) == 409
    assert opened.nobody.status("POST", "/sign-up", **new_person(email="ONE@example.org")) == 409
    organization = opened.admin.organization()
    assert opened.nobody.status("POST", "/sign-up", **new_person(name=organization)) == 409


def test_the_name_of_a_deleted_account_stays_taken(opened: Site) -> None:
    person = opened.person()
    person.do("DELETE", "/account", password=person.secret)
    assert opened.nobody.status("POST", "/sign-up", **new_person(name=person.name)) == 409


def test_an_invitation_makes_one_account(invited: Site) -> None:
    code = invited.admin.do("POST", "/sign-up-invitations", email="new@example.org")["code"]
    assert invited.nobody.status("POST", "/sign-up", **new_person()) == 403
    assert invited.nobody.status("POST", "/sign-up", **new_person(invitation="wrong")) == 404
    assert invited.nobody.status("POST", "/sign-up", **new_person(invitation=code)) == 201
    assert invited.nobody.status("POST", "/sign-up", **new_person(invitation=code)) == 404


def test_a_refused_sign_up_does_not_use_the_invitation_up(invited: Site) -> None:
    code = invited.admin.do("POST", "/sign-up-invitations", email="")["code"]
    taken = new_person(name=invited.admin.name, invitation=code)
    assert invited.nobody.status("POST", "/sign-up", **taken) == 409
    assert invited.nobody.status("POST", "/sign-up", **new_person(invitation=code)) == 201


def test_an_invitation_can_be_withdrawn(invited: Site) -> None:
    made = invited.admin.do("POST", "/sign-up-invitations", email="")
    listed = invited.admin.do("GET", "/sign-up-invitations")["items"]
    assert made["id"] in {each["id"] for each in listed}
    assert not any("code" in each for each in listed)
    invited.admin.do("DELETE", f"/sign-up-invitations/{made['id']}")
    person = new_person(invitation=made["code"])
    assert invited.nobody.status("POST", "/sign-up", **person) == 404


def test_an_invitation_into_an_organization_makes_no_account(
    invited: Site,
) -> None:
    owner: Caller = invited.admin
    space = owner.organization()
    code = owner.do("POST", f"/namespaces/{space}/invitations", role="reader")["code"]
    assert invited.nobody.status("POST", "/sign-up", **new_person(invitation=code)) == 404
