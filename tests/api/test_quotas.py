"""What namespaces hold and may hold, over /api, and what a push is told that has no room."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.api.site import Caller, Site, serving
from tests.conformance import content
from tests.conformance.content import Content
from tests.conformance.refusal import refusal
from tests.conformance.registry import Repository
from tests.programs.waiting import PATIENCE

MOST = 2**62


@pytest.fixture
def space(alice: Caller) -> str:
    """An organization that Alice owns."""
    return alice.organization()


@pytest.fixture
def pushing(site: Site, alice: Caller) -> Iterator[httpx.Client]:
    """Alice's client."""
    with client(site, alice) as http:
        yield http


def client(site: Site, who: Caller) -> httpx.Client:
    return httpx.Client(
        base_url=site.server.url, headers=who.headers, timeout=PATIENCE, trust_env=False
    )


def quota(space: str) -> str:
    return f"/namespaces/{space}/quota"


def limits(bytes: int | None = None, repositories: int | None = None) -> dict[str, int | None]:  # noqa: A002 - as the document has it
    return {"bytes": bytes, "repositories": repositories}


def held(who: Caller, space: str) -> tuple[int, int]:
    found = who.do("GET", quota(space))
    return found["bytes"], found["repositories"]


def image(http: httpx.Client, name: str) -> tuple[Content, int]:
    """A manifest whose contents are in the repository, and the bytes of all."""
    repository = Repository(name, http)
    blobs = [repository.push_blob(content.config()), repository.push_blob(content.layer())]
    made = content.image(*blobs)
    return made, sum(each.size for each in (made, *blobs))


def test_without_limits_nothing_is_limited(
    alice: Caller, space: str, pushing: httpx.Client
) -> None:
    nothing = dict.fromkeys(("bytes", "repositories", "pending", "uploads"), 0)
    empty = {"namespace": space, **nothing, "limits": limits(), "own": False}
    assert alice.do("GET", quota(space)) == empty
    made, size = image(pushing, f"{space}/app")
    Repository(f"{space}/app", pushing).push_manifest(made, "v1")
    found = alice.do("GET", quota(space))
    assert found == {**empty, "bytes": size, "repositories": 1}


def test_limits_are_set_and_removed(admin: Caller, alice: Caller, space: str) -> None:
    at = quota(space)
    made = admin.do("PUT", at, **limits(10, 3))
    assert (made["limits"], made["own"]) == (limits(10, 3), True)
    assert alice.do("GET", at) == made
    assert admin.do("PUT", at, **limits(repositories=2))["limits"] == limits(None, 2)
    assert admin.do("DELETE", at) == {"done": True}
    assert alice.do("GET", at)["own"] is False
    # Once more is no harm, and nothing was done.
    admin.do("DELETE", at)
    entries = [(e["action"], e["detail"]) for e in admin.audit(target=space, actor=admin.name)]
    assert entries == [
        ("quota.remove", ""),
        ("quota.set", "bytes=any repositories=2"),
        ("quota.set", "bytes=10 repositories=3"),
    ]


@pytest.mark.parametrize("body", [{}, limits()], ids=["nothing", "null"])
def test_no_limit_is_a_limit_of_its_own(
    admin: Caller, space: str, body: dict[str, int | None]
) -> None:
    answer = admin.ask("PUT", f"/api{quota(space)}", json=body)
    assert answer.status_code == 200, answer.text
    assert (answer.json()["limits"], answer.json()["own"]) == (limits(), True)


@pytest.mark.parametrize("least", [0, MOST])
def test_the_ends_of_what_can_be_set(admin: Caller, space: str, least: int) -> None:
    assert admin.do("PUT", quota(space), **limits(least, least))["limits"] == limits(least, least)


