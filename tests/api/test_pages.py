"""Every listing comes in pages that leave nothing out and show nothing twice."""

from typing import Any

import pytest

from tests.api.site import Caller, Site, scope

COUNT = 5


def pages(who: Caller, path: str, key: str, size: int) -> list[str]:
    """What *key* is in all items, by pages of *size*."""
    found: list[str] = []
    last = ""
    while True:
        query: dict[str, Any] = {"size": size, **({"last": last} if last else {})}
        answer = who.ask("GET", f"/api{path}", params=query)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        assert len(page["items"]) <= size
        found += [str(each[key]) for each in page["items"]]
        if page["next"] is None:
            return found
        assert len(page["items"]) == size
        last = page["next"]


@pytest.fixture(scope="module")
def owner(site: Site) -> Caller:
    return site.person()


@pytest.fixture(scope="module")
def space(site: Site, owner: Caller) -> str:
    """An organization with five of each."""
    made = owner.organization()
    at, scopes = f"/namespaces/{made}", [scope(f"{made}/*", "pull")]
    for number in range(COUNT):
        name = f"x{number}"
        owner.do("POST", f"{at}/teams", name=name)
        owner.do("POST", f"{at}/robots", name=name, scopes=scopes)
        owner.do("POST", f"{at}/invitations", role="reader")
        rule = {"issuer": "https://issuer.example.org", "claims": {"sub": "x"}, "scopes": scopes}
        owner.do("POST", f"{at}/trust-rules", name=name, **rule)
        owner.do("POST", "/account/tokens", name=name)
        site.admin.do("POST", "/sign-up-invitations", email="")
        person = site.person()
        owner.do("PUT", f"{at}/members/{person.name}", role="reader")
        upload = f"/v2/{made}/{name}/blobs/uploads/"
        config = {"digest": "sha256:" + "0" * 64}
        assert owner.ask("POST", upload, params=config, content=b"x").status_code == 400
    return made


LISTINGS = [
    ("/namespaces/{space}/teams", "name", COUNT),
    ("/namespaces/{space}/robots", "name", COUNT),
    ("/namespaces/{space}/invitations", "id", COUNT),
    ("/namespaces/{space}/trust-rules", "name", COUNT),
    ("/namespaces/{space}/members", "account", COUNT + 1),
    ("/account/tokens", "id", COUNT),
]


@pytest.mark.parametrize(("path", "key", "count"), LISTINGS)
@pytest.mark.parametrize("size", [1, 2, COUNT, COUNT + 1, 1000])
def test_pages_hold_all_once(  # noqa: PLR0917 - pytest names them
    owner: Caller, space: str, path: str, key: str, count: int, size: int
) -> None:
    found = pages(owner, path.format(space=space), key, size)
    assert len(found) == count
    assert found == sorted(set(found))


@pytest.mark.parametrize("path", ["/users", "/sign-up-invitations"])
def test_pages_for_administrators(admin: Caller, space: str, path: str) -> None:
    key = "name" if path == "/users" else "id"
    found = pages(admin, path, key, 2)
    assert len(found) >= COUNT
    assert found == sorted(set(found))


def test_pages_of_the_audit_log_go_back_in_time(admin: Caller, space: str) -> None:
    found = [int(each) for each in pages(admin, f"/audit?target={space}", "id", 2)]
    assert len(found) > COUNT
    assert found == sorted(set(found), reverse=True)


@pytest.mark.parametrize(("path", "_", "__"), [*LISTINGS, ("/audit", "", 0), ("/users", "", 0)])
@pytest.mark.parametrize("size", ["0", "1001", "-1", "many", ""])
def test_a_page_has_1_to_1000_items(
    admin: Caller, owner: Caller, space: str, path: str, _: str, __: int, size: str
) -> None:
    who = admin if path in {"/audit", "/users"} else owner
    at = f"/api{path.format(space=space)}"
    assert who.ask("GET", at, params={"size": size}).status_code == 422


def test_the_end_of_a_listing_is_an_empty_page(owner: Caller, space: str) -> None:
    answer = owner.ask("GET", f"/api/namespaces/{space}/teams", params={"last": "zzz"})
    assert answer.json() == {"items": [], "next": None}
