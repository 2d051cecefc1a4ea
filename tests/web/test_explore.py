"""The first page, what there is to look through, and namespaces."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.site import Caller, Site, serving, unique
from tests.programs.waiting import until
from tests.web.site import Browser, browsing

MANIFEST = "application/vnd.oci.image.manifest.v1+json"


def push(who: Caller, name: str, tag: str = "latest") -> None:
    """Push an image without layers."""
    config = json.dumps({"architecture": "amd64", "os": "linux", "name": name}).encode()
    digest = "sha256:" + hashlib.sha256(config).hexdigest()
    path = f"/v2/{name}/blobs/uploads/?digest={digest}"
    assert who.ask("POST", path, content=config).status_code == 201
    kind = "application/vnd.oci.image.config.v1+json"
    image = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": {"mediaType": kind, "digest": digest, "size": len(config)},
        "layers": [],
    }
    sent = {"content-type": MANIFEST}
    path = f"/v2/{name}/manifests/{tag}"
    answer = who.ask("PUT", path, content=json.dumps(image).encode(), headers=sent)
    assert answer.status_code == 201, answer.text


def arrive(who: Caller, name: str) -> None:
    """Wait until the push counts as the newest: it is answered before that."""
    until(lambda: who.do("GET", f"/repositories/{name}")["updated_at"] is not None)


def publish(who: Caller, name: str, description: str = "") -> None:
    """Push an image that all may see."""
    push(who, name)
    change = {"visibility": "public", "description": description}
    answer = who.ask("PATCH", f"/api/repositories/{name}", json=change)
    assert answer.status_code == 200, answer.text


def test_what_is_public_is_found_and_what_is_private_is_not(
    alice: Caller, browser: Browser, home: Browser
) -> None:
    shown, hidden = f"{alice.name}/{unique('shown')}", f"{alice.name}/{unique('hidden')}"
    publish(alice, shown, "A <b>bold</b> & public thing")
    push(alice, hidden)
    for name in (shown, hidden):
        arrive(alice, name)
    for path in ("/", "/explore", f"/u/{alice.name}"):
        page = browser.get(path)
        assert f"/r/{shown}" in page.links
        assert hidden not in page.html
        assert "A <b>bold</b> & public thing" in page.text
        assert "<b>" not in page.html
    for path in ("/", f"/u/{alice.name}"):
        assert f"/r/{hidden}" in home.get(path).links


def test_an_administrator_sees_all(site: Site, alice: Caller, browser: Browser) -> None:
    name = f"{alice.name}/{unique('hidden')}"
    push(alice, name)
    arrive(alice, name)
    browser.log_in(site.admin)
    assert f"/r/{name}" in browser.get("/explore").links
    assert "Private" in browser.get(f"/u/{alice.name}").text


def test_of_a_namespace_where_nothing_may_be_seen_nothing_is_told(
    alice: Caller, browser: Browser
) -> None:
    push(alice, f"{alice.name}/{unique('hidden')}")
    for query in ("", "?after=zzz"):
        there = browser.get(f"/u/{alice.name}{query}")
        absent = browser.get(f"/u/{unique('nobody')}{query}")
        assert there.status == absent.status == 404
        assert there.text == absent.text


def test_an_empty_namespace_shows_its_owner_how_to_begin(alice: Caller, home: Browser) -> None:
    page = home.get(f"/u/{alice.name}")
    assert page.status == 200
    assert f"docker push {home.http.base_url.netloc.decode()}/{alice.name}/" in page.text


def test_what_is_official_is_marked(site: Site, browser: Browser) -> None:
    name = unique("official")
    publish(site.admin, name)
    page = browser.get("/u/library")
    assert f"/r/{name}" in page.links
    assert "Official" in page.text


def test_stars_are_ones_own(alice: Caller, home: Browser, site: Site, bob: Caller) -> None:
    name = f"{alice.name}/{unique('starred')}"
    publish(alice, name)
    assert "Nothing has your star." in home.get("/stars").text
    assert alice.ask("PUT", f"/api/stars/{name}").is_success
    assert f"/r/{name}" in home.get("/stars").links
    with browsing(site) as other:
        other.log_in(bob)
        assert f"/r/{name}" not in other.get("/stars").links


def test_a_star_shows_nothing_that_became_private(alice: Caller, bob: Caller, site: Site) -> None:
    name = f"{alice.name}/{unique('starred')}"
    publish(alice, name)
    assert bob.ask("PUT", f"/api/stars/{name}").is_success
    change = {"visibility": "private"}
    assert alice.ask("PATCH", f"/api/repositories/{name}", json=change).is_success
    with browsing(site) as other:
        other.log_in(bob)
        assert name not in other.get("/stars").html


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """An open registry with more repositories than a page shows."""
    with serving(tmp_path_factory.mktemp("many"), {"auth__mode": "open"}) as site:
        for number in range(50):
            push(site.nobody, f"many/image-{number:02}")
        yield site


def names(browser: Browser, path: str) -> tuple[list[str], str | None]:
    """The repositories on the page, and the address of the next one."""
    page = browser.get(path)
    assert page.status == 200
    onward = [link for link in page.links if "page=" in link or "after=" in link]
    shown = [link for link in page.links if link.startswith("/r/")]
    return shown, onward[-1] if onward else None


def test_pages_lead_through_all_in_order(many: Site) -> None:
    with browsing(many) as browser:
        for start in ("/explore?order=name", "/u/many"):
            first, following = names(browser, start)
            assert following is not None
            second, _ = names(browser, following)
            assert len(first) == 24
            assert not set(first) & set(second)
            assert first + second == sorted(first + second)
            third, _ = names(browser, names(browser, following)[1] or "")
            assert len(set(first + second + third)) == 50


@pytest.mark.parametrize(
    "query", ["order=no", "page=0", "page=-1", "page=99999999999999999999", "page=%00", "order="]
)
def test_odd_addresses_are_survived(many: Site, query: str) -> None:
    with browsing(many) as browser:
        assert browser.get(f"/explore?{query}").status in {200, 422}


def test_where_all_is_open_there_are_no_accounts(many: Site) -> None:
    with browsing(many) as browser:
        page = browser.get("/")
        assert "/login" not in page.html
        assert browser.get("/login").status == 405
        assert browser.get("/stars").status == 405


def test_an_empty_registry_says_how_to_push(folder: Path) -> None:
    with serving(folder) as site, browsing(site) as browser:
        page = browser.get("/")
        host = site.server.url.partition("://")[2]
        assert f"docker login {host}" in page.text
        assert f"docker push {host}/" in page.text
        assert "There are no repositories yet." in browser.get("/explore").text
