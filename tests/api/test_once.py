"""Idempotency-Key: a POST that is sent again is answered again, and not done again."""

import uuid
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.api.site import Caller, Site, in_browser, scope
from tests.programs.waiting import PATIENCE


def post(who: Caller, key: str, path: str, body: Mapping[str, Any]) -> httpx.Response:
    return who.ask("POST", f"/api{path}", json=body, headers={"idempotency-key": key})


def tokens(who: Caller) -> int:
    return len(who.do("GET", "/account/tokens")["items"])


@pytest.fixture
def key() -> str:
    return uuid.uuid4().hex


def test_the_answer_is_the_same_with_its_secret(alice: Caller, key: str) -> None:
    first, again = (post(alice, key, "/account/tokens", {"name": "laptop"}) for _ in range(2))
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    assert "ept_" in again.json()["secret"]
    assert again.headers["content-type"] == first.headers["content-type"]
    assert again.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    assert tokens(alice) == 1


def test_another_request_with_the_same_key_is_refused(alice: Caller, key: str) -> None:
    assert post(alice, key, "/account/tokens", {"name": "one"}).status_code == 201
    assert post(alice, key, "/account/tokens", {"name": "two"}).status_code == 422
    assert tokens(alice) == 1


def test_another_key_makes_another(alice: Caller, key: str) -> None:
    for each in (key, key + "x", ""):
        post(alice, each, "/account/tokens", {"name": "laptop"})
    assert tokens(alice) == 3


def test_a_key_is_of_one_caller(alice: Caller, bob: Caller, key: str) -> None:
    body = {"name": "laptop"}
    mine, other = (post(who, key, "/account/tokens", body) for who in (alice, bob))
    assert mine.json()["secret"] != other.json()["secret"]
    assert tokens(alice) == tokens(bob) == 1
    session = post(alice.session(), key, "/account/tokens", body)
    assert session.json()["secret"] != mine.json()["secret"]


def test_many_at_once_are_done_once(site: Site, alice: Caller, key: str) -> None:
    def send(_: int) -> httpx.Response:
        with httpx.Client(base_url=site.server.url, timeout=PATIENCE, trust_env=False) as http:
            who = Caller(http, headers=alice.headers)
            return post(who, key, "/account/tokens", {"name": "laptop"})

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(send, range(16)))
    secrets = {each.json()["secret"] for each in answers if each.status_code == 201}
    assert len(secrets) == 1
    assert {each.status_code for each in answers} <= {201, 409}
    assert tokens(alice) == 1


def test_a_refusal_is_not_kept_when_it_can_change(alice: Caller, bob: Caller, key: str) -> None:
    space = alice.organization()
    at, body = f"/namespaces/{space}/teams", {"name": "devs"}
    alice.do("PUT", f"/namespaces/{space}/members/{bob.name}", role="reader")
    assert post(bob, key, at, body).status_code == 403
    alice.do("PUT", f"/namespaces/{space}/members/{bob.name}", role="owner")
    assert post(bob, key, at, body).status_code == 201


def test_nobody_gets_the_answer_who_is_out_meanwhile(site: Site, alice: Caller, key: str) -> None:
    """A secret is not told to a stolen session or token that was ended since."""
    session, body = alice.session(), {"name": "laptop"}
    assert post(session, key, "/account/tokens", body).status_code == 201
    session.do("POST", "/logout")
    assert post(session, key, "/account/tokens", body).status_code == 401


def test_nothing_of_it_can_be_read_in_the_database(site: Site, alice: Caller, key: str) -> None:
    space = alice.organization()
    body = {"name": "ci", "scopes": [scope(f"{space}/*", "pull")]}
    secrets = [
        post(alice, key, "/account/tokens", {"name": "laptop"}).json()["secret"],
        post(alice, key, f"/namespaces/{space}/robots", body).json()["secret"],
        post(alice, key, f"/namespaces/{space}/invitations", {"role": "reader"}).json()["code"],
        alice.session().headers["cookie"].partition("=")[2],
        alice.secret,
        key,
    ]
    files = [path.read_bytes() for path in site.data.glob("entrepot.db*")]
    assert any(alice.name.encode() in content for content in files)
    for secret in secrets:
        for part in (secret, secret.removeprefix("ept_")):
            assert not any(part.encode() in content for content in files)


def test_a_key_is_not_endless(alice: Caller) -> None:
    assert post(alice, "x" * 256, "/account/tokens", {"name": "laptop"}).status_code == 422
    assert tokens(alice) == 0


def test_a_login_is_never_answered_from_memory(alice: Caller, key: str) -> None:
    """Its cookie would be missing; each login begins a session of its own."""
    session = alice.session()
    body = {"name": alice.name, "password": alice.secret}
    first, again = (post(session, key, "/login", body) for _ in range(2))
    assert first.status_code == again.status_code == 200
    assert in_browser(alice, again).status("GET", "/account") == 200
    assert first.json()["csrf"] != again.json()["csrf"]
