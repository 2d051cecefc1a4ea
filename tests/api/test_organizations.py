"""Organizations, their teams and roles; nothing is left that nobody can manage."""

import httpx
import pytest

from tests.api.site import Caller, Site, unique
from tests.conformance.registry import Repository
from tests.programs.waiting import PATIENCE


@pytest.fixture
def space(alice: Caller) -> str:
    """An organization that Alice owns."""
    return alice.organization()


def push(site: Site, who: Caller, name: str) -> None:
    """Push an image, so that the repository is there."""
    with httpx.Client(
        base_url=site.server.url, headers=who.headers, trust_env=False, timeout=PATIENCE
    ) as http:
        Repository(name, http).push_image("latest")


def pulls(who: Caller, name: str) -> bool:
    return who.ask("GET", f"/v2/{name}/manifests/latest").status_code == 200


def give(who: Caller, space: str, to: Caller, role: str) -> int:
    return who.status("PUT", f"/namespaces/{space}/members/{to.name}", role=role)


def test_whoever_makes_an_organization_owns_it(alice: Caller, space: str) -> None:
    (only,) = alice.do("GET", f"/namespaces/{space}/members")["items"]
    assert only == {"account": alice.name, "role": "owner", "teams": []}
    assert alice.do("GET", f"/namespaces/{space}")["visibility"] == "private"
    names = [each["name"] for each in alice.do("GET", "/namespaces")]
    assert names == [alice.name, space]


def test_an_organization_changes_and_goes(alice: Caller, bob: Caller, space: str) -> None:
    changed = alice.do("PATCH", f"/namespaces/{space}", description="D", visibility="public")
    assert (changed["description"], changed["visibility"]) == ("D", "public")
    alice.do("DELETE", f"/namespaces/{space}")
    assert alice.status("GET", f"/namespaces/{space}") == 404
    # Whoever took the name would be taken for the one who had it.
    assert bob.status("POST", "/organizations", name=space) == 409


def test_an_organization_with_repositories_stays(site: Site, alice: Caller, space: str) -> None:
    push(site, alice, f"{space}/app")
    assert alice.status("DELETE", f"/namespaces/{space}") == 409
    assert alice.status("DELETE", f"/namespaces/{alice.name}") == 409


def test_the_last_owner_stays_one(alice: Caller, bob: Caller, space: str) -> None:
    assert give(alice, space, alice, "reader") == 409
    assert alice.status("DELETE", f"/namespaces/{space}/members/{alice.name}") == 409
    assert alice.status("DELETE", "/account", password=alice.secret) == 409
    assert give(alice, space, bob, "owner") == 200
    assert give(bob, space, alice, "reader") == 200
    assert alice.status("PATCH", f"/namespaces/{space}", description="X") == 403
    assert bob.status("DELETE", f"/namespaces/{space}/members/{bob.name}") == 409


def test_the_last_owner_of_those_who_can_log_in_stays_one(site: Site, space: str) -> None:
    """A role of a disabled account is no way to manage anything."""
    first, second = site.person(), site.person()
    made = first.organization()
    assert give(first, made, second, "owner") == 200
    site.admin.do("PATCH", f"/users/{second.name}", disabled=True)
    assert first.status("DELETE", f"/namespaces/{made}/members/{first.name}") == 409


def test_roles_of_an_organization_are_for_all_its_repositories(
    site: Site, alice: Caller, bob: Caller, space: str
) -> None:
    push(site, alice, f"{space}/app")
    assert not pulls(bob, f"{space}/app")
    give(alice, space, bob, "reader")
    assert pulls(bob, f"{space}/app")
    assert bob.ask("POST", f"/v2/{space}/app/blobs/uploads/").status_code == 403
    give(alice, space, bob, "writer")
    push(site, bob, f"{space}/other")
    alice.do("DELETE", f"/namespaces/{space}/members/{bob.name}")
    assert not pulls(bob, f"{space}/app")


def test_a_role_on_one_repository(site: Site, alice: Caller, bob: Caller, space: str) -> None:
    for name in ("app", "other"):
        push(site, alice, f"{space}/{name}")
    at = f"/repository-roles/{space}/app"
    alice.do("PUT", at, account=bob.name, role="reader")
    assert pulls(bob, f"{space}/app")
    assert not pulls(bob, f"{space}/other")
    (listed,) = alice.do("GET", at)
    assert (listed["account"], listed["role"]) == (bob.name, "reader")
    assert listed["created_by"] == alice.name
    answer = alice.ask("DELETE", f"/api{at}", params={"account": bob.name})
    assert answer.status_code == 200
    assert not pulls(bob, f"{space}/app")