@pytest.mark.parametrize("field", ["bytes", "repositories"])
@pytest.mark.parametrize("wrong", [-1, MOST + 1, 10**30, 1.5, "10", "10 GB", True, [], {}], ids=str)
def test_what_cannot_be_set(admin: Caller, space: str, field: str, wrong: Any) -> None:
    answer = admin.ask("PUT", f"/api{quota(space)}", json={field: wrong})
    assert (answer.status_code, answer.json()["field"]) == (422, field), answer.text
    assert not admin.do("GET", quota(space))["own"]


def test_a_body_that_is_no_limits(admin: Caller, space: str) -> None:
    at = f"/api{quota(space)}"
    for body in ('{"megabytes": 1}', "[]", "", "{"):
        headers = {"content-type": "application/json"}
        answer = admin.ask("PUT", at, content=body, headers=headers)
        assert answer.status_code == 422, body


def test_only_administrators_set_limits(site: Site, alice: Caller, bob: Caller, space: str) -> None:
    at = quota(space)
    alice.do("PUT", f"/namespaces/{space}/members/{bob.name}", role="reader")
    assert bob.do("GET", at)["namespace"] == space
    for who, told in ((alice, 403), (bob, 403), (site.nobody, 401)):
        assert who.status("PUT", at, bytes=1) == told
        assert who.status("DELETE", at) == told
        assert who.status("GET", "/quotas") == told
    assert site.person().status("GET", at) == 404
    assert site.nobody.status("GET", at) == 401
    assert not alice.do("GET", at)["own"]


def test_a_namespace_that_is_not_there(admin: Caller, alice: Caller, space: str) -> None:
    alice.do("DELETE", f"/namespaces/{space}")
    for name in (space, "nobody-has-this", "%20", "x" * 300):
        for method in ("GET", "PUT", "DELETE"):
            body = {"bytes": 1} if method == "PUT" else {}
            assert admin.status(method, quota(name), **body) == 404, (method, name)


def test_the_official_images_have_limits_too(admin: Caller) -> None:
    try:
        assert admin.do("PUT", quota("library"), bytes=10**9)["own"]
        assert admin.do("GET", quota("library"))["limits"] == limits(10**9)
    finally:
        admin.do("DELETE", quota("library"))


def two_images(
    space: str, pushing: httpx.Client
) -> tuple[Repository, tuple[Content, int], tuple[Content, int]]:
    """A repository, the image in it and one whose blobs are there, each with its bytes."""
    repository = Repository(f"{space}/app", pushing)
    first = image(pushing, repository.name)
    repository.push_manifest(first[0], "v1")
    return repository, first, image(pushing, repository.name)


def test_a_push_without_room_is_refused(
    admin: Caller, alice: Caller, space: str, pushing: httpx.Client
) -> None:
    repository, (first, size), (second, more) = two_images(space, pushing)
    admin.do("PUT", quota(space), bytes=size + more - 1)
    answer = repository.put_manifest(second, "v2")
    assert refusal(answer) == (403, "DENIED")
    (error,) = answer.json()["errors"]
    assert f"the namespace {space} holds" in error["message"]
    assert "ask an administrator for more" in error["message"]
    assert error["detail"] == {
        "namespace": space,
        "bytes": size,
        "more": more,
        "limit": size + more - 1,
    }
    assert repository.tags() == ["v1"]
    assert held(alice, space) == (size, 1)
    # What is there is pushed again, and what just fits is taken.
    assert repository.put_manifest(first, "v3").status_code == 201
    admin.do("PUT", quota(space), bytes=size + more)
    assert repository.put_manifest(second, "v2").status_code == 201
    assert held(alice, space) == (size + more, 1)


def test_a_deleted_image_makes_room(
    admin: Caller, alice: Caller, space: str, pushing: httpx.Client
) -> None:
    repository, (first, size), (second, more) = two_images(space, pushing)
    admin.do("PUT", quota(space), bytes=max(size, more))
    assert repository.put_manifest(second, "v2").status_code == 403
    assert repository.delete(f"manifests/{first.digest}").status_code == 202
    assert held(alice, space) == (0, 1)
    assert repository.put_manifest(second, "v2").status_code == 201
    assert held(alice, space) == (more, 1)


