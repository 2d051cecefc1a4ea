"""No odd character makes the server fail, on either database, whoever sends it."""

import itertools
import json
from typing import Any, Final

import pytest

from tests.security.site import Person, Site, coming_from, scope

ODD: Final = {
    "nul": "\x00",
    "in a name": "a\x00b",
    "line break": "a\r\nb",
    "right to left": "\u202e",
    "long": "x" * 1000,
    "beyond the BMP": "\U0001f4a3",
}
PATHS: Final = [
    "/account/sessions/{}",
    "/account/tokens/{}",
    "/account/passkeys/{}",
    "/namespaces/{}",
    "/namespaces/{}/members",
    "/namespaces/{}/members/{}",
    "/namespaces/{}/teams/{}",
    "/namespaces/{}/teams/{}/members/{}",
    "/namespaces/{}/robots/{}",
    "/namespaces/{}/robots/{}/secret",
    "/namespaces/{}/trust-rules/{}",
    "/namespaces/{}/invitations/{}",
    "/repositories/{}",
    "/repository-roles/{}",
    "/users/{}",
    "/users/{}/totp",
    "/users/{}/sessions",
    "/users/{}/password",
    "/password-resets/{}",
    "/sign-up-invitations/{}",
]
QUERIES: Final = [
    "/users?last={}",
    "/repositories?last={}",
    "/audit?actor={}",
    "/audit?action={}",
    "/audit?target={}",
    "/audit?address={}",
    "/account/tokens?last={}",
    "/sign-on/begin?next={}",
    "/sign-on/callback?state={}&code={}",
    "/sign-up-invitations?last={}",
]


@pytest.fixture(params=ODD)
def odd(request: pytest.FixtureRequest) -> str:
    return ODD[request.param]


_NUMBERS: Final = itertools.count()


def elsewhere() -> dict[str, str]:
    """A network of its own for each guess, so that none holds up another."""
    number = next(_NUMBERS)
    return coming_from(f"10.{number // 250}.{number % 250}.9")


def quoted(text: str) -> str:
    return "".join(f"%{byte:02x}" for byte in text.encode())


@pytest.mark.parametrize("path", PATHS)
def test_in_a_path(both: Site, odd: str, path: str) -> None:
    place = "/api" + path.replace("{}", quoted(odd))
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        body = {"role": "reader"} if method == "PUT" else {}
        answer = both.ask(method, place, both.admin, json=body)
        assert answer.status_code < 500, (method, answer.text)


@pytest.mark.parametrize("path", QUERIES)
def test_in_a_query(both: Site, odd: str, path: str) -> None:
    answer = both.ask("GET", "/api" + path.replace("{}", quoted(odd)), both.admin)
    assert answer.status_code < 500, answer.text


def test_in_the_space_of_one_s_own(both: Site, odd: str) -> None:
    name = both.admin.name
    for noun in ("members", "teams", "robots", "trust-rules", "invitations"):
        for place in (f"/{noun}/{quoted(odd)}", f"/{noun}?last={quoted(odd)}"):
            for method in ("GET", "DELETE"):
                path = f"/api/namespaces/{name}{place}"
                answer = both.ask(method, path, both.admin)
                assert answer.status_code < 500, (method, path, answer.text)


@pytest.mark.parametrize("field", ["username", "password", "scope", "service", "client_id"])
def test_in_the_form_of_a_password(both: Site, odd: str, field: str) -> None:
    form = {"grant_type": "password", "username": "somebody", "password": "wrong", field: odd}
    assert both.ask("POST", "/token", data=form, headers=elsewhere()).status_code < 500


@pytest.mark.parametrize(
    "form",
    [
        {"grant_type": "{}"},
        {"grant_type": "refresh_token", "refresh_token": "{}"},
        {
            "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
            "audience": "{}+{}",
            "subject_token": "{}",
        },
    ],
    ids=["grant", "refresh", "exchange"],
)
def test_in_other_forms(both: Site, odd: str, form: dict[str, str]) -> None:
    filled = {key: value.replace("{}", odd) for key, value in form.items()}
    assert both.ask("POST", "/token", data=filled).status_code < 500


def test_as_basic_credentials(both: Site, odd: str) -> None:
    for person in (Person(odd, "wrong"), Person("admin", odd), Person(f"{odd}@b.example", "wrong")):
        for path in ("/v2/", "/token", "/api/account"):
            assert both.ask("GET", path, person, headers=elsewhere()).status_code < 500


