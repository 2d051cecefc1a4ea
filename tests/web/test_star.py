"""Stars: given and taken by people, by the button and by /api."""

import pytest

from tests.api.site import Caller, Site, scope, unique
from tests.web.pushing import push, show
from tests.web.site import Browser, browsing


@pytest.fixture
def name(site: Site, alice: Caller) -> str:
    """A public repository."""
    made = f"{alice.name}/{unique('web')}"
    push(site, alice, made)
    show(site, made)
    return made


def stars(who: Caller, name: str) -> int:
    found: int = who.do("GET", f"/repositories/{name}")["stars"]
    return found


def test_a_star_is_given_and_taken_by_the_button(name: str, alice: Caller, home: Browser) -> None:
    page = home.get(f"/r/{name}")
    after = home.send(page, f"/r/{name}/-/star", star="1")
    assert (after.path, stars(alice, name)) == (f"/r/{name}", 1)
    assert 'aria-pressed="true"' in after.html
    assert "Starred" in after.text
    home.send(page, f"/r/{name}/-/star", star="1")
    assert stars(alice, name) == 1
    home.send(after, f"/r/{name}/-/star", star="0")
    assert stars(alice, name) == 0


def test_the_button_leads_back_to_where_it_was_and_nowhere_else(name: str, home: Browser) -> None:
    page = home.get(f"/r/{name}/-/tags")
    assert home.send(page, f"/r/{name}/-/star", star="1").path == f"/r/{name}/-/tags"
    csrf = page.form(f"/r/{name}/-/star").fields["csrf"][0]
    for odd in ("//evil.example", "https://evil.example", "/\\evil.example"):
        answer = home.post(f"/r/{name}/-/star", csrf=csrf, star="1", next=odd)
        assert answer.headers["location"] == "/"


def test_who_is_not_logged_in_is_asked_to(name: str, browser: Browser) -> None:
    page = browser.get(f"/r/{name}")
    assert f"/login?next=/r/{name}" in page.links
    assert browser.post(f"/r/{name}/-/star", star="1").status_code == 401


def test_stars_by_api(name: str, alice: Caller, bob: Caller) -> None:
    for who in (alice, bob, bob):
        who.do("PUT", f"/stars/{name}")
    assert stars(alice, name) == 2
    assert [each["name"] for each in bob.do("GET", "/stars")["items"]] == [name]
    bob.do("DELETE", f"/stars/{name}")
    assert (stars(alice, name), bob.do("GET", "/stars")["items"]) == (1, [])


def test_what_may_not_be_seen_cannot_be_starred(site: Site, name: str, bob: Caller) -> None:
    bob.do("PUT", f"/stars/{name}")
    site.admin.do("PATCH", f"/repositories/{name}", visibility="private")
    assert bob.do("GET", "/stars")["items"] == []
    for each in (name, f"{name}-not"):
        assert bob.status("PUT", f"/stars/{each}") == 404
    with browsing(site) as browser:
        browser.log_in(bob)
        assert browser.get(f"/r/{name}").status == 404


def test_an_absent_repository_of_ones_own_cannot_be_starred(alice: Caller) -> None:
    assert alice.status("PUT", f"/stars/{alice.name}/not-there") == 404


def test_stars_of_who_leaves_are_taken_back(name: str, admin: Caller, bob: Caller) -> None:
    bob.do("PUT", f"/stars/{name}")
    assert stars(admin, name) == 1
    admin.do("DELETE", f"/users/{bob.name}")
    assert stars(admin, name) == 0


def test_programs_give_no_stars(name: str, alice: Caller) -> None:
    robot = alice.robot(alice.name, scope(f"{alice.name}/*", "pull"))
    assert robot.status("PUT", f"/stars/{name}") == 403
