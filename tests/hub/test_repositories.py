"""Repositories as Docker Hub's API tells them."""

import json
from typing import Any

import pytest

from tests.api.site import Caller, Site, scope, unique
from tests.hub.conftest import Pusher
from tests.programs.waiting import until

KEYS = {
    "user", "name", "namespace", "repository_type", "status", "status_description", "description",
    "is_private", "is_automated", "star_count", "pull_count", "last_updated", "last_modified",
    "date_registered", "affiliation",
}  # fmt: skip
MORE = {"hub_user", "has_starred", "full_description", "permissions"}


def get(who: Caller, path: str, **query: object) -> Any:
    """The document at an address; it must be there."""
    answer = who.ask("GET", f"/v2/{path}", params={key: str(query[key]) for key in query})
    assert answer.status_code == 200, answer.text
    return answer.json()


def settled(who: Caller, name: str) -> Any:
    """The repository, once the push is in its card."""
    until(lambda: get(who, f"repositories/{name}/")["last_updated"] is not None)
    return get(who, f"repositories/{name}/")


def names(page: Any) -> list[str]:
    return [each["name"] for each in page["results"]]


def test_a_repository(alice: Caller, pusher: Pusher) -> None:
    name = f"{alice.name}/app"
    pusher(alice, name).push_image("v1")
    found = settled(alice, name)
    assert found.keys() == KEYS | MORE
    assert found["user"] == found["namespace"] == found["hub_user"] == alice.name
    assert found["name"] == "app"
    assert found["repository_type"] == "image"
    assert (found["status"], found["is_private"], found["is_automated"]) == (1, True, False)
    assert (found["star_count"], found["pull_count"]) == (0, 0)
    assert (found["description"], found["full_description"]) == ("", None)
    assert found["permissions"] == {"read": True, "write": True, "admin": True}
    assert found["affiliation"] == "owner"
    assert found["last_updated"].endswith("Z")
    assert found["date_registered"] <= found["last_updated"]


def test_every_address_of_a_repository_tells_the_same(alice: Caller, pusher: Pusher) -> None:
    name = f"{alice.name}/app"
    pusher(alice, name).push_image("v1")
    found = settled(alice, name)
    assert get(alice, f"repositories/{name}") == found
    assert get(alice, f"namespaces/{alice.name}/repositories/app") == found
    assert get(alice, f"namespaces/{alice.name}/repositories/app/") == found
    head = alice.ask("HEAD", f"/v2/repositories/{name}/")
    assert (head.status_code, head.content) == (200, b"")


def test_an_official_image_stands_in_library(site: Site, pusher: Pusher) -> None:
    name = unique("official")
    pusher(site.admin, name).push_image("v1")
    found = get(site.admin, f"repositories/library/{name}/")
    assert (found["namespace"], found["name"]) == ("library", name)
    assert name in names(get(site.admin, "repositories/library/", page_size=100))


def test_a_name_of_several_parts(alice: Caller, pusher: Pusher) -> None:
    pusher(alice, f"{alice.name}/team/web").push_image("v1")
    found = get(alice, f"repositories/{alice.name}/team/web/")
    assert (found["namespace"], found["name"]) == (alice.name, "team/web")
    assert get(alice, f"repositories/{alice.name}/team/web/tags/v1/")["name"] == "v1"


def test_what_one_may_do_there(site: Site, alice: Caller, bob: Caller, pusher: Pusher) -> None:
    name = f"{alice.name}/app"
    pusher(alice, name).push_image("v1")
    alice.do("PATCH", f"/repositories/{name}", visibility="public")
    path = f"repositories/{name}/"
    for who in (site.nobody, bob):
        found = get(who, path)
        assert found["permissions"] == {"read": True, "write": False, "admin": False}
        assert found["affiliation"] is None
        assert found["is_private"] is False
    alice.do("PUT", f"/repository-roles/{name}", account=bob.name, role="writer")
    found = get(bob, path)
    assert found["permissions"] == {"read": True, "write": True, "admin": False}
    assert found["affiliation"] == "collaborator"
    robot = alice.robot(alice.name, scope(f"{alice.name}/*", "pull", "manage"))
    assert get(robot, path)["permissions"] == {"read": True, "write": False, "admin": True}