BODIES: Final[list[tuple[str, str, Any]]] = [
    ("POST", "/login", {"name": "{}", "password": "{}", "code": "1"}),
    ("POST", "/login", {"name": "a@{}", "password": "x"}),
    ("POST", "/sign-up", {"name": "{}", "password": "{}", "invitation": "{}"}),
    ("POST", "/password-resets", {"email": "{}"}),
    ("POST", "/password-resets/x", {"password": "{}"}),
    ("POST", "/login/passkey", {"credential": {"id": "{}", "response": {}}}),
    ("POST", "/login/passkey", {"credential": {"response": {"clientDataJSON": "{}"}}}),
    ("POST", "/login/passkey", {"credential": {"response": {"clientDataJSON": 5}}}),
    ("POST", "/login/passkey", {"credential": {"response": ["{}"]}}),
    ("PATCH", "/account", {"full_name": "{}"}),
    ("PATCH", "/account", {"email": "{}@b.example"}),
    ("POST", "/account/password", {"old": "{}", "new": "{}"}),
    ("PUT", "/account/totp", {"code": "{}"}),
    ("POST", "/account/tokens", {"name": "{}", "description": "{}"}),
    ("POST", "/account/tokens", {"name": "a", "scopes": [scope("{}", "pull", tags="{}")]}),
    ("POST", "/account/passkeys", {"name": "{}", "credential": {}}),
    ("POST", "/invitations/accept", {"code": "{}"}),
    ("POST", "/organizations", {"name": "{}", "description": "{}"}),
    ("POST", "/organizations", {"name": "odd", "description": "{}"}),
    ("PATCH", "/namespaces/admin", {"description": "{}"}),
    ("POST", "/namespaces/admin/robots", {"name": "{}", "scopes": [scope("admin/*", "pull")]}),
    ("POST", "/namespaces/admin/teams", {"name": "{}", "group": "{}"}),
    ("POST", "/namespaces/admin/invitations", {"email": "{}", "team": "{}", "role": "reader"}),
    (
        "POST",
        "/namespaces/admin/trust-rules",
        {
            "name": "{}",
            "issuer": "https://{}",
            "claims": {"{}": "{}"},
            "scopes": [scope("admin/*", "pull")],
        },
    ),
    ("POST", "/users", {"name": "{}", "email": "{}", "full_name": "{}"}),
    ("POST", "/sign-up-invitations", {"email": "{}"}),
    ("POST", "/login", {"name": "a", "password": "b", "{}": 1}),
]


def answered(site: Site, method: str, path: str, text: str) -> None:
    headers = {"content-type": "application/json", **elsewhere()}
    answer = site.ask(method, f"/api{path}", site.admin, content=text, headers=headers)
    assert answer.status_code < 500, answer.text


@pytest.mark.parametrize(("method", "path", "body"), BODIES, ids=range(len(BODIES)))
def test_in_a_body(both: Site, odd: str, method: str, path: str, body: Any) -> None:
    answered(both, method, path, json.dumps(body).replace("{}", json.dumps(odd)[1:-1]))


@pytest.mark.parametrize(("method", "path", "body"), BODIES, ids=range(len(BODIES)))
def test_half_a_character_in_a_body(both: Site, method: str, path: str, body: Any) -> None:
    """JSON can name halves of characters, which no encoding can write."""
    answered(both, method, path, json.dumps(body).replace("{}", "\\ud800"))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"null",
        b"[]",
        b"{",
        b"\xff",
        b"[" * 100_000,
        b"1e999",
        b'{"name":1e999,"password":NaN}',
    ],
    ids=ascii,
)
def test_what_is_no_document(both: Site, content: bytes) -> None:
    for path in ("/api/login", "/api/sign-up", "/api/account/tokens", "/api/login/passkey"):
        headers = {"content-type": "application/json", **elsewhere()}
        answer = both.ask("POST", path, both.admin, content=content, headers=headers)
        assert 400 <= answer.status_code < 500, answer.text


MOMENTS: Final = [
    "9999-12-31T23:59:59-12:00",
    "9999-12-31T23:59:59Z",
    "0001-01-01T00:00:00+12:00",
    "4102444800",
    "1e300",
]


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_moment_at_the_end_of_time(both: Site, moment: str) -> None:
    """What was kept can be read again, or is refused."""
    person = both.new_person()
    asked = {"name": "a", "expires_at": moment}
    assert both.ask("POST", "/api/account/tokens", person, json=asked).status_code < 500
    assert both.ask("GET", "/api/account/tokens", person).status_code == 200
    robot = {**asked, "scopes": [scope(f"{person.name}/*", "pull")]}
    robots = f"/api/namespaces/{person.name}/robots"
    assert both.ask("POST", robots, person, json=robot).status_code < 500
    assert both.ask("GET", robots, person).status_code == 200
    answer = both.ask("GET", "/api/audit", both.admin, params={"since": moment, "until": moment})
    assert answer.status_code < 500
