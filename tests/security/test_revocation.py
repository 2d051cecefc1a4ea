"""What was taken away is gone at once, on each of two workers and on either database."""

from collections.abc import Callable
from typing import Final

import httpx
import pytest

from tests.programs.waiting import PATIENCE
from tests.security.site import Person, Site, scope

_AGAIN: Final = 8


def everywhere(site: Site, who: Person | str | None, path: str) -> set[int]:
    """The statuses over new connections, which reach both workers."""
    found = set()
    for _ in range(_AGAIN):
        with httpx.Client(base_url=site.server.url, trust_env=False, timeout=PATIENCE) as http:
            fresh = Site(site.server, site.data, http, site.admin)
            found.add(fresh.ask("GET", path, who).status_code)
    return found


@pytest.fixture
def owner(both: Site) -> Person:
    return both.new_person()


@pytest.fixture
def space(both: Site, owner: Person) -> str:
    name = both.organization(owner)
    both.push(owner, f"{name}/app")
    return name


@pytest.fixture
def image(space: str) -> str:
    return f"/v2/{space}/app/manifests/latest"


@pytest.fixture
def member(both: Site, owner: Person, space: str) -> Person:
    person = both.new_person()
    both.api(owner, "PUT", f"/namespaces/{space}/members/{person.name}", role="reader")
    return person


def ends(
    site: Site, who: list[Person | str], path: str, by: Callable[[], object], after: set[int]
) -> None:
    """All get in before, on both workers; nobody does afterwards."""
    for each in who:
        assert everywhere(site, each, path) == {200}
    by()
    for each in who:
        assert everywhere(site, each, path) <= after


def test_a_token(both: Site, member: Person, image: str, space: str) -> None:
    pull = scope(f"{space}/*", "pull")
    made = both.api(member, "POST", "/account/tokens", name="a", scopes=[pull])
    token = Person(made["username"], made["secret"])
    bearer = both.bearer(token, f"repository:{space}/app:pull")
    path = f"/account/tokens/{made['id']}"
    ends(both, [token, bearer], image, lambda: both.api(member, "DELETE", path), {401})


def test_a_robot(both: Site, owner: Person, image: str, space: str) -> None:
    robot = both.robot(owner, space, scope(f"{space}/*", "pull"))
    bearer = both.bearer(robot, f"repository:{space}/app:pull")
    path = f"/namespaces/{space}/robots/{robot.name.partition('+')[2]}"
    ends(both, [robot, bearer], image, lambda: both.api(owner, "DELETE", path), {401})


def test_a_role(both: Site, owner: Person, member: Person, image: str, space: str) -> None:
    bearer = both.bearer(member, f"repository:{space}/app:pull")
    path = f"/namespaces/{space}/members/{member.name}"
    ends(both, [member, bearer], image, lambda: both.api(owner, "DELETE", path), {404})


def test_a_place_in_a_team(both: Site, owner: Person, image: str, space: str) -> None:
    person = both.new_person()
    both.api(owner, "POST", f"/namespaces/{space}/teams", name="crew")
    both.api(owner, "PUT", f"/repository-roles/{space}/app", team="crew", role="reader")
    path = f"/namespaces/{space}/teams/crew/members/{person.name}"
    both.api(owner, "PUT", path)
    bearer = both.bearer(person, f"repository:{space}/app:pull")
    ends(both, [person, bearer], image, lambda: both.api(owner, "DELETE", path), {404})


def test_a_disabled_account(both: Site, member: Person, image: str, space: str) -> None:
    bearer = both.bearer(member, f"repository:{space}/app:pull")
    token = both.token(member)
    path = f"/users/{member.name}"

    def disable() -> None:
        both.api(both.admin, "PATCH", path, disabled=True)

    ends(both, [member, bearer, token], image, disable, {401})
    both.api(both.admin, "PATCH", path, disabled=False)
    assert everywhere(both, bearer, image) == {401}


def test_visibility(both: Site, owner: Person, image: str, space: str) -> None:
    stranger = both.new_person()
    path = f"/repositories/{space}/app"
    both.api(owner, "PATCH", path, visibility="public")
    assert everywhere(both, None, image) == {200}

    def hide() -> None:
        both.api(owner, "PATCH", path, visibility="private")

    ends(both, [stranger, both.bearer(stranger), both.bearer(None)], image, hide, {401, 404})
    assert everywhere(both, None, image) == {401}


def test_a_changed_password(both: Site, member: Person, image: str, space: str) -> None:
    bearer = both.bearer(member, f"repository:{space}/app:pull")
    token = both.token(member)

    def change() -> None:
        new = "another good password"
        both.api(member, "POST", "/account/password", old=member.password, new=new)

    ends(both, [member, bearer], image, change, {401, 429})
    assert everywhere(both, token, image) == {200}


def test_an_invitation_of_whoever_owns_it_no_longer(both: Site, owner: Person, space: str) -> None:
    partner = both.new_person()
    path = f"/namespaces/{space}/members/{partner.name}"
    both.api(owner, "PUT", path, role="owner")
    made = both.api(partner, "POST", f"/namespaces/{space}/invitations", role="owner")
    both.api(owner, "DELETE", path)
    answer = both.ask("POST", "/api/invitations/accept", partner, json={"code": made["code"]})
    assert answer.status_code == 404
