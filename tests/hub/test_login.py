"""Logging in as scripts do at Docker Hub, and what the token is good for."""

import base64
import json
from pathlib import Path

import httpx
import pyotp
import pytest

from tests.api.site import Caller, Site, scope, serving, with_bearer
from tests.hub.conftest import Pusher

LOGIN = "/v2/users/login"
TOKEN = "/v2/auth/token"
# A body without credentials is no larger.
SMALL = 64 * 1024


def log_in(who: Caller, path: str = LOGIN, **members: object) -> httpx.Response:
    """The answer to a login by the name and the secret, unless *members* are sent instead."""
    names = ("identifier", "secret") if path == TOKEN else ("username", "password")
    body = members or dict(zip(names, (who.name, who.secret), strict=True))
    return Caller(who.http).ask("POST", path, json=body)


def logged_in(who: Caller, path: str = LOGIN, scheme: str = "JWT") -> Caller:
    """The same person with the token of a login."""
    answer = log_in(who, path)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    (token,) = answer.json().values()
    return Caller(who.http, who.name, token, {"authorization": f"{scheme} {token}"})


def test_each_address_answers_in_its_own_way(alice: Caller) -> None:
    assert list(log_in(alice).json()) == ["token"]
    assert list(log_in(alice, f"{LOGIN}/").json()) == ["token"]
    assert list(log_in(alice, TOKEN).json()) == ["access_token"]
    assert list(log_in(alice, TOKEN, username=alice.name, password=alice.secret).json()) == [
        "access_token"
    ]


@pytest.mark.parametrize("scheme", ["JWT", "jwt", "Bearer"])
@pytest.mark.parametrize("path", [LOGIN, TOKEN])
def test_a_token_shows_what_is_private(
    alice: Caller, bob: Caller, pusher: Pusher, path: str, scheme: str
) -> None:
    name = f"{alice.name}/app"
    pusher(alice, name).push_image("v1")
    address = f"/v2/repositories/{name}/tags/v1/"
    assert alice.ask("GET", address).status_code == 200
    assert logged_in(alice, path, scheme).ask("GET", address).status_code == 200
    assert logged_in(bob, path, scheme).ask("GET", address).status_code == 404
    assert Caller(alice.http).ask("GET", address).status_code == 401


def test_a_token_may_manage_as_its_account_may(alice: Caller, pusher: Pusher) -> None:
    name = f"{alice.name}/app"
    pusher(alice, name).push_image("v1")
    token = logged_in(alice)
    body = {"registry": "anything", "full_description": "# Hello"}
    answer = token.ask("PATCH", f"/v2/repositories/{name}/", json=body)
    assert answer.status_code == 200, answer.text
    assert token.ask("DELETE", f"/v2/repositories/{name}/tags/v1/").status_code == 204


def test_a_token_is_good_nowhere_else(alice: Caller, pusher: Pusher) -> None:
    name = f"{alice.name}/app"
    pusher(alice, name).push_image("v1")
    token = logged_in(alice, scheme="Bearer")
    for path in ("/v2/", f"/v2/{name}/tags/list", "/api/account", "/api/account/tokens", "/token"):
        assert token.ask("GET", path).status_code == 401, path
    form = {"grant_type": "refresh_token", "refresh_token": token.secret}
    assert Caller(alice.http).ask("POST", "/token", data=form).status_code == 401


def test_a_token_is_signed_and_tells_when_it_ends(alice: Caller) -> None:
    text = log_in(alice).json()["token"]
    head, claims = (json.loads(_decoded(part)) for part in text.split(".")[:2])
    assert head["typ"] == "JWT"
    assert claims["exp"] - claims["iat"] == 3600
    assert claims["sub"] == alice.name
    changed = with_bearer(alice.http, text[:-8] + "AAAAAAAA")
    assert changed.ask("GET", f"/v2/repositories/{alice.name}/").status_code == 401


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def test_a_login_is_listed_and_revoked(alice: Caller) -> None:
    token = logged_in(alice)
    (listed,) = alice.do("GET", "/account/tokens")["items"]
    assert listed["kind"] == "identity"
    assert listed["expires_at"] is not None
    assert token.ask("GET", f"/v2/repositories/{alice.name}/").status_code == 200
    alice.do("DELETE", f"/account/tokens/{listed['id']}")
    assert token.ask("GET", f"/v2/repositories/{alice.name}/").status_code == 401


def test_a_new_password_ends_it(alice: Caller) -> None:
    token = logged_in(alice)
    alice.do("POST", "/account/password", old=alice.secret, new="another correct horse")
    assert token.ask("GET", f"/v2/repositories/{alice.name}/").status_code == 401


def test_a_disabled_account_is_out(site: Site, alice: Caller) -> None:
    token, program = logged_in(alice), alice.token()
    site.admin.do("PATCH", f"/users/{alice.name}", disabled=True)
    assert token.ask("GET", f"/v2/repositories/{alice.name}/").status_code == 401
    assert log_in(alice).status_code == log_in(program).status_code == 401