def test_hidden_and_absent_are_told_alike(site: Site, alice: Caller, pusher: Pusher) -> None:
    pusher(alice, f"{alice.name}/app").push_image("v1")
    for who in (site.nobody, site.person()):
        for rest in ("", "tags/", "tags/v1/"):
            hidden = who.ask("GET", f"/v2/repositories/{alice.name}/app/{rest}")
            absent = who.ask("GET", f"/v2/repositories/{alice.name}/not/{rest}")
            assert hidden.status_code == absent.status_code == (404 if who.name else 401)
            assert hidden.text.replace("/app", "/not") == absent.text
    hidden = get(site.nobody, f"repositories/{alice.name}/")
    absent = get(site.nobody, "repositories/nobody-at-all/")
    assert hidden == absent == {"count": 0, "next": None, "previous": None, "results": []}


def test_a_list_shows_what_the_caller_may_see(
    site: Site, alice: Caller, bob: Caller, pusher: Pusher
) -> None:
    for part in ("private", "public", "shared"):
        pusher(alice, f"{alice.name}/{part}").push_image("v1")
    alice.do("PATCH", f"/repositories/{alice.name}/public", visibility="public")
    shared = f"/repository-roles/{alice.name}/shared"
    alice.do("PUT", shared, account=bob.name, role="reader")
    path = f"repositories/{alice.name}/"
    assert names(get(alice, path, ordering="name")) == ["private", "public", "shared"]
    assert names(get(site.nobody, path)) == ["public"]
    assert names(get(bob, path, ordering="name")) == ["public", "shared"]
    limited = alice.token(scope(f"{alice.name}/private", "pull"))
    assert names(get(limited, path, ordering="name")) == ["private", "public"]
    asked_for = alice.bearer(f"repository:{alice.name}/shared:pull")
    assert names(get(asked_for, path, ordering="name")) == ["public", "shared"]
    searching = alice.bearer("registry:catalog:search")
    assert get(searching, path, ordering="name")["count"] == 3
    (listed,) = get(site.nobody, path)["results"]
    assert listed.keys() == KEYS


def test_orders(alice: Caller, pusher: Pusher) -> None:
    for part in ("b", "a", "c"):
        pusher(alice, f"{alice.name}/{part}").push_image("v1")
    path = f"repositories/{alice.name}/"
    for ordering, expected in {
        "name": "abc",
        "-name": "cba",
        "last_updated": "cab",
        "-last_updated": "bac",
        "nonsense": "cab",
        "": "cab",
    }.items():
        assert "".join(names(get(alice, path, ordering=ordering))) == expected, ordering
    assert names(get(alice, path, name="b")) == ["b"]
    assert names(get(alice, path, name=alice.name)) == []


def test_pages(site: Site, alice: Caller, pusher: Pusher) -> None:
    for number in range(5):
        pusher(alice, f"{alice.name}/r{number}").push_image("v1")
    for path in (f"repositories/{alice.name}/", f"namespaces/{alice.name}/repositories"):
        first = get(alice, path, page_size=2, ordering="name")
        assert (first["count"], first["previous"], names(first)) == (5, None, ["r0", "r1"])
        assert first["next"] == f"{site.server.url}/v2/{path}?ordering=name&page=2&page_size=2"
        second = alice.ask("GET", first["next"]).json()
        assert names(second) == ["r2", "r3"]
        last = alice.ask("GET", second["next"]).json()
        assert (names(last), last["next"]) == (["r4"], None)
        assert names(alice.ask("GET", last["previous"]).json()) == ["r2", "r3"]
        behind = alice.ask("GET", f"/v2/{path}", params={"page": "4", "page_size": "2"})
        assert behind.status_code == 404


def test_links_have_the_name_that_the_visitor_used(alice: Caller, pusher: Pusher) -> None:
    for part in ("a", "b"):
        pusher(alice, f"{alice.name}/{part}").push_image("v1")
    path = f"/v2/repositories/{alice.name}/?page_size=1"
    answer = alice.ask("GET", path, headers={"host": "registry.example.org"})
    assert answer.json()["next"].startswith("http://registry.example.org/v2/repositories/")


