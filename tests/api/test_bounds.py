"""What one account may leave behind is bounded."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.mail import Mail, link, mail
from tests.api.site import Caller, Site, serving, unique

MOST = 2


@pytest.fixture(scope="module")
def letters() -> Iterator[Mail]:
    with mail() as running:
        yield running


@pytest.fixture(scope="module")
def bounded(tmp_path_factory: pytest.TempPathFactory, letters: Mail) -> Iterator[Site]:
    data: Path = tmp_path_factory.mktemp("bounded")
    settings = {**letters.settings, "server__url": "http://registry.example.org"}
    with serving(data, settings | {"auth__organizations_each": str(MOST)}) as made:
        yield made


def created(who: Caller) -> tuple[str, int]:
    name = unique("org")
    return name, who.status("POST", "/organizations", name=name)


def test_organizations_that_one_account_owns(bounded: Site) -> None:
    person = bounded.person()
    assert [created(person)[1] for _ in range(MOST + 2)] == [201] * MOST + [403, 403]
    assert [created(bounded.admin)[1] for _ in range(MOST + 1)] == [201] * (MOST + 1)


def test_deleting_them_gives_no_more_names_on_one_day(bounded: Site) -> None:
    person = bounded.person()
    for _ in range(MOST):
        name, status = created(person)
        assert status == 201
        assert person.status("DELETE", f"/namespaces/{name}") == 200
    assert created(person)[1] == 403


def test_letters_to_one_address(bounded: Site, letters: Mail) -> None:
    address = f"{unique('somebody')}@example.org"
    bounded.person(email=address)
    nobody = bounded.nobody
    answers = [
        nobody.ask("POST", "/api/password-resets", json={"email": address}) for _ in range(6)
    ]
    assert {(each.status_code, each.text) for each in answers} == {(202, answers[0].text)}
    owner = bounded.person()
    space = owner.organization()
    path = f"/namespaces/{space}/invitations"
    sent = [owner.do("POST", path, role="reader", email=address.upper())["sent"] for _ in range(2)]
    assert sent == [False, False]
    other = f"{unique('other')}@example.org"
    sent = [owner.do("POST", path, role="reader", email=other)["sent"] for _ in range(4)]
    assert sent == [True, True, True, False]
    assert len(letters.to(other, 3)) == 3
    # One link goes on: it is not replaced by one that is never sent.
    codes = [link(each).rpartition("/")[2] for each in letters.to(address, 3)]
    tries = [nobody.status("POST", f"/password-resets/{code}", password="x") for code in codes]
    assert sorted(tries) == [404, 404, 422]