def test_content_that_is_shared_counts_once(
    alice: Caller, space: str, pushing: httpx.Client
) -> None:
    blob, sizes = content.config(), []
    for name in ("one", "two"):
        repository = Repository(f"{space}/{name}", pushing)
        repository.push_blob(blob)
        made = repository.push_manifest(content.image(blob, annotations={"of": name}), "v1")
        sizes.append(made.size)
    assert held(alice, space) == (blob.size + sum(sizes), 2)


def test_a_large_upload_is_refused_before_it_arrives(
    admin: Caller, space: str, pushing: httpx.Client
) -> None:
    admin.do("PUT", quota(space), bytes=1000)
    upload = Repository(f"{space}/app", pushing).start_upload()
    blob = content.blob(2 * 1024 * 1024)
    assert refusal(upload.close(blob.digest, blob.data)) == (403, "DENIED")


def test_a_repository_too_many_is_refused(
    admin: Caller, alice: Caller, space: str, pushing: httpx.Client
) -> None:
    one, two = (Repository(f"{space}/{name}", pushing) for name in ("one", "two"))
    one.push_image("v1")
    admin.do("PUT", quota(space), repositories=1)
    answer = two.request("POST", "blobs/uploads/")
    assert refusal(answer) == (403, "DENIED")
    (error,) = answer.json()["errors"]
    assert f"{space} has 1 of the 1 repositories it may have" in error["message"]
    assert error["detail"] == {"namespace": space, "repositories": 1, "limit": 1}
    one.push_image("v2")
    assert held(alice, space)[1] == 1
    admin.do("PUT", quota(space), repositories=2)
    two.push_image("v1")


def test_the_largest_come_first(
    site: Site, admin: Caller, alice: Caller, pushing: httpx.Client
) -> None:
    spaces = [alice.organization() for _ in range(3)]
    for images, space in enumerate(spaces):
        for _ in range(images + 1):
            Repository(f"{space}/app", pushing).push_image()
    admin.do("PUT", quota(spaces[0]), repositories=5)
    found = admin.ask("GET", "/api/quotas", params={"size": 1000}).json()
    assert [each["bytes"] for each in found] == sorted(
        (each["bytes"] for each in found), reverse=True
    )
    ours = [each for each in found if each["namespace"] in spaces]
    assert [each["namespace"] for each in ours] == spaces[::-1]
    assert [each["own"] for each in ours] == [False, False, True]
    assert ours == [alice.do("GET", quota(space)) for space in spaces[::-1]]
    assert len(admin.ask("GET", "/api/quotas", params={"size": 1}).json()) == 1
    for size in ("0", "1001", "many"):
        assert admin.ask("GET", "/api/quotas", params={"size": size}).status_code == 422


def test_the_settings_limit_whoever_has_no_limits(folder: Path) -> None:
    settings = {"quotas__bytes": "2000", "quotas__repositories": "1"}
    with serving(folder, settings) as site:
        owner = site.person()
        space = owner.organization()
        with client(site, owner) as http:
            repository = Repository(f"{space}/app", http)
            repository.push_image("v1")
            made, _ = image(http, repository.name)
            assert repository.put_manifest(made, "v2").status_code == 403
            found = owner.do("GET", quota(space))
            assert (found["limits"], found["own"]) == (limits(2000, 1), False)
            site.admin.do("PUT", quota(space), **limits())
            assert repository.put_manifest(made, "v2").status_code == 201
            site.admin.do("DELETE", quota(space))
            # It holds too much now: that stays, and nothing comes to it.
            again = repository.request("POST", "blobs/uploads/")
            assert refusal(again) == (403, "DENIED")
            assert repository.pull("v1").status_code == 200
            assert json.loads(repository.pull("v2").content)["schemaVersion"] == 2