@pytest.mark.parametrize("page", ["0", "-1", "x", "1.5", "9" * 30, "²"])
def test_what_is_no_page_is_not_there(alice: Caller, page: str) -> None:
    answer = alice.ask("GET", f"/v2/repositories/{alice.name}/", params={"page": page})
    assert answer.status_code == 404


@pytest.mark.parametrize("size", ["0", "-1", "x", "1000", "9" * 30])
def test_an_odd_size_is_put_right(alice: Caller, size: str) -> None:
    assert get(alice, f"repositories/{alice.name}/", page_size=size)["count"] == 0


def test_descriptions(site: Site, alice: Caller, pusher: Pusher) -> None:
    name = f"{alice.name}/app"
    pusher(alice, name).push_image("v1")
    path, both = (
        f"/v2/repositories/{name}/",
        {"description": "An app", "full_description": "# 应用"},
    )
    settled(alice, name)
    answer = alice.ask("PATCH", path, json={"registry": "x", **both})
    assert answer.status_code == 200, answer.text
    assert answer.json() == get(alice, f"repositories/{name}/")
    assert {key: answer.json()[key] for key in both} == both
    alice.ask("PATCH", path, json={"description": "Changed"})
    found = get(alice, f"repositories/{name}/")
    assert (found["description"], found["full_description"]) == ("Changed", "# 应用")
    audited = [entry["action"] for entry in site.admin.audit(target=name)]
    assert audited.count("repository.describe") == 2
    assert audited.count("repository.readme") == 1


def test_a_body_needs_no_type(alice: Caller, pusher: Pusher) -> None:
    """As curl's -d sends one."""
    name = f"{alice.name}/app"
    pusher(alice, name).push_image("v1")
    kind = {"content-type": "application/x-www-form-urlencoded"}
    body = b'{"full_description": "hello"}'
    answer = alice.ask("PATCH", f"/v2/repositories/{name}", content=body, headers=kind)
    assert answer.json()["full_description"] == "hello"


def test_who_may_not_describe(site: Site, alice: Caller, bob: Caller, pusher: Pusher) -> None:
    name = f"{alice.name}/app"
    pusher(alice, name).push_image("v1")
    path, body = f"/v2/repositories/{name}/", {"description": "mine"}
    assert site.nobody.ask("PATCH", path, json=body).status_code == 401
    assert bob.ask("PATCH", path, json=body).status_code == 404
    alice.do("PUT", f"/repository-roles/{name}", account=bob.name, role="writer")
    assert bob.ask("PATCH", path, json=body).status_code == 403
    narrowed = alice.bearer(f"repository:{name}:pull,push,delete")
    assert narrowed.ask("PATCH", path, json=body).status_code == 403
    assert get(alice, f"repositories/{name}/")["description"] == ""


def test_descriptions_that_cannot_be(alice: Caller, pusher: Pusher) -> None:
    name = f"{alice.name}/app"
    pusher(alice, name).push_image("v1")
    path = f"/v2/repositories/{name}/"
    bodies: dict[str, tuple[object, int]] = {
        "a number": ({"description": 1}, 400),
        "a list": (["description"], 400),
        "NUL": ({"description": "a\0b"}, 400),
        "too long": ({"description": "x" * 251}, 422),
        "a book": ({"full_description": "x" * 100_001}, 422),
        "half a character": ({"full_description": "\ud800"}, 400),
        "NUL in a page": ({"full_description": "\0"}, 400),
    }
    for what, (body, status) in bodies.items():
        answer = alice.ask("PATCH", path, content=json.dumps(body))
        assert answer.status_code == status, (what, answer.text)
        assert answer.json()["message"], what
    assert alice.ask("PATCH", path, content=b"x" * 2_000_000).status_code == 413
    found = get(alice, f"repositories/{name}/")
    assert (found["description"], found["full_description"]) == ("", None)


def test_a_repository_that_is_not_there(site: Site) -> None:
    name = site.admin.organization()
    answer = site.admin.ask("PATCH", f"/v2/repositories/{name}/app/", json={"description": "x"})
    assert answer.status_code == 404
    assert answer.json()["errinfo"]["code"] == "NAME_UNKNOWN"
