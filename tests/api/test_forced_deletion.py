"""Forced deletion: permissions, the error's details, audit entries."""

from collections.abc import Iterator

import httpx
import pytest

from tests.api.site import Caller, Site
from tests.conformance import content
from tests.conformance.content import Content
from tests.conformance.refusal import refusal
from tests.conformance.registry import Repository
from tests.programs.waiting import PATIENCE

FORCED = {"force": "true"}


@pytest.fixture
def name(alice: Caller) -> str:
    """A repository of an organization that Alice owns."""
    return f"{alice.organization()}/app"


@pytest.fixture
def owned(site: Site, alice: Caller, name: str) -> Iterator[Repository]:
    """The repository for Alice."""
    with httpx.Client(
        base_url=site.server.url, headers=alice.headers, timeout=PATIENCE, trust_env=False
    ) as http:
        yield Repository(name, http)


@pytest.fixture
def image(owned: Repository) -> Content:
    """An image of a tagged index."""
    pushed = owned.push_image()
    owned.push_manifest(content.index(pushed), "1.0")
    return pushed


def test_only_an_owner_forces(site: Site, alice: Caller, name: str, image: Content) -> None:
    maintainer = site.person()
    namespace = name.partition("/")[0]
    alice.do("PUT", f"/namespaces/{namespace}/members/{maintainer.name}", role="maintainer")
    path = f"/v2/{name}/manifests/{image.digest}"
    assert refusal(maintainer.ask("DELETE", path)) == (409, "DENIED")
    assert refusal(maintainer.ask("DELETE", path, params=FORCED)) == (403, "DENIED")
    assert refusal(alice.ask("DELETE", path)) == (409, "DENIED")
    assert alice.ask("DELETE", path, params=FORCED).status_code == 202


def test_the_error_lists_the_images_that_use_it(alice: Caller, name: str, image: Content) -> None:
    answer = alice.ask("DELETE", f"/v2/{name}/manifests/{image.digest}")
    (error,) = answer.json()["errors"]
    assert "is in use by 1.0;" in error["message"]
    assert error["detail"]["tag"] == "1.0"


def test_both_deletions_are_in_the_audit_log(
    site: Site, alice: Caller, owned: Repository, image: Content
) -> None:
    layer = owned.push_blob()
    assert owned.delete(f"blobs/{layer.digest}").status_code == 202
    alice.ask("DELETE", f"/v2/{owned.name}/manifests/{image.digest}", params=FORCED)
    told = [entry["target"] for entry in site.admin.audit(action="delete", actor=alice.name)]
    expected = {f"{owned.name}@{each.digest}" for each in (layer, image)}
    assert expected <= set(told)
