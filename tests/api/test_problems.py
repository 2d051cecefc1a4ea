"""Whatever goes wrong below /api is told as problem details (RFC 9457)."""

from typing import Any

import pytest

from tests.api.site import Caller, unique

WRONG: list[tuple[str, str, dict[str, Any], int]] = [
    ("GET", "/nothing", {}, 404),
    ("GET", "/users/nobody-at-all", {}, 404),
    ("PUT", "/users", {}, 405),
    ("DELETE", "/login", {}, 405),
    ("POST", "/users", {"content": b"{"}, 422),
    ("POST", "/users", {"content": b"\xff\xfe"}, 422),
    ("POST", "/users", {"content": b"[]"}, 422),
    ("POST", "/users", {"json": {}}, 422),
    ("POST", "/users", {"json": {"name": 1}}, 422),
    ("POST", "/users", {"json": {"name": "good", "extra": 1}}, 422),
    ("POST", "/users", {"json": {"name": "NO"}}, 422),
    ("POST", "/users", {"json": {"name": "chief"}}, 409),
    ("POST", "/users", {"content": b"x" * 2_000_000}, 413),
    ("GET", "/users?size=0", {}, 422),
    ("GET", "/users/a%00b", {}, 422),
    ("GET", "/repositories/UPPER", {}, 400),
    ("GET", "/account", {"headers": {"authorization": "Digest x"}}, 400),
    ("GET", "/account", {"headers": {"authorization": "Bearer x"}}, 401),
    ("GET", "/account", {"headers": {"authorization": "Basic Og=="}}, 401),
]


@pytest.mark.parametrize(("method", "path", "options", "status"), WRONG)
def test_what_goes_wrong_is_a_problem(
    admin: Caller, method: str, path: str, options: dict[str, Any], status: int
) -> None:
    answer = admin.ask(method, f"/api{path}", **options)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    problem = answer.json()
    assert problem["status"] == status
    assert problem["type"].startswith("urn:entrepot:problem:")
    assert problem["title"]
    assert problem["detail"]


def test_the_field_that_is_wrong_is_named(admin: Caller) -> None:
    body = {"name": unique("person"), "email": "nowhere"}
    assert admin.ask("POST", "/api/users", json=body).json()["field"] == "email"
    body = {"name": unique("person"), "colour": "red"}
    assert admin.ask("POST", "/api/users", json=body).json()["field"] == "colour"


def test_a_missing_body_is_told_in_words(admin: Caller) -> None:
    detail = admin.ask("POST", "/api/users").json()["detail"]
    assert not detail.startswith(":")


def test_whoever_must_log_in_is_challenged(alice: Caller) -> None:
    answer = Caller(alice.http).ask("GET", "/api/account")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Basic realm=")


def test_what_was_sent_is_not_sent_back(alice: Caller) -> None:
    """A password that was typed into the wrong field is in no answer."""
    body = {"name": alice.name, "password": ["a secret horse"]}
    assert "horse" not in Caller(alice.http).ask("POST", "/api/login", json=body).text


def test_a_body_without_credentials_is_small(alice: Caller) -> None:
    stranger = Caller(alice.http)
    for size, status in ((60_000, 422), (70_000, 413)):
        body = b"x" * size
        assert stranger.ask("POST", "/api/login", content=body).status_code == status
