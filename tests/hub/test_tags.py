"""Tags as Docker Hub's API tells them."""

import json
from typing import Any

import pytest

from tests.api.site import Caller, Site, scope
from tests.conformance import content
from tests.conformance.registry import Repository
from tests.hub.conftest import Pusher
from tests.hub.test_repositories import get, names
from tests.programs.waiting import until

TAG = {
    "creator", "id", "repository", "images", "last_updated", "last_updater",
    "last_updater_username", "name", "full_size", "v2", "tag_status", "tag_last_pulled",
    "tag_last_pushed", "media_type", "content_type", "digest",
}  # fmt: skip
IMAGE = {
    "architecture", "features", "variant", "digest", "os", "os_features", "os_version", "size",
    "status", "last_pulled", "last_pushed",
}  # fmt: skip


def known(who: Caller, name: str, tag: str) -> Any:
    """The tag, once its image has been read."""
    path = f"repositories/{name}/tags/{tag}/"
    until(lambda: get(who, path)["full_size"] is not None)
    return get(who, path)


def test_a_tag(alice: Caller, pusher: Pusher) -> None:
    name = f"{alice.name}/app"
    config, layer = content.config(), content.layer()
    image = content.image(config, layer)
    repository = pusher(alice, name)
    for blob in (config, layer):
        repository.push_blob(blob)
    repository.push_manifest(image, "v1")
    found = known(alice, name, "v1")
    assert found.keys() == TAG
    assert (found["name"], found["digest"], found["v2"]) == ("v1", image.digest, True)
    assert found["full_size"] == config.size + layer.size + image.size
    assert found["last_updater_username"] == alice.name
    assert found["last_updated"] == found["tag_last_pushed"]
    assert (found["tag_status"], found["tag_last_pulled"]) == ("active", None)
    assert (found["media_type"], found["content_type"]) == (content.OCI_MANIFEST, "image")
    (only,) = found["images"]
    assert only.keys() == IMAGE
    assert (only["os"], only["architecture"], only["variant"]) == ("linux", "amd64", None)
    assert (only["digest"], only["size"]) == (image.digest, found["full_size"])
    assert only["status"] == "active"


def test_the_images_of_an_index(alice: Caller, pusher: Pusher) -> None:
    name = f"{alice.name}/app"
    repository = pusher(alice, name)
    arm, attestation = repository.push_image(), repository.push_image()
    listed = [
        arm.descriptor(platform={"os": "linux", "architecture": "arm64", "variant": "v8"}),
        attestation.descriptor(platform={"os": "unknown", "architecture": "unknown"}),
    ]
    index = repository.push_manifest(content.index(manifests=listed), "v1")
    found = known(alice, name, "v1")
    assert found["digest"] == index.digest
    (only,) = found["images"]
    assert (only["os"], only["architecture"], only["variant"]) == ("linux", "arm64", "v8")
    assert only["digest"] == arm.digest
    assert only["size"] is None or only["size"] > 0


@pytest.mark.parametrize(
    "platform", [None, {}, {"os": 5, "architecture": ["x"]}, {"os": "linux", "variant": {}}]
)
def test_a_platform_that_says_nothing(alice: Caller, pusher: Pusher, platform: object) -> None:
    name = f"{alice.name}/app"
    repository = pusher(alice, name)
    image = repository.push_image()
    members = {} if platform is None else {"platform": platform}
    listed = [image.descriptor(**members)]
    repository.push_manifest(content.index(manifests=listed), "v1")
    (only,) = get(alice, f"repositories/{name}/tags/v1/")["images"]
    assert (only["architecture"], only["digest"]) == (None, image.digest)


def test_an_empty_index(alice: Caller, pusher: Pusher) -> None:
    name = f"{alice.name}/app"
    pusher(alice, name).push_manifest(content.index(), "v1")
    assert get(alice, f"repositories/{name}/tags/v1/")["name"] == "v1"


def tagged(repository: Repository, *tags: str) -> None:
    image = repository.push_image()
    for tag in tags:
        repository.push_manifest(image, tag)


def test_lists(alice: Caller, pusher: Pusher) -> None:
    name = f"{alice.name}/app"
    tagged(pusher(alice, name), "b", "a", "c-1")
    for path in (f"repositories/{name}/tags/", f"namespaces/{alice.name}/repositories/app/tags"):
        listed = get(alice, path)
        assert (listed["count"], listed["next"], listed["previous"]) == (3, None, None)
        for ordering, expected in {
            "name": ["a", "b", "c-1"],
            "-name": ["c-1", "b", "a"],
            "last_updated": ["c-1", "a", "b"],
            "-last_updated": ["b", "a", "c-1"],
            "nonsense": ["c-1", "a", "b"],
        }.items():
            assert names(get(alice, path, ordering=ordering)) == expected, ordering
        assert names(get(alice, path, name="C-")) == ["c-1"]
        assert names(get(alice, path, name="%")) == []
        assert alice.ask("HEAD", f"/v2/{path}").status_code == 200


def test_pages(site: Site, alice: Caller, pusher: Pusher) -> None:
    name = f"{alice.name}/app"
    tagged(pusher(alice, name), *(f"v{number}" for number in range(5)))
    path = f"repositories/{name}/tags/"
    first = get(alice, path, page_size=3, ordering="name", name="v")
    assert names(first) == ["v0", "v1", "v2"]
    address = f"{site.server.url}/v2/{path}?ordering=name&name=v&page=2&page_size=3"
    assert first["next"] == address
    last = alice.ask("GET", first["next"]).json()
    assert (names(last), last["next"]) == (["v3", "v4"], None)
    assert names(alice.ask("GET", last["previous"]).json()) == names(first)
    assert alice.ask("GET", f"/v2/{path}", params={"page": "2"}).status_code == 404
    assert alice.ask("GET", f"/v2/{path}", params={"page": "999999999"}).status_code == 404


