"""Logging in and out, and what ends sessions."""

import httpx
import pytest

from tests.api.site import Caller, Site, in_browser, with_basic


def cookie(answer: httpx.Response) -> dict[str, str]:
    """The attributes of the cookie that the answer sets, by their name in lower case."""
    parts = [part.partition("=") for part in answer.headers["set-cookie"].split("; ")]
    return {name.lower(): value for name, _, value in parts}


def alive(session: Caller) -> bool:
    return session.status("GET", "/account") == 200


def test_a_session_is_kept_from_scripts_and_other_sites(alice: Caller) -> None:
    attributes = cookie(alice.log_in())
    assert attributes["path"] == "/"
    assert attributes["samesite"] == "lax"
    assert int(attributes["max-age"]) == 30 * 86_400
    assert "httponly" in attributes
    assert "domain" not in attributes
    # Over plain HTTP on the same machine a browser would not send a secure cookie back.
    assert "secure" not in attributes
    assert alice.log_in().headers["cache-control"] == "no-store"


@pytest.mark.parametrize("wrong", [{"password": "wrong password"}, {"name": "nobody-at-all"}])
def test_a_wrong_password_tells_nothing(alice: Caller, wrong: dict[str, str]) -> None:
    body = {"name": alice.name, "password": alice.secret, **wrong}
    answer = Caller(alice.http).ask("POST", "/api/login", json=body)
    assert answer.status_code == 401
    assert answer.json()["detail"] == "The name or the password is wrong."
    assert "set-cookie" not in answer.headers


def test_a_session_changes_things_only_with_its_csrf_value(alice: Caller) -> None:
    session = alice.session()
    bare = Caller(alice.http, headers={"cookie": session.headers["cookie"]})
    body = {"full_name": "Somebody Else"}
    assert bare.status("PATCH", "/account", **body) == 403
    other = {"cookie": session.headers["cookie"], "x-csrf-token": "wrong"}
    assert Caller(alice.http, headers=other).status("PATCH", "/account", **body) == 403
    assert session.status("PATCH", "/account", **body) == 200


def test_a_page_of_another_site_changes_nothing(alice: Caller) -> None:
    session = alice.session()
    for origin in ("https://example.org", "null"):
        answer = session.ask(
            "PATCH", "/api/account", json={"full_name": "X"}, headers={"origin": origin}
        )
        assert answer.status_code == 403


def test_a_session_ends_with_its_logout(alice: Caller) -> None:
    session, other = alice.session(), alice.session()
    answer = session.ask("POST", "/api/logout")
    assert answer.status_code == 200
    assert cookie(answer)["max-age"] == "0"
    assert not alive(session)
    assert alive(other)


def test_each_login_is_a_session_of_its_own(alice: Caller) -> None:
    first = alice.session()
    again = first.ask("POST", "/api/login", json={"name": alice.name, "password": alice.secret})
    assert alive(in_browser(alice, again))
    # The browser has one cookie, so the session before is over.
    assert not alive(first)


def test_sessions_are_listed_and_ended_one_by_one(alice: Caller) -> None:
    here, there = alice.session(), alice.session()
    listed = here.do("GET", "/account/sessions")
    assert [each["current"] for each in listed].count(True) == 1
    (other,) = [each["id"] for each in listed if not each["current"]]
    assert here.headers["cookie"].partition("=")[2] not in str(listed)
    here.do("DELETE", f"/account/sessions/{other}")
    assert alive(here)
    assert not alive(there)


def test_nobody_ends_the_session_of_another(alice: Caller, bob: Caller) -> None:
    session = alice.session()
    (listed,) = session.do("GET", "/account/sessions")
    assert bob.status("DELETE", f"/account/sessions/{listed['id']}") == 404
    assert alive(session)


def test_all_sessions_end_at_once(alice: Caller) -> None:
    sessions = [alice.session() for _ in range(3)]
    program = alice.bearer()
    sessions[0].do("DELETE", "/account/sessions")
    assert not any(map(alive, sessions))
    assert program.ask("GET", "/v2/").status_code == 401


def test_a_new_password_ends_all_other_sessions(alice: Caller) -> None:
    here, there = alice.session(), alice.session()
    token, program = alice.token(), alice.bearer()
    body = {"old": alice.secret, "new": "another correct horse"}
    answer = here.ask("POST", "/api/account/password", json=body)
    assert answer.status_code == 200
    renewed = answer.headers["set-cookie"].partition(";")[0]
    assert alive(Caller(alice.http, headers={"cookie": renewed}))
    assert not alive(here)
    assert not alive(there)
    assert program.ask("GET", "/v2/").status_code == 401
    assert alice.ask("GET", "/v2/").status_code == 401
    # A token is no password, and goes on.
    assert alive(token)
    assert with_basic(alice.http, alice.name, body["new"]).status("GET", "/account") == 200


def test_the_csrf_value_of_the_session_after_a_new_password_is_told(alice: Caller) -> None:
    """Without it the page could change nothing until the next login."""
    body = {"old": alice.secret, "new": "another correct horse"}
    answer = alice.session().ask("POST", "/api/account/password", json=body)
    assert in_browser(alice, answer).status("PATCH", "/account", full_name="A B") == 200


def test_a_new_password_needs_the_old_one(alice: Caller) -> None:
    session = alice.session()
    body = {"old": "a wrong password", "new": "another correct horse"}
    assert session.status("POST", "/account/password", **body) == 401
    assert session.status("PATCH", "/account", email="new@example.org") == 401
    assert alive(session)


def test_a_one_time_password_is_good_for_a_new_one_alone(site: Site, alice: Caller) -> None:
    told = site.admin.do("POST", f"/users/{alice.name}/password")["password"]
    new = with_basic(site.http, alice.name, told)
    session = new.session()
    assert session.do("GET", "/account")["must_change_password"]
    assert session.status("POST", "/account/tokens", name="a program") == 409
    session.do("POST", "/account/password", old=told, new="another correct horse")
    changed = with_basic(site.http, alice.name, "another correct horse").session()
    assert changed.status("POST", "/account/tokens", name="a program") == 201


def test_a_disabled_account_is_out_at_once(site: Site, alice: Caller) -> None:
    session, token, program = alice.session(), alice.token(), alice.bearer()
    site.admin.do("PATCH", f"/users/{alice.name}", disabled=True)
    assert not alive(session)
    assert not alive(token)
    assert program.ask("GET", "/v2/").status_code == 401
    assert alice.log_in().status_code == 401
    site.admin.do("PATCH", f"/users/{alice.name}", disabled=False)
    assert not alive(session)
    assert alive(alice.session())
