"""Personal access tokens, and robots."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tests.api.site import Caller, Site, scope, serving, unique, with_basic, with_bearer
from tests.programs.waiting import until


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Tokens live ten days at most."""
    with serving(tmp_path_factory.mktemp("strict"), {"auth__token_days": "10"}) as made:
        yield made


def days(count: float) -> str:
    return (datetime.now(UTC) + timedelta(days=count)).isoformat()


def works(who: Caller) -> bool:
    return who.ask("GET", "/v2/").status_code == 200


def test_a_token_is_shown_once(alice: Caller) -> None:
    made = alice.do("POST", "/account/tokens", name="laptop", description="Mine")
    assert made["secret"].startswith("ept_")
    assert made["username"] == alice.name
    for path in ("/account/tokens", f"/account/tokens/{made['id']}"):
        answer = alice.ask("GET", f"/api{path}")
        assert made["id"] in answer.text
        assert made["secret"] not in answer.text
        assert "digest" not in answer.text


def test_a_token_is_a_password_for_its_account(alice: Caller, bob: Caller) -> None:
    token = alice.token()
    assert works(token)
    assert works(with_basic(alice.http, alice.name, token.secret))
    assert not works(with_basic(alice.http, bob.name, token.secret))
    # No session begins with it: programs do not log in to pages.
    assert with_basic(alice.http, alice.name, token.secret).log_in().status_code == 401


def test_a_revoked_token_is_good_for_nothing_at_once(alice: Caller) -> None:
    made = alice.do("POST", "/account/tokens", name="laptop")
    token = with_bearer(alice.http, made["secret"])
    narrow = token.bearer()
    assert works(token)
    assert works(narrow)
    alice.do("DELETE", f"/account/tokens/{made['id']}")
    assert not works(token)
    assert not works(narrow)
    assert alice.status("GET", f"/account/tokens/{made['id']}") == 404


def test_nobody_revokes_the_token_of_another(alice: Caller, bob: Caller) -> None:
    made = alice.do("POST", "/account/tokens", name="laptop")
    at = f"/account/tokens/{made['id']}"
    assert bob.status("DELETE", at) == 404
    assert bob.status("GET", at) == 404
    assert works(with_bearer(alice.http, made["secret"]))


def test_a_token_tells_when_it_was_used(alice: Caller) -> None:
    made = alice.do("POST", "/account/tokens", name="laptop")
    assert made["last_used_at"] is None
    assert works(with_bearer(alice.http, made["secret"]))
    seen = alice.do("GET", f"/account/tokens/{made['id']}")
    assert abs(datetime.now(UTC) - datetime.fromisoformat(seen["last_used_at"])) < timedelta(
        hours=1
    )
    assert seen["last_used_from"] == "127.0.0.1"


def test_a_token_expires(alice: Caller) -> None:
    token, end = short_lived(alice)
    until(lambda: not works(token))
    assert datetime.now(UTC) >= end


def short_lived(who: Caller) -> tuple[Caller, datetime]:
    """A token that works, and the moment of its end: as soon as this machine can show the two."""
    for seconds in (1, 4, 16, 64):
        end = datetime.now(UTC) + timedelta(seconds=seconds)
        body = {"name": unique("token"), "expires_at": end.isoformat()}
        answer = who.ask("POST", "/api/account/tokens", json=body)
        # An end that has passed already is refused.
        assert answer.status_code in {201, 422}, answer.text
        if answer.status_code == 201:
            token = with_bearer(who.http, answer.json()["secret"])
            if works(token):
                return token, end
    raise AssertionError("no token works before its end")


@pytest.mark.parametrize(
    "wrong",
    [days(-1), days(40_000), "2030-01-01T00:00:00", "soon"],
    ids=["past", "far", "zoneless", "soon"],
)
def test_an_expiry_that_cannot_be(alice: Caller, wrong: str) -> None:
    answer = alice.ask("POST", "/api/account/tokens", json={"name": "x", "expires_at": wrong})
    assert answer.status_code == 422
    assert answer.json()["field"] == "expires_at"


def test_tokens_live_no_longer_than_is_allowed(strict: Site) -> None:
    person = strict.person()
    space = person.organization()
    robots = f"/namespaces/{space}/robots"
    robot = {"name": "ci", "scopes": [scope(f"{space}/*", "pull")]}
    assert person.status("POST", "/account/tokens", name="x", expires_at=days(11)) == 422
    assert person.status("POST", robots, **robot, expires_at=days(11)) == 422
    longest = datetime.now(UTC) + timedelta(days=10, minutes=1)
    for made in (
        person.do("POST", "/account/tokens", name="x"),
        person.do("POST", robots, **robot),
    ):
        assert datetime.fromisoformat(made["expires_at"]) < longest
    renewed = person.do("POST", f"{robots}/ci/secret", expires_at=days(9))
    assert datetime.fromisoformat(renewed["expires_at"]) < longest
    assert person.status("POST", f"{robots}/ci/secret", expires_at=days(11)) == 422


@pytest.mark.parametrize(
    "wrong",
    [
        {"repository": "UPPER/*", "actions": ["pull"]},
        {"repository": "a/b", "actions": []},
        {"repository": "a/b", "actions": ["fly"]},
        {"repository": "a/b", "actions": ["pull"], "tags": "a b"},
        {"repository": "", "actions": ["pull"]},
    ],
)
def test_a_scope_that_cannot_be(alice: Caller, wrong: dict[str, object]) -> None:
    assert alice.status("POST", "/account/tokens", name="x", scopes=[wrong]) == 422


def test_a_token_makes_no_other_token(alice: Caller) -> None:
    assert alice.token().status("POST", "/account/tokens", name="x") == 403


def test_a_robot_is_shown_once_and_renewed(alice: Caller) -> None:
    space = alice.organization()
    at, scopes = f"/namespaces/{space}/robots", [scope(f"{space}/*", "pull")]
    made = alice.do("POST", at, name="ci", scopes=scopes)
    assert made["username"] == f"{space}+ci"
    old = with_basic(alice.http, made["username"], made["secret"])
    assert works(old)
    assert made["secret"] not in alice.ask("GET", f"/api{at}").text
    assert alice.status("POST", at, name="ci", scopes=scopes) == 409
    renewed = alice.do("POST", f"{at}/ci/secret", expires_at=days(1))
    assert not works(old)
    new = with_basic(alice.http, renewed["username"], renewed["secret"])
    assert works(new)
    alice.do("DELETE", f"{at}/ci")
    assert not works(new)
    assert alice.status("GET", f"{at}/ci") == 404


def test_a_robot_stays_in_its_namespace(alice: Caller, bob: Caller) -> None:
    space = alice.organization()
    at = f"/namespaces/{space}/robots"
    for pattern in (f"{bob.name}/*", "*", f"{space}*", f"{space}"):
        assert alice.status("POST", at, name="ci", scopes=[scope(pattern, "pull")]) == 422
    assert alice.status("POST", at, name="ci", scopes=[]) == 422


def test_robots_of_a_disabled_account_stop(site: Site, alice: Caller) -> None:
    robot = alice.robot(alice.name, scope(f"{alice.name}/*", "pull"))
    assert works(robot)
    site.admin.do("PATCH", f"/users/{alice.name}", disabled=True)
    assert not works(robot)
