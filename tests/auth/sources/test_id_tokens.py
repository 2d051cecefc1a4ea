"""Providers of OpenID Connect that lie or fail, of all of which nothing may come."""

import asyncio
import base64
import itertools
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs

import pytest
from pydantic import SecretStr

from entrepot.accounts.sources import Vouched
from entrepot.auth.sources.oidc import Begun, Provider
from entrepot.config.identity import Oidc
from entrepot.errors import SourceRefused, SourceUnavailable
from tests.programs.authority import Authority
from tests.programs.issuer import (
    DISCOVERY,
    Answer,
    Issuer,
    forged,
    issuer,
    json_answer,
    new_key,
    unsigned,
)

CALLBACK = "https://registry.example.org/api/sign-on/callback"
CLIENT = "a client"
ALICE = {
    "aud": CLIENT,
    "sub": "1",
    "preferred_username": "alice",
    "email": "a@example.org",
    "email_verified": True,
}


@pytest.fixture
def served(authority: Authority) -> Iterator[Issuer]:
    with issuer(authority) as running:
        yield running


@pytest.fixture
def options(served: Issuer, authority: Authority) -> dict[str, Any]:
    return {
        "issuer": served.url,
        "client_id": CLIENT,
        "client_secret": SecretStr("s"),
        "ca": authority.file,
    }


def sign_on(
    served: Issuer,
    options: Mapping[str, Any],
    token: Callable[[Begun], object] | None = None,
    access: str | None = "a",
) -> Vouched:
    """Who signs on, when the provider answers with that id token."""

    async def work() -> Vouched:
        provider = Provider(Oidc(**options))
        begun = await provider.begin(CALLBACK)
        if token is not None:
            answer = {"access_token": access, "token_type": "Bearer", "id_token": token(begun)}
            served.says("/token", answer)
        return await provider.finish(CALLBACK, "code", begun)

    return asyncio.run(work())


def claims(begun: Begun, **changes: object) -> dict[str, object]:
    return {**ALICE, "nonce": begun.nonce, **changes}


def unverified(begun: Begun, **changes: object) -> dict[str, object]:
    """Claims that do not say whether the address is verified, unless *changes* do."""
    whole = claims(begun)
    del whole["email_verified"]
    return {**whole, **changes}


def test_a_good_one(served: Issuer, options: dict[str, Any]) -> None:
    found = sign_on(served, options, lambda begun: served.sign(claims(begun, groups=["a", 7])))
    source = f"oidc:{served.url}"
    groups = frozenset({"a", "7"})
    assert found == Vouched(source, "1", "alice", "a@example.org", "", groups)


@pytest.mark.parametrize(
    "secret",
    [SecretStr("100% + more: é"), SecretStr(""), None],
    ids=["secret", "empty", "public"],
)
def test_how_the_client_shows_who_it_is(
    served: Issuer, options: dict[str, Any], secret: SecretStr | None
) -> None:
    begun: list[Begun] = []

    def token(about: Begun) -> str:
        begun.append(about)
        return served.sign(claims(about))

    sign_on(served, {**options, "client_secret": secret}, token)
    ((headers, body),) = served.forms
    form = parse_qs(body.decode())
    assert form["code_verifier"] == [begun[0].verifier]
    assert form["redirect_uri"] == [CALLBACK]
    if not secret:
        assert form["client_id"] == [CLIENT]
        assert "authorization" not in headers
    else:
        sent = base64.b64decode(headers["authorization"].removeprefix("Basic "))
        assert sent == b"a%20client:100%25%20%2B%20more%3A%20%C3%A9"


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "another client"},
        {"aud": []},
        {"aud": None},
        {"iss": "https://other.example.org"},
        {"iss": None},
        {"sub": None},
        {"exp": int(time.time()) - 3600},
        {"exp": None},
        {"iat": int(time.time()) + 3600},
        {"nbf": int(time.time()) + 3600},
        {"nonce": "another"},
        {"nonce": ""},
        {"nonce": None},
        {"azp": "another client"},
        {"aud": [CLIENT, "another client"], "azp": "another client"},
        {"preferred_username": None},
        {"preferred_username": ["alice"]},
        {"preferred_username": ""},
    ],
    # Not the values: moments differ in each process that collects.
    ids=map(str, itertools.count()),
)
def test_a_token_that_says_otherwise(
    served: Issuer, options: dict[str, Any], changes: dict[str, object]
) -> None:
    with pytest.raises(SourceRefused):
        sign_on(served, options, lambda begun: served.sign(claims(begun, **changes)))


BAD: dict[str, Callable[[Issuer, dict[str, object]], object]] = {
    "alg none": lambda served, said: unsigned(said, served.kid),
    "alg none, no kid": lambda _, said: unsigned(said, ""),
    "HS256 with the public key": lambda served, said: forged(said, served.kid, served.public_pem()),
    "HS256 with nothing": lambda served, said: forged(said, served.kid, b""),
    "another key": lambda served, said: Issuer(served.url, new_key()).sign(said),
    "unknown kid": lambda served, said: served.sign(said, kid="two"),
    "changed": lambda served, said: served.sign(said)[:-6] + "AAAAAA",
    "its own key": lambda served, said: (other := Issuer(served.url, new_key(), kid="two")).sign(
        said, jwk=other.public()
    ),
    "no token": lambda _, __: None,
    "text": lambda _, __: "x",
    "a number": lambda _, __: 7,
}


