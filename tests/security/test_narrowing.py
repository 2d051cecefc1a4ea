"""A token that was asked for little never becomes one that can do more."""

from typing import Final

import httpx
import pytest

from tests.security.site import Person, Site, scope

_CATALOG: Final = "registry:catalog:*"


@pytest.fixture
def narrow(site: Site, alice: Person, private: str) -> str:
    """A Bearer token that pulls from one repository."""
    return site.bearer(alice, f"repository:{private}:pull")


def refreshed(site: Site, secret: str, scopes: str) -> httpx.Response:
    form = {"grant_type": "refresh_token", "refresh_token": secret, "scope": scopes}
    return site.ask("POST", "/token", data=form)


def offline(site: Site, who: Person | str) -> str | None:
    answer = site.ask("GET", "/token", who, params={"offline_token": "true"})
    secret: str | None = answer.json().get("refresh_token")
    return secret


def test_it_does_in_v2_only_what_it_was_asked_for(site: Site, narrow: str, private: str) -> None:
    assert site.pulls(narrow, private) == 200
    assert site.uploads(narrow, private) == 401
    assert site.ask("DELETE", f"/v2/{private}/manifests/latest", narrow).status_code == 401


def test_the_token_service_does_not_widen_it(
    site: Site, alice: Person, narrow: str, private: str
) -> None:
    other = f"{alice.name}/other"
    scopes = [f"repository:{private}:pull,push,delete", f"repository:{other}:*", _CATALOG]
    answer = site.ask("GET", "/token", narrow, params={"scope": scopes})
    if answer.status_code == 200:
        assert answer.json()["scope"] in {"", f"repository:{private}:pull"}
        wider = answer.json()["token"]
        assert site.uploads(wider, private) == 401
        assert site.uploads(wider, other) == 401


def test_it_gets_no_refresh_token(site: Site, narrow: str, private: str) -> None:
    secret = offline(site, narrow)
    if secret is not None:
        answer = refreshed(site, secret, f"repository:{private}:push")
        pytest.fail(f"a refresh token that may {answer.json()['scope']}")


def test_it_does_not_list_what_it_does_not_name(site: Site, alice: Person, narrow: str) -> None:
    other = f"{alice.name}/unnamed"
    site.push(alice, other)
    assert other not in site.ask("GET", "/v2/_catalog", narrow).text
    answer = site.ask("GET", "/token", narrow, params={"scope": _CATALOG})
    if answer.status_code == 200:
        wider = answer.json()["token"]
        assert other not in site.ask("GET", "/v2/_catalog", wider).text


@pytest.mark.parametrize("path", ["/account", "/namespaces", "/account/tokens", "/users"])
def test_it_is_good_for_nothing_in_api(site: Site, narrow: str, path: str) -> None:
    assert site.ask("GET", f"/api{path}", narrow).status_code == 403


def test_the_refresh_token_of_a_limited_token_stays_limited(
    site: Site, alice: Person, private: str
) -> None:
    limited = site.token(alice, scope(private, "pull"))
    secret = offline(site, limited)
    assert secret is not None
    answer = refreshed(site, secret, f"repository:{private}:pull,push,delete")
    assert answer.json()["scope"] == f"repository:{private}:pull"
    token = answer.json()["token"]
    assert site.pulls(token, private) == 200
    assert site.uploads(token, private) in {401, 403}
    assert site.uploads(token, f"{alice.name}/other") in {401, 403}


def test_a_refresh_token_is_no_password(site: Site, alice: Person, private: str) -> None:
    secret = offline(site, alice)
    assert secret is not None
    assert site.pulls(Person(alice.name, secret), private) == 401
    assert site.pulls(secret, private) == 401
    assert site.ask("GET", "/api/account", secret).status_code == 401


def test_what_a_refresh_token_begot_ends_with_the_password(site: Site) -> None:
    person = site.new_person()
    first = offline(site, person)
    assert first is not None
    bearer = refreshed(site, first, "").json()["token"]
    second = offline(site, bearer)
    site.api(site.admin, "POST", f"/users/{person.name}/password")
    assert refreshed(site, first, "").status_code == 401
    if second is not None:
        assert refreshed(site, second, "").status_code == 401


def test_a_bearer_token_does_not_prolong_itself(site: Site, alice: Person, private: str) -> None:
    scopes = f"repository:{private}:pull"
    narrow = site.bearer(alice, scopes)
    answer = site.ask("GET", "/token", narrow, params={"scope": scopes})
    assert answer.status_code == 401


@pytest.mark.parametrize("pattern", ["*", "*/*", "{name}/*", "{name}/a*", "{name}/app"])
def test_wildcards_give_no_more_than_the_account_has(
    site: Site, alice: Person, mallory: Person, private: str, pattern: str
) -> None:
    every = ["pull", "push", "delete", "manage"]
    mine = site.token(mallory, scope(pattern.format(name=alice.name), *every))
    assert site.pulls(mine, private) == 404
    assert site.uploads(mine, private) == 403
    hers = site.token(alice, scope(pattern.format(name=alice.name), "pull"))
    assert site.pulls(hers, private) == 200
    assert site.uploads(hers, private) == 403


def test_tag_patterns_hold_for_each_tag_of_a_push(site: Site, alice: Person) -> None:
    name = f"{alice.name}/tagged"
    image = site.push(alice, name, "dev-1")
    mine = site.token(alice, scope(name, "pull", "push", "delete", tags="dev-*"))
    kind = {"content-type": image.media_type}

    def put(path: str) -> int:
        place = f"/v2/{name}/manifests/{path}"
        return site.ask("PUT", place, mine, content=image.data, headers=kind).status_code

    assert put("dev-2") == 201
    assert put("latest") == 403
    assert put(f"{image.digest}?tag=dev-3&tag=latest") == 403
    assert put(f"{image.digest}?tag=*") == 400
    assert put("*") == 400
    for reference in ("latest", image.digest):
        answer = site.ask("DELETE", f"/v2/{name}/manifests/{reference}", mine)
        assert answer.status_code == 403


def test_a_manager_of_repositories_makes_nobody_an_owner(site: Site, alice: Person) -> None:
    space = site.organization(alice)
    manager = site.robot(alice, space, scope(f"{space}/*", "manage"))
    asked = {"name": "wide", "scopes": [scope(f"{space}/*", "pull", "push", "delete")]}
    made = site.ask("POST", f"/api/namespaces/{space}/robots", manager, json=asked)
    assert made.status_code == 403
    path = f"/api/namespaces/{space}/members/{alice.name}"
    assert site.ask("PUT", path, manager, json={"role": "owner"}).status_code == 403