def test_a_team_gives_its_roles(site: Site, alice: Caller, bob: Caller, space: str) -> None:
    push(site, alice, f"{space}/app")
    teams = f"/namespaces/{space}/teams"
    alice.do("POST", teams, name="devs", description="Developers")
    alice.do("PUT", f"/repository-roles/{space}/app", team="devs", role="reader")
    alice.do("PUT", f"{teams}/devs/members/{bob.name}")
    assert alice.do("GET", f"{teams}/devs/members") == [bob.name]
    assert bob.do("GET", f"{teams}/devs")["description"] == "Developers"
    assert pulls(bob, f"{space}/app")
    alice.do("DELETE", f"{teams}/devs/members/{bob.name}")
    assert not pulls(bob, f"{space}/app")
    alice.do("PUT", f"{teams}/devs/members/{bob.name}")
    assert pulls(bob, f"{space}/app")
    alice.do("DELETE", f"{teams}/devs")
    assert not pulls(bob, f"{space}/app")
    assert alice.do("GET", f"/repository-roles/{space}/app") == []


def test_whoever_is_removed_leaves_all_teams(alice: Caller, bob: Caller, space: str) -> None:
    teams = f"/namespaces/{space}/teams"
    alice.do("POST", teams, name="devs")
    alice.do("PUT", f"{teams}/devs/members/{bob.name}")
    alice.do("DELETE", f"/namespaces/{space}/members/{bob.name}")
    assert alice.do("GET", f"{teams}/devs/members") == []
    assert bob.status("GET", f"/namespaces/{space}") == 404


def test_names_stand_once(alice: Caller, bob: Caller, space: str) -> None:
    assert bob.status("POST", "/organizations", name=space) == 409
    assert bob.status("POST", "/organizations", name=alice.name) == 409
    alice.do("POST", f"/namespaces/{space}/teams", name="devs")
    assert alice.status("POST", f"/namespaces/{space}/teams", name="devs") == 409
    assert alice.status("POST", f"/namespaces/{alice.name}/teams", name="devs") == 409


def test_an_invitation_is_good_once(alice: Caller, bob: Caller, space: str) -> None:
    at = f"/namespaces/{space}/invitations"
    made = alice.do("POST", at, role="writer")
    assert not made["sent"]
    bob.do("POST", "/invitations/accept", code=made["code"])
    assert bob.status("POST", "/invitations/accept", code=made["code"]) == 404
    roles = {
        each["account"]: each["role"] for each in alice.do("GET", f"{at[:-11]}members")["items"]
    }
    assert roles == {alice.name: "owner", bob.name: "writer"}


def test_an_invitation_can_be_withdrawn(alice: Caller, bob: Caller, space: str) -> None:
    at = f"/namespaces/{space}/invitations"
    made = alice.do("POST", at, role="writer")
    assert [each["id"] for each in alice.do("GET", at)["items"]] == [made["id"]]
    assert bob.status("DELETE", f"{at}/{made['id']}") == 404
    alice.do("DELETE", f"{at}/{made['id']}")
    assert bob.status("POST", "/invitations/accept", code=made["code"]) == 404


def test_an_invitation_takes_no_role_away(alice: Caller, bob: Caller, space: str) -> None:
    give(alice, space, bob, "maintainer")
    code = alice.do("POST", f"/namespaces/{space}/invitations", role="reader")["code"]
    bob.do("POST", "/invitations/accept", code=code)
    members = alice.do("GET", f"/namespaces/{space}/members")["items"]
    assert {"account": bob.name, "role": "maintainer", "teams": []} in members


def test_only_owners_give_roles(alice: Caller, bob: Caller, space: str) -> None:
    give(alice, space, bob, "maintainer")
    assert give(bob, space, bob, "owner") == 403
    assert bob.status("POST", f"/namespaces/{space}/invitations", role="owner") == 403
    assert alice.status("PUT", f"/namespaces/{space}/members/{unique('x')}", role="reader") == 404
