"""Guessing passwords leads nowhere, from however many places, and locks out nobody else."""

from concurrent.futures import ThreadPoolExecutor
from typing import Final

import httpx
import pytest

from tests.programs.waiting import PATIENCE
from tests.security.site import Person, Site, coming_from

_NETWORKS: Final = 60
_HOME: Final = "198.51.100.7"


def login(site: Site, who: Person, address: str) -> int:
    body = {"name": who.name, "password": who.password}
    answer = site.ask("POST", "/api/login", json=body, headers=coming_from(address))
    site.http.cookies.clear()
    return answer.status_code


def network(number: int) -> str:
    return f"10.{number // 250}.{number % 250}.9"


def wrong(who: Person) -> Person:
    return Person(who.name, "not the password")


@pytest.fixture
def owner(site: Site) -> Person:
    """Whoever has logged in from home before."""
    person = site.new_person()
    assert login(site, person, _HOME) == 200
    return person


@pytest.fixture
def besieged(site: Site, owner: Person) -> Person:
    """Somebody whose password was guessed at from many networks."""
    for number in range(_NETWORKS):
        login(site, wrong(owner), network(number))
    return owner


def test_no_further_network_gets_a_guess(site: Site, besieged: Person) -> None:
    assert login(site, wrong(besieged), network(_NETWORKS)) == 429


def test_the_owner_s_network_still_gets_in(site: Site, besieged: Person) -> None:
    assert login(site, besieged, _HOME) == 200
    assert login(site, besieged, "198.51.100.250") == 200


def test_tokens_and_sessions_go_on(site: Site, owner: Person) -> None:
    token = site.token(owner)
    answer = site.ask(
        "POST",
        "/api/login",
        json={"name": owner.name, "password": owner.password},
        headers=coming_from(_HOME),
    )
    cookie = {"cookie": answer.headers["set-cookie"].split(";")[0]}
    site.http.cookies.clear()
    for number in range(_NETWORKS):
        login(site, wrong(owner), network(100 + number))
    far = coming_from("10.8.8.8")
    assert site.ask("GET", "/v2/", token, headers=far).status_code == 200
    assert site.ask("GET", "/api/account", headers={**far, **cookie}).status_code == 200


def test_one_network_gets_ten_guesses_however_many_at_once(site: Site, owner: Person) -> None:
    def guess(number: int) -> int:
        body = {"name": owner.name, "password": f"a guess {number}"}
        with httpx.Client(base_url=site.server.url, trust_env=False, timeout=PATIENCE) as http:
            headers = coming_from("203.0.113.77")
            return http.post("/api/login", json=body, headers=headers).status_code

    with ThreadPoolExecutor(30) as pool:
        told = list(pool.map(guess, range(30)))
    assert told.count(401) <= 10
    assert set(told) == {401, 429}


def test_who_is_right_many_times_at_once_gets_in(site: Site) -> None:
    owner = site.new_person()

    def enter(_: int) -> int:
        with httpx.Client(base_url=site.server.url, trust_env=False, timeout=PATIENCE) as http:
            headers = {**coming_from("203.0.112.5"), "authorization": owner.basic}
            return http.get("/v2/", headers=headers).status_code

    with ThreadPoolExecutor(20) as pool:
        assert set(pool.map(enter, range(20))) == {200}


def test_names_that_are_not_there_are_answered_alike(site: Site, owner: Person) -> None:
    nobody = Person("nobody-of-that-name", "not the password")
    told = []
    for person in (wrong(owner), nobody):
        answer = site.ask(
            "POST",
            "/api/login",
            json={"name": person.name, "password": person.password},
            headers=coming_from("203.0.113.8"),
        )
        told.append((answer.status_code, answer.text, sorted(answer.headers)))
    assert told[0] == told[1]