def test_a_filter_that_no_tag_can_have(alice: Caller, pusher: Pusher) -> None:
    name = f"{alice.name}/app"
    tagged(pusher(alice, name), "v1")
    for wanted, status in {"\0": 400, "x" * 129: 400, "' or 1=1": 200, "💥": 200}.items():
        answer = alice.ask("GET", f"/v2/repositories/{name}/tags/", params={"name": wanted})
        assert answer.status_code == status, wanted


def test_head_asks_whether_a_tag_is_there(alice: Caller, pusher: Pusher) -> None:
    name = f"{alice.name}/app"
    tagged(pusher(alice, name), "v1")
    for path in (f"repositories/{name}/tags", f"namespaces/{alice.name}/repositories/app/tags"):
        for rest, status in {"v1": 200, "v1/": 200, "v2": 404, "v2/": 404}.items():
            answer = alice.ask("HEAD", f"/v2/{path}/{rest}")
            assert (answer.status_code, answer.content) == (status, b"")


@pytest.mark.parametrize("tag", ["v2", "-x", "a%00b", "%2e%2e", "é", "x" * 200])
def test_a_tag_that_is_not_there(alice: Caller, pusher: Pusher, tag: str) -> None:
    name = f"{alice.name}/app"
    tagged(pusher(alice, name), "v1")
    for method in ("GET", "DELETE"):
        answer = alice.ask(method, f"/v2/repositories/{name}/tags/{tag}/")
        assert answer.status_code == 404, answer.text
        assert answer.json()["errinfo"]["code"] == "MANIFEST_UNKNOWN"


def test_a_tag_is_deleted(site: Site, alice: Caller, pusher: Pusher) -> None:
    name = f"{alice.name}/app"
    repository = pusher(alice, name)
    image = repository.push_image("v1")
    repository.push_manifest(image, "v2")
    answer = alice.ask("DELETE", f"/v2/repositories/{name}/tags/v1/")
    assert (answer.status_code, answer.content) == (204, b"")
    assert repository.tags() == ["v2"]
    assert repository.pull(image.digest).status_code == 200
    newer = f"/v2/namespaces/{alice.name}/repositories/app/tags/v2"
    assert alice.ask("DELETE", newer).status_code == 204
    assert repository.tags() == []
    assert [entry["target"] for entry in site.admin.audit(actor=alice.name, action="delete")] == [
        f"{name}:v2",
        f"{name}:v1",
    ]


def test_who_may_not_delete(site: Site, alice: Caller, bob: Caller, pusher: Pusher) -> None:
    name = f"{alice.name}/app"
    repository = pusher(alice, name)
    repository.push_image("v1")
    path = f"/v2/repositories/{name}/tags/v1/"
    assert site.nobody.ask("DELETE", path).status_code == 401
    assert bob.ask("DELETE", path).status_code == 404
    alice.do("PUT", f"/repository-roles/{name}", account=bob.name, role="writer")
    assert bob.ask("DELETE", path).status_code == 403
    other = alice.token(scope(f"{alice.name}/*", "pull", "delete", tags="w*"))
    assert other.ask("DELETE", path).status_code == 403
    assert repository.tags() == ["v1"]
    mine = alice.token(scope(f"{alice.name}/*", "pull", "delete", tags="v*"))
    assert mine.ask("DELETE", path).status_code == 204


def test_a_token_for_some_tags_reads_lists(alice: Caller, pusher: Pusher) -> None:
    name = f"{alice.name}/app"
    tagged(pusher(alice, name), "v1", "w1")
    some = alice.token(scope(f"{alice.name}/*", "pull", tags="v*"))
    for path in (f"repositories/{name}", f"namespaces/{alice.name}/repositories/app"):
        for rest in ("", "/", "/tags", "/tags/", "/tags/v1", "/tags/v1/"):
            assert some.ask("GET", f"/v2/{path}{rest}").status_code == 200, rest
        assert some.ask("GET", f"/v2/{path}/tags/w1").status_code == 403


def test_the_distribution_api_comes_first(alice: Caller, pusher: Pusher) -> None:
    """Where an address means both: a tag called `list`, and a repository of the first name."""
    name = f"{alice.name}/app"
    tagged(pusher(alice, name), "list")
    without, with_slash = (
        f"/v2/repositories/{name}/tags/list",
        f"/v2/repositories/{name}/tags/list/",
    )
    refused = alice.ask("GET", without)
    assert refused.status_code == 404
    assert refused.json()["errors"][0]["detail"] == f"repositories/{name}"
    assert alice.ask("GET", with_slash).json()["name"] == "list"


def test_a_repository_whose_name_begins_like_an_address(site: Site, pusher: Pusher) -> None:
    site.admin.ask("POST", "/api/organizations", json={"name": "repositories"})
    repository = pusher(site.admin, "repositories/acme/web")
    image = repository.push_image("v1")
    assert repository.tags() == ["v1"]
    assert repository.pull("v1").headers["docker-content-digest"] == image.digest
    again = json.loads(repository.request("GET", "tags/list").text)
    assert again == {"name": "repositories/acme/web", "tags": ["v1"]}
