"""Passkeys (Web Authentication), with a device made of software."""

from typing import Any

import httpx
import pytest

from tests.api.device import Device
from tests.api.site import Caller, Site, in_browser


@pytest.fixture
def nobody(site: Site) -> Caller:
    """A browser that is at the address by name: a passkey belongs to a host, not to an address."""
    return Caller(site.http, headers={"host": f"localhost:{site.server.port}"})


@pytest.fixture
def device(site: Site) -> Device:
    return Device(f"http://localhost:{site.server.port}")


def at_home(who: Caller, nobody: Caller) -> Caller:
    """A session of that person in that browser."""
    session = who.session()
    return Caller(who.http, who.name, who.secret, {**session.headers, **nobody.headers})


def register(who: Caller, device: Device) -> dict[str, Any]:
    options = who.do("POST", "/account/passkeys/options", password=who.secret)
    made = who.do("POST", "/account/passkeys", name="Phone", credential=device.create(options))
    return dict(made)


def log_in(nobody: Caller, device: Device) -> httpx.Response:
    options = nobody.do("POST", "/login/passkey/options")
    return nobody.ask("POST", "/api/login/passkey", json={"credential": device.get(options)})


def test_a_passkey_logs_in(alice: Caller, nobody: Caller, device: Device) -> None:
    here = at_home(alice, nobody)
    made = register(here, device)
    assert (made["name"], made["last_used_at"]) == ("Phone", None)
    answer = log_in(nobody, device)
    assert answer.status_code == 200, answer.text
    assert answer.json()["account"] == alice.name
    session = in_browser(alice, answer)
    (used,) = session.do("GET", "/account/passkeys")
    assert used["last_used_at"] is not None
    assert "public_key" not in used
    (now,) = [each for each in session.do("GET", "/account/sessions") if each["current"]]
    assert now["method"] == "passkey"


def test_an_answer_is_good_once(alice: Caller, nobody: Caller, device: Device) -> None:
    register(at_home(alice, nobody), device)
    answer = {"credential": device.get(nobody.do("POST", "/login/passkey/options"))}
    assert nobody.status("POST", "/login/passkey", **answer) == 200
    assert nobody.status("POST", "/login/passkey", **answer) == 401


def test_a_removed_passkey_logs_in_no_longer(
    alice: Caller, bob: Caller, nobody: Caller, device: Device
) -> None:
    made = register(at_home(alice, nobody), device)
    assert bob.status("DELETE", f"/account/passkeys/{made['id']}") == 404
    alice.do("DELETE", f"/account/passkeys/{made['id']}")
    assert log_in(nobody, device).status_code == 401


def test_a_device_that_nobody_unlocked_is_refused(
    site: Site, alice: Caller, nobody: Caller
) -> None:
    device = Device(f"http://localhost:{site.server.port}", unlocked=False)
    here = at_home(alice, nobody)
    options = here.do("POST", "/account/passkeys/options", password=alice.secret)
    body = {"name": "Phone", "credential": device.create(options)}
    assert here.status("POST", "/account/passkeys", **body) == 422


def test_another_site_gets_no_answer_that_is_good_here(
    alice: Caller, nobody: Caller, device: Device
) -> None:
    register(at_home(alice, nobody), device)
    device.origin = "https://evil.example.net"
    assert log_in(nobody, device).status_code == 401


def test_a_copied_device_is_noticed(alice: Caller, nobody: Caller, device: Device) -> None:
    register(at_home(alice, nobody), device)
    for _ in range(3):
        assert log_in(nobody, device).status_code == 200
    device.rewind()
    assert log_in(nobody, device).status_code == 401


def test_the_challenge_of_one_is_no_others(
    alice: Caller, bob: Caller, nobody: Caller, device: Device
) -> None:
    here, there = at_home(alice, nobody), at_home(bob, nobody)
    options = here.do("POST", "/account/passkeys/options", password=alice.secret)
    body = {"name": "Phone", "credential": device.create(options)}
    assert there.status("POST", "/account/passkeys", **body) == 401


def test_a_passkey_is_added_with_the_password(alice: Caller, nobody: Caller) -> None:
    here = at_home(alice, nobody)
    assert here.status("POST", "/account/passkeys/options", password="a wrong one") == 401


def test_a_disabled_account_has_no_way_in(
    site: Site, alice: Caller, nobody: Caller, device: Device
) -> None:
    register(at_home(alice, nobody), device)
    site.admin.do("PATCH", f"/users/{alice.name}", disabled=True)
    assert log_in(nobody, device).status_code == 401


@pytest.mark.parametrize("wrong", [{}, {"id": 1}, {"response": {"clientDataJSON": "e30"}}])
def test_what_is_no_answer_is_refused(nobody: Caller, wrong: dict[str, Any]) -> None:
    assert nobody.status("POST", "/login/passkey", credential=wrong) == 422
