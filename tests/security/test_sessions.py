"""Sessions: nobody fixes, forges or borrows one."""

from typing import Final

import httpx
import pytest

from tests.security.site import Person, Site, coming_from

_SECURE: Final = coming_from("198.51.100.20")


def log_in(site: Site, who: Person, headers: dict[str, str]) -> tuple[str, str, httpx.Response]:
    """The cookie and the CSRF value of a new session."""
    body = {"name": who.name, "password": who.password}
    answer = site.ask("POST", "/api/login", json=body, headers=headers)
    site.http.cookies.clear()
    assert answer.status_code == 200, answer.text
    return answer.headers["set-cookie"].split(";")[0], answer.json()["csrf"], answer


@pytest.mark.parametrize(
    ("headers", "name", "wanted"),
    [
        ({}, "entrepot", {"httponly", "samesite=lax", "path=/"}),
        (_SECURE, "__Host-entrepot", {"httponly", "samesite=lax", "path=/", "secure"}),
    ],
    ids=["http", "https"],
)
def test_the_cookie_is_kept_from_scripts_and_other_sites(
    site: Site, alice: Person, headers: dict[str, str], name: str, wanted: set[str]
) -> None:
    _, _, answer = log_in(site, alice, headers)
    first, *attributes = answer.headers["set-cookie"].split("; ")
    assert first.partition("=")[0] == name
    told = {attribute.lower() for attribute in attributes}
    assert wanted <= told
    assert not any(attribute.startswith("domain") for attribute in told)


def test_a_login_makes_a_new_id_and_ends_the_old_session(site: Site, alice: Person) -> None:
    planted = "entrepot=chosen-by-the-attacker"
    first, csrf, _ = log_in(site, alice, {"cookie": planted})
    assert first != planted
    again = {"cookie": first, "x-csrf-token": csrf}
    second, _, _ = log_in(site, alice, again)
    assert second != first
    assert site.ask("GET", "/api/account", headers={"cookie": planted}).status_code == 401
    assert site.ask("GET", "/api/account", headers={"cookie": first}).status_code == 401
    assert site.ask("GET", "/api/account", headers={"cookie": second}).status_code == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 403),
        ({"x-csrf-token": ""}, 403),
        ({"x-csrf-token": "wrong"}, 403),
        ({"x-csrf-token": "CSRF", "origin": "https://evil.example"}, 403),
        ({"x-csrf-token": "CSRF", "origin": "null"}, 403),
        ({"x-csrf-token": "CSRF", "origin": "HOST.evil.example"}, 403),
        ({"x-csrf-token": "CSRF", "origin": "https://user@HOST"}, 403),
        ({"x-csrf-token": "CSRF", "origin": "HOST"}, 200),
        ({"x-csrf-token": "CSRF"}, 200),
    ],
    ids=range(9),
)
def test_another_site_changes_nothing(
    site: Site, alice: Person, headers: dict[str, str], status: int
) -> None:
    cookie, csrf, _ = log_in(site, alice, {})
    host = f"http://{site.server.host}:{site.server.port}"
    sent = {
        key: value.replace("CSRF", csrf).replace("https://user@HOST", f"http://user@{host[7:]}")
        for key, value in headers.items()
    }
    sent = {key: value.replace("HOST", host) for key, value in sent.items()}
    answer = site.ask(
        "PATCH", "/api/account", json={"full_name": "x"}, headers={"cookie": cookie, **sent}
    )
    assert answer.status_code == status, answer.text


def test_the_csrf_value_of_another_session_is_no_good(
    site: Site, alice: Person, mallory: Person
) -> None:
    cookie, _, _ = log_in(site, alice, {})
    _, other, _ = log_in(site, mallory, {})
    headers = {"cookie": cookie, "x-csrf-token": other}
    answer = site.ask("POST", "/api/account/tokens", json={"name": "x"}, headers=headers)
    assert answer.status_code == 403


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
def test_a_form_is_no_document(site: Site, alice: Person, kind: str) -> None:
    """A page can send these anywhere without asking; they must not log a visitor in."""
    body = f'{{"name": "{alice.name}", "password": "{alice.password}"}}'
    headers = {"content-type": kind, "origin": "https://evil.example"}
    answer = site.ask("POST", "/api/login", content=body, headers=headers)
    assert answer.status_code in {403, 422}
    assert "set-cookie" not in answer.headers


def test_passwords_are_refused_over_plain_http(site: Site, alice: Person) -> None:
    far = {"x-forwarded-for": "203.0.113.5"}
    body = {"name": alice.name, "password": alice.password}
    assert site.ask("POST", "/api/login", json=body, headers=far).status_code == 403
    token = site.token(alice)
    for path in ("/v2/", "/token", "/api/account"):
        for person in (alice, token):
            assert site.ask("GET", path, person, headers=far).status_code == 403
    form = {"grant_type": "password", "username": alice.name, "password": alice.password}
    assert site.ask("POST", "/token", data=form, headers=far).status_code == 403


@pytest.mark.parametrize("text", ['a"b', "a\\", "a%0d%0aset-cookie:x=1", "a b", "a,realm=b"])
def test_nothing_is_slipped_into_a_header(site: Site, text: str) -> None:
    headers = {"host": text, "x-forwarded-host": text}
    answer = site.ask("GET", f"/v2/a/b/manifests/{text}", headers=headers)
    assert "set-cookie" not in answer.headers
    assert 400 <= answer.status_code < 500
    # A name that no server can have, or no tag, is refused before anybody is asked who they are.
    challenge = answer.headers.get("www-authenticate", 'Bearer realm="http://localhost/token"')
    assert challenge.startswith('Bearer realm="http://localhost/token"')
    assert challenge.count('"') % 2 == 0


@pytest.mark.parametrize(
    "address",
    ["//evil.example", "https://evil.example", "/\\evil.example", "\\\\evil.example", "", "evil"],
)
def test_a_sign_on_leads_nowhere_else(address: str) -> None:
    from entrepot.http.api.sign_on import local  # noqa: PLC0415 - FastAPI is slow to import

    assert local(address) == "/"
    assert local("/explore?q=1") == "/explore?q=1"