def test_an_access_token_is_a_password_and_its_limits_stay(
    site: Site, alice: Caller, pusher: Pusher
) -> None:
    for part in ("app", "other"):
        pusher(alice, f"{alice.name}/{part}").push_image("v1")
    limited = logged_in(alice.token(scope(f"{alice.name}/app", "pull")))
    assert limited.ask("GET", f"/v2/repositories/{alice.name}/app/").status_code == 200
    assert limited.ask("GET", f"/v2/repositories/{alice.name}/other/").status_code == 404
    body = {"description": "no"}
    answer = limited.ask("PATCH", f"/v2/repositories/{alice.name}/app/", json=body)
    assert answer.status_code == 403
    space = site.admin.organization()
    pusher(site.admin, f"{space}/app").push_image("v1")
    robot = logged_in(site.admin.robot(space, scope(f"{space}/*", "pull")), TOKEN)
    assert robot.ask("GET", f"/v2/repositories/{space}/app/").status_code == 200
    assert robot.ask("GET", f"/v2/repositories/{alice.name}/app/").status_code == 404


def test_what_was_got_with_an_access_token_goes_with_it(alice: Caller) -> None:
    made = alice.do("POST", "/account/tokens", name="a program")
    token = logged_in(Caller(alice.http, alice.name, made["secret"]))
    alice.do("DELETE", f"/account/tokens/{made['id']}")
    assert token.ask("GET", f"/v2/repositories/{alice.name}/").status_code == 401


def test_a_second_factor_is_not_stepped_around(alice: Caller) -> None:
    browser = alice.session()
    secret = browser.do("POST", "/account/totp", password=alice.secret)["secret"]
    browser.do("PUT", "/account/totp", code=pyotp.TOTP(secret).now())
    answer = log_in(alice)
    assert answer.status_code == 401
    assert "access token" in answer.json()["detail"]


def test_a_wrong_password_is_refused_like_a_wrong_name(alice: Caller) -> None:
    wrong = log_in(alice, username=alice.name, password="wrong")
    nobody = log_in(alice, username="nobody-at-all", password="wrong")
    assert wrong.status_code == nobody.status_code == 401
    assert wrong.json() == nobody.json()
    assert wrong.json()["detail"] == wrong.json()["message"] == "The name or the password is wrong."
    assert wrong.headers["www-authenticate"].startswith("Basic ")


def test_old_credentials_in_the_header_keep_nobody_out(alice: Caller) -> None:
    body = {"username": alice.name, "password": alice.secret}
    stale = with_bearer(alice.http, "eyJ.gone.stale")
    assert stale.ask("POST", LOGIN, json=body).status_code == 200


def test_guessing_is_held_up(folder: Path) -> None:
    with serving(folder) as site:
        victim = site.person()
        token = victim.token()
        answers = [
            log_in(victim, username=victim.name, password=f"guess {number}").status_code
            for number in range(11)
        ]
        assert answers == [401] * 10 + [429]
        assert log_in(token).status_code == 200


def test_a_login_is_audited(site: Site, alice: Caller) -> None:
    log_in(alice)
    (entry,) = site.admin.audit(actor=alice.name, action="login")
    assert entry["target"] == alice.name
    log_in(alice, username=alice.name, password="wrong")
    (entry,) = site.admin.audit(target=alice.name, action="login", actor="anonymous")
    assert entry["outcome"] == "refused"


@pytest.mark.parametrize(
    "body",
    [
        b"", b"null", b"[]", b"{", b"\xff", b"[" * 100_000, b'{"username": 1, "password": {}}',
        b'{"username": "alice"}', b'{"username": "", "password": ""}',
        b'{"username": "\\ud800", "password": "\\udfff"}', b"username=alice&password=x",
    ],
)  # fmt: skip
@pytest.mark.parametrize("path", [LOGIN, TOKEN])
def test_what_is_no_login_is_told_so(site: Site, path: str, body: bytes) -> None:
    answer = site.nobody.ask("POST", path, content=body)
    assert answer.status_code == (400 if len(body) <= SMALL else 413), answer.text
    assert {"message", "detail", "errinfo"} == answer.json().keys()


def test_odd_names_are_only_wrong(site: Site) -> None:
    for name in ("\0", "a\0b", "x" * 100_000, "\u202e", "💥", "' or 1=1 --"):
        answer = log_in(site.nobody, username=name, password=name)
        assert answer.status_code in ({400, 401} if len(name) <= SMALL else {413}), answer.text


def test_a_body_without_end_is_refused(site: Site) -> None:
    for size, status in ((60_000, 400), (70_000, 413), (2_000_000, 413)):
        answer = site.nobody.ask("POST", LOGIN, content=b" " * size)
        assert answer.status_code == status


def test_only_a_post_logs_in(site: Site) -> None:
    answer = site.nobody.ask("GET", LOGIN)
    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST"
