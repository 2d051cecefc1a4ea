"""Signing keys, and what one worker must know at once of what another did."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import httpx
import jwt
import pytest

from tests.api.site import Caller, Site, serving, unique, with_bearer
from tests.conformance import content
from tests.programs.waiting import PATIENCE, until

CONNECTIONS = 12


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with serving(tmp_path_factory.mktemp("two"), workers=2) as made:
        yield made


@pytest.fixture
def doors(two: Site) -> Iterator[list[httpx.Client]]:
    """Connections enough that both workers have some."""
    with ExitStack() as stack:
        clients = [
            httpx.Client(base_url=two.server.url, timeout=PATIENCE, trust_env=False)
            for _ in range(CONNECTIONS)
        ]
        yield [stack.enter_context(client) for client in clients]


def everywhere(doors: list[httpx.Client], who: Caller, path: str = "/api/account") -> set[int]:
    """What all workers answer."""
    return {Caller(each, headers=who.headers).ask("GET", path).status_code for each in doors}


def kid(who: Caller) -> str:
    return str(jwt.get_unverified_header(who.secret)["kid"])


def published(site: Site) -> set[str]:
    return {each["kid"] for each in site.http.get("/.well-known/jwks.json").json()["keys"]}


def test_a_rotated_key_still_verifies_what_it_signed(site: Site, alice: Caller) -> None:
    old = alice.bearer()
    site.admin.do("POST", "/signing-keys/rotate")
    # The keys are looked at every few seconds.
    until(lambda: kid(alice.bearer()) != kid(old))
    new = alice.bearer()
    assert {kid(old), kid(new)} <= published(site)
    assert old.ask("GET", "/v2/").status_code == new.ask("GET", "/v2/").status_code == 200
    assert site.admin.audit(action="signing-key.rotate")


def test_the_published_keys_verify_and_hold_no_secret(site: Site, alice: Caller) -> None:
    token = alice.bearer()
    keys = site.http.get("/.well-known/jwks.json").json()["keys"]
    assert all("d" not in each for each in keys)
    (mine,) = [each for each in keys if each["kid"] == kid(token)]
    audience = jwt.decode(token.secret, options={"verify_signature": False})["aud"]
    claims = jwt.decode(token.secret, jwt.PyJWK(mine), algorithms=["ES256"], audience=audience)
    assert claims["sub"] == alice.name


def test_all_workers_know_a_new_session_and_its_end(two: Site, doors: list[httpx.Client]) -> None:
    session = two.person().session()
    assert everywhere(doors, session) == {200}
    session.do("POST", "/logout")
    assert everywhere(doors, session) == {401}


def test_all_workers_know_a_new_token_and_its_end(two: Site, doors: list[httpx.Client]) -> None:
    person = two.person()
    made = person.do("POST", "/account/tokens", name="laptop")
    token = with_bearer(two.http, made["secret"])
    narrow = token.bearer()
    assert everywhere(doors, token) == {200}
    assert everywhere(doors, narrow, "/v2/") == {200}
    person.do("DELETE", f"/account/tokens/{made['id']}")
    assert everywhere(doors, token) == {401}
    assert everywhere(doors, narrow, "/v2/") == {401}


def test_all_workers_list_what_somebody_may_pull_now(two: Site, doors: list[httpx.Client]) -> None:
    owner, reader = two.person(), two.person()
    space = owner.organization()
    name, layer = f"{space}/app", content.blob(10)
    path = f"/v2/{name}/blobs/uploads/?digest={layer.digest}"
    assert owner.ask("POST", path, content=layer.data).status_code == 201
    member = f"/namespaces/{space}/members/{reader.name}"
    for _ in range(3):
        owner.do("PUT", member, role="reader")
        assert [listed(each, reader) for each in doors] == [[name]] * CONNECTIONS
        owner.do("DELETE", member)
        assert [listed(each, reader) for each in doors] == [[]] * CONNECTIONS


def listed(door: httpx.Client, who: Caller) -> list[str]:
    """The catalog, as one worker shows it."""
    answer = Caller(door, headers=who.headers).ask("GET", "/v2/_catalog")
    return list(answer.json()["repositories"])


def test_all_workers_know_a_new_password_and_who_is_disabled(
    two: Site, doors: list[httpx.Client]
) -> None:
    person, other = two.person(), two.person()
    assert everywhere(doors, person) == everywhere(doors, other) == {200}
    person.do("POST", "/account/password", old=person.secret, new="another correct horse")
    two.admin.do("PATCH", f"/users/{other.name}", disabled=True)
    assert everywhere(doors[:6], person) == {401}
    assert everywhere(doors[:6], other) == {401}


def test_all_workers_sign_with_a_new_key_and_know_it(two: Site, doors: list[httpx.Client]) -> None:
    person = two.person()
    two.admin.do("POST", "/signing-keys/rotate")
    tokens = [Caller(each, headers=person.headers).bearer() for each in doors]
    for token in tokens:
        assert everywhere(doors, token, "/v2/") == {200}


def test_the_same_key_at_two_workers_is_done_once(two: Site, doors: list[httpx.Client]) -> None:
    person = two.person()
    headers = {**person.headers, "idempotency-key": unique("key")}

    def send(client: httpx.Client) -> Any:
        who = Caller(client, headers=headers)
        return who.ask("POST", "/api/account/tokens", json={"name": "laptop"})

    with ThreadPoolExecutor(len(doors)) as threads:
        answers = list(threads.map(send, doors))
    assert len({each.json()["secret"] for each in answers if each.status_code == 201}) == 1
    assert len(person.do("GET", "/account/tokens")["items"]) == 1


def test_two_who_take_the_last_owner_away_leave_one(two: Site, doors: list[httpx.Client]) -> None:
    first, second = two.person(), two.person()
    space = first.organization()
    first.do("PUT", f"/namespaces/{space}/members/{second.name}", role="owner")

    def leave(each: tuple[httpx.Client, Caller]) -> int:
        client, who = each
        path = f"/namespaces/{space}/members/{who.name}"
        return Caller(client, headers=who.headers).status("DELETE", path)

    with ThreadPoolExecutor(2) as threads:
        statuses = list(threads.map(leave, zip(doors, (first, second), strict=False)))
    assert sorted(statuses) == [200, 409]
