"""One-time codes by an authenticator (RFC 6238), and recovery codes."""

from datetime import UTC, datetime, timedelta

import pyotp
import pytest

from tests.api.site import Caller, Site, in_browser, with_bearer


def code(secret: str, steps: int = 0) -> str:
    """What an authenticator shows, or showed or will show so many steps away."""
    at = datetime.now(UTC) + timedelta(seconds=30 * steps)
    return str(pyotp.TOTP(secret).at(at))


@pytest.fixture
def secret(alice: Caller) -> str:
    """Of Alice's authenticator, which has shown its first code."""
    told = alice.session().do("POST", "/account/totp", password=alice.secret)
    assert told["address"].startswith("otpauth://totp/")
    return str(told["secret"])


def confirm(session: Caller, secret: str) -> tuple[Caller, list[str]]:
    """Show the code before the present one, so that the present one is still good.

    The session that goes on, and the recovery codes.
    """
    answer = session.ask("PUT", "/api/account/totp", json={"code": code(secret, -1)})
    if answer.status_code == 422:
        # Half a minute ended just then.
        answer = session.ask("PUT", "/api/account/totp", json={"code": code(secret, -1)})
    assert answer.status_code == 200, answer.text
    return in_browser(session, answer), list(answer.json()["codes"])


@pytest.fixture
def recovery(alice: Caller, secret: str) -> list[str]:
    """Recovery codes of Alice, whose logins ask for a second factor."""
    session, codes = confirm(alice.session(), secret)
    assert len(set(codes)) == 10
    assert session.do("GET", "/account")["second_factor"]
    return codes


def test_nothing_is_asked_for_until_a_code_was_shown(alice: Caller, secret: str) -> None:
    assert alice.log_in().status_code == 200
    assert alice.session().status("PUT", "/account/totp", code="000000") == 422
    assert alice.log_in().status_code == 200


def test_a_login_needs_a_code(alice: Caller, secret: str, recovery: list[str]) -> None:
    missing = alice.log_in()
    assert missing.status_code == 401
    assert missing.json()["type"].endswith(":second-factor-needed")
    assert "set-cookie" not in missing.headers
    assert alice.log_in(code="000000").status_code == 401
    assert alice.log_in(code=code(secret)).status_code == 200


def test_a_code_is_good_once(alice: Caller, secret: str, recovery: list[str]) -> None:
    shown = code(secret, 1)
    assert alice.log_in(code=shown).status_code == 200
    assert alice.log_in(code=shown).status_code == 401
    # Nor is one that was shown before it.
    assert alice.log_in(code=code(secret, -1)).status_code == 401


def test_old_codes_are_good_no_longer(alice: Caller, secret: str, recovery: list[str]) -> None:
    assert alice.log_in(code=code(secret, -10)).status_code == 401
    assert alice.log_in(code=code(secret, 10)).status_code == 401


def test_a_recovery_code_is_good_once(site: Site, alice: Caller, recovery: list[str]) -> None:
    first, second, *_ = recovery
    assert alice.log_in(code=first.upper()).status_code == 200
    assert alice.log_in(code=first).status_code == 401
    assert alice.log_in(code=second).status_code == 200
    used = site.admin.audit(target=alice.name, action="recovery-code.use")
    assert [each["detail"] for each in used] == ["8 left", "9 left"]


def test_the_recovery_code_of_one_is_no_others(
    alice: Caller, bob: Caller, recovery: list[str]
) -> None:
    told = bob.session().do("POST", "/account/totp", password=bob.secret)
    confirm(bob.session(), told["secret"])
    assert bob.log_in(code=recovery[0]).status_code == 401


def test_programs_log_in_with_tokens_instead(
    alice: Caller, secret: str, recovery: list[str]
) -> None:
    assert alice.ask("GET", "/v2/").status_code == 401
    assert alice.ask("GET", "/token").status_code == 401
    session = alice.session(code=code(secret))
    made = session.do("POST", "/account/tokens", name="laptop")
    shown = {"authorization": f"Bearer {made['secret']}"}
    assert Caller(alice.http, headers=shown).ask("GET", "/v2/").status_code == 200


def test_the_secret_is_told_once(alice: Caller, secret: str, recovery: list[str]) -> None:
    session = alice.session(code=code(secret))
    assert session.status("POST", "/account/totp", password=alice.secret) == 409
    assert secret not in session.ask("GET", "/api/account").text


def test_turning_it_on_ends_what_the_password_alone_had_got(alice: Caller, secret: str) -> None:
    other, own, bearer = alice.session(), alice.session(), alice.bearer()
    identity = alice.ask("GET", "/token", params={"offline_token": "true"}).json()["refresh_token"]
    login = {"username": alice.name, "password": alice.secret}
    hub = with_bearer(alice.http, alice.ask("POST", "/v2/users/login/", json=login).json()["token"])
    places = f"/v2/repositories/{alice.name}/"
    assert (bearer.ask("GET", "/v2/").status_code, hub.ask("GET", places).status_code) == (200, 200)
    token = alice.token()
    goes_on, _ = confirm(own, secret)
    form = {"grant_type": "refresh_token", "refresh_token": identity}
    assert alice.http.post("/token", data=form).status_code == 401
    assert bearer.ask("GET", "/v2/").status_code == 401
    assert hub.ask("GET", places).status_code == 401
    assert [each.status("GET", "/account") for each in (other, own, goes_on)] == [401, 401, 200]
    assert goes_on.status("PATCH", "/account", full_name="Alice") == 200
    assert token.ask("GET", "/v2/").status_code == 200


def test_turning_it_off_needs_the_password_and_a_code(
    alice: Caller, secret: str, recovery: list[str]
) -> None:
    session = alice.session(code=code(secret))
    fields = {"password": "a wrong password", "code": recovery[0]}
    assert session.status("DELETE", "/account/totp", **fields) == 401
    assert session.status("DELETE", "/account/totp", password=alice.secret) == 401
    fields = {"password": alice.secret, "code": "000000"}
    assert session.status("DELETE", "/account/totp", **fields) == 401
    assert alice.log_in().status_code == 401
    session.do("DELETE", "/account/totp", password=alice.secret, code=recovery[0])
    assert alice.log_in().status_code == 200
    # Its recovery codes went with it.
    assert not session.do("GET", "/account")["second_factor"]


def test_an_administrator_helps_who_lost_it(site: Site, alice: Caller, recovery: list[str]) -> None:
    site.admin.do("DELETE", f"/users/{alice.name}/totp")
    assert alice.log_in().status_code == 200


def test_wrong_codes_are_held_up(alice: Caller, secret: str, recovery: list[str]) -> None:
    """A code has a million values; nobody may try them all."""
    statuses = [alice.log_in(code="000000").status_code for _ in range(15)]
    assert set(statuses) == {401, 429}
    assert statuses[-1] == 429
    # Not even the right one is looked at now.
    assert alice.log_in(code=code(secret)).status_code == 429