@pytest.mark.parametrize("kind", list(BAD))
def test_a_token_that_is_not_signed(served: Issuer, options: dict[str, Any], kind: str) -> None:
    with pytest.raises(SourceRefused):
        sign_on(served, options, lambda begun: BAD[kind](served, served.filled(claims(begun))))


@pytest.mark.parametrize(
    "answer",
    [
        (200, {}, b"<html>"),
        (200, {}, b"[]"),
        (200, {}, b"{}"),
        (200, {}, b"null"),
        (302, {"location": "/"}, b""),
        (400, {}, b'{"error": "invalid_grant"}'),
        (401, {}, b'{"error": "invalid_client"}'),
        (500, {}, b"oops"),
        (503, {}, b""),
    ],
    ids=str,
)
def test_token_endpoints_that_fail(served: Issuer, options: dict[str, Any], answer: Answer) -> None:
    status, headers, content = answer
    headers = {"content-type": "application/json", **headers}
    served.answers["/token"] = lambda _: (status, headers, content)
    kinds = SourceUnavailable if status >= 500 else (SourceRefused, SourceUnavailable)
    with pytest.raises(kinds):
        sign_on(served, options)


@pytest.mark.parametrize(
    "changes",
    [
        {"issuer": "https://other.example.org"},
        {"issuer": None},
        {"authorization_endpoint": None},
        {"token_endpoint": 7},
        {"jwks_uri": None},
    ],
    ids=str,
)
def test_discovery_documents_that_are_none(
    served: Issuer, options: dict[str, Any], changes: dict[str, object]
) -> None:
    served.publish(**changes)
    with pytest.raises(SourceUnavailable):
        asyncio.run(Provider(Oidc(**options)).begin(CALLBACK))
    assert served.asked == [DISCOVERY]


def test_what_the_token_leaves_out_is_asked_for(served: Issuer, options: dict[str, Any]) -> None:
    served.publish(userinfo_endpoint=f"{served.url}/userinfo")
    told = {"sub": "1", "groups": ["a"], "name": "Alice", "preferred_username": "admin"}
    served.says("/userinfo", told)
    found = sign_on(served, options, lambda begun: served.sign(claims(begun)))
    assert (found.name, found.full_name, found.groups) == ("alice", "Alice", frozenset("a"))


@pytest.mark.parametrize(
    ("said", "email"),
    [
        ({"email_verified": True}, "a@example.org"),
        ({"email_verified": False}, None),
        ({"email_verified": "true"}, None),
        ({"email_verified": "false"}, None),
        ({"email_verified": 1}, None),
        ({"email_verified": None}, None),
        ({}, None),
    ],
    ids=str,
)
def test_an_address_is_believed_only_when_it_is_verified(
    served: Issuer, options: dict[str, Any], said: dict[str, object], email: str | None
) -> None:
    found = sign_on(served, options, lambda begun: served.sign(unverified(begun, **said)))
    assert found.email == email


@pytest.mark.parametrize(
    ("address", "email"), [("a@example.org", "a@example.org"), ("chief@example.org", None)]
)
def test_what_is_verified_is_that_address(
    served: Issuer, options: dict[str, Any], address: str, email: str | None
) -> None:
    served.publish(userinfo_endpoint=f"{served.url}/userinfo")
    served.says("/userinfo", {"sub": "1", "email": address, "email_verified": True})
    found = sign_on(served, options, lambda begun: served.sign(unverified(begun)))
    assert found.email == email


@pytest.mark.parametrize("told", [[], "1"], ids=str)
def test_what_is_told_is_no_object(served: Issuer, options: dict[str, Any], told: object) -> None:
    served.publish(userinfo_endpoint=f"{served.url}/userinfo")
    served.answers["/userinfo"] = lambda _: json_answer(told)
    with pytest.raises(SourceUnavailable):
        sign_on(served, options, lambda begun: served.sign(claims(begun)))


def test_userinfo_needs_an_access_token(served: Issuer, options: dict[str, Any]) -> None:
    served.publish(userinfo_endpoint=f"{served.url}/userinfo")
    sign_on(served, options, lambda begun: served.sign(claims(begun)), access=None)
    assert "/userinfo" not in served.asked


def test_an_answer_without_an_end_is_not_read(served: Issuer, options: dict[str, Any]) -> None:
    served.publish()
    served.says("/token", {"id_token": "x" * 2_000_000})
    with pytest.raises(SourceUnavailable, match="too large"):
        sign_on(served, options)


@pytest.mark.parametrize("told", [{"sub": "2"}, {}], ids=str)
def test_what_is_told_of_somebody_else(
    served: Issuer, options: dict[str, Any], told: object
) -> None:
    served.publish(userinfo_endpoint=f"{served.url}/userinfo")
    served.answers["/userinfo"] = lambda _: json_answer(told)
    with pytest.raises(SourceRefused):
        sign_on(served, options, lambda begun: served.sign(claims(begun)))


@pytest.mark.parametrize(
    ("groups", "expected"),
    [(None, set()), ("admins", {"admins"}), ({"a": 1}, set()), (7, set())],
    ids=str,
)
def test_whoever_is_told_of_no_groups_is_in_none(
    served: Issuer, options: dict[str, Any], groups: object, expected: set[str]
) -> None:
    found = sign_on(served, options, lambda begun: served.sign(claims(begun, groups=groups)))
    assert found.groups == frozenset(expected)
