"""Webhooks are told that a namespace is nearly full, and that something had no room."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.api.site import Caller, Site, serving
from tests.conformance import content
from tests.conformance.registry import Repository
from tests.programs.waiting import PATIENCE, until
from tests.webhooks.receiver import Receiver


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    settings = {"webhooks__allowed_networks": "127.0.0.0/8"}
    with serving(tmp_path_factory.mktemp("quota"), settings, workers=2) as made:
        yield made


@pytest.fixture
def owner(site: Site) -> Caller:
    return site.person()


@pytest.fixture
def space(owner: Caller, listening: Receiver) -> str:
    """An organization of the owner's, whose webhooks tell of quotas, and of pushes."""
    made = owner.organization()
    for kind in ("quota", "push"):
        hook = {"name": kind, "url": f"{listening.url}/{kind}", "events": [kind], "secret": ""}
        owner.do("POST", f"/namespaces/{made}/webhooks", **hook)
    return made


@pytest.fixture
def repository(site: Site, owner: Caller, space: str) -> Iterator[Repository]:
    url, headers = site.server.url, owner.headers
    with httpx.Client(base_url=url, headers=headers, timeout=PATIENCE, trust_env=False) as http:
        yield Repository(f"{space}/web", http)


def limit(site: Site, space: str, **limits: int | None) -> None:
    site.admin.do("PUT", f"/namespaces/{space}/quota", **limits)


def held(owner: Caller, space: str) -> dict[str, Any]:
    found = owner.do("GET", f"/namespaces/{space}/quota")
    return {name: found[name] for name in ("bytes", "repositories")}


def told(owner: Caller, space: str, pushes: int) -> int:
    """How much was told of quotas, once so many pushes were told: one repository's in order."""

    def count(hook: str) -> int:
        at = f"/namespaces/{space}/webhooks/{hook}/deliveries"
        return len(owner.do("GET", at)["items"])

    until(lambda: count("push") >= pushes)
    return count("quota")


def refused(repository: Repository) -> None:
    """A push that has no room."""
    made = content.image(repository.push_blob(content.config()))
    assert repository.put_manifest(made, "more").status_code == 403


def test_it_is_told_when_a_namespace_is_nearly_full(
    site: Site, owner: Caller, space: str, repository: Repository, listening: Receiver
) -> None:
    repository.push_image("v1")
    # One image is as large as the other: four of five pass the mark.
    size = held(owner, space)["bytes"]
    most = 5 * size - 1
    limit(site, space, bytes=most)
    for number in (2, 3):
        repository.push_image(f"v{number}")
    assert told(owner, space, 3) == 0
    image = repository.push_image("v4")
    repository.push_manifest(image, "again")
    assert told(owner, space, 5) == 1
    (got,) = listening.wait(1, "/quota")
    assert got.headers["x-entrepot-event"] == "quota"
    assert got.document["type"] == "entrepot.quota"
    data = got.document["data"]
    assert (data["repository"], data["actor"]) == (repository.name, owner.name)
    assert data["size"] == 4 * size
    assert data["held"] == {"bytes": 4 * size, "repositories": 1}
    assert data["limits"] == {"bytes": most, "repositories": None}
    assert data["refused"] is False


def test_a_refusal_is_told_once_an_hour(
    site: Site, owner: Caller, space: str, repository: Repository, listening: Receiver
) -> None:
    image = repository.push_image("v1")
    size = held(owner, space)["bytes"]
    limit(site, space, bytes=size, repositories=9)
    refused(repository)
    refused(repository)
    repository.push_manifest(image, "v2")
    assert told(owner, space, 2) == 1
    (got,) = listening.wait(1, "/quota")
    data = got.document["data"]
    assert data["refused"] is True
    assert data["held"] == held(owner, space) == {"bytes": size, "repositories": 1}
    assert data["limits"] == {"bytes": size, "repositories": 9}
    assert (data["repository"], data["actor"]) == (repository.name, owner.name)


def test_a_repository_too_many_is_told(
    site: Site, owner: Caller, space: str, repository: Repository, listening: Receiver
) -> None:
    limit(site, space, repositories=0)
    assert repository.request("POST", "blobs/uploads/").status_code == 403
    (got,) = listening.wait(1, "/quota")
    data = got.document["data"]
    assert (data["repository"], data["refused"]) == (repository.name, True)
    assert data["limits"] == {"bytes": None, "repositories": 0}


def test_a_build_reported_for_a_repository_too_many_is_told(
    site: Site, owner: Caller, space: str, listening: Receiver
) -> None:
    limit(site, space, repositories=0)
    build = {"name": "1", "state": "queued"}
    assert owner.status("PUT", f"/repository-builds/{space}/web", **build) == 403
    (got,) = listening.wait(1, "/quota")
    assert got.document["data"]["repository"] == f"{space}/web"
    assert got.document["data"]["refused"] is True
