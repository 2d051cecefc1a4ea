"""skopeo: images moved between the registry and files, byte for byte."""

import json
from pathlib import Path

import pytest

from tests.clients.layout import Layout, blobs, digest_of
from tests.programs.skopeo import Skopeo

DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
PLATFORMS = ("amd64", "arm64", "s390x")


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(tmp_path / "layout")


def push(skopeo: Skopeo, layout: Layout, name: str) -> bytes:
    """Push a new image as *name*; return its manifest."""
    image = layout.image()
    skopeo.copy(layout.tag("image", image), f"docker://{name}")
    return layout.read(image)


def test_a_layout_comes_back_byte_for_byte(
    skopeo_client: Skopeo, layout: Layout, repository: str, tmp_path: Path
) -> None:
    manifest = push(skopeo_client, layout, f"{repository}:1.0")
    assert skopeo_client.manifest(f"{repository}:1.0") == manifest
    skopeo_client.copy(f"docker://{repository}:1.0", f"oci:{tmp_path}/copy:1.0")
    assert blobs(tmp_path / "copy") == blobs(tmp_path / "layout")


def test_an_artifact_comes_back_byte_for_byte(
    skopeo_client: Skopeo, layout: Layout, repository: str, tmp_path: Path
) -> None:
    chart = layout.artifact()
    skopeo_client.copy(layout.tag("chart", chart), f"docker://{repository}:chart")
    assert skopeo_client.manifest(f"{repository}:chart") == layout.read(chart)
    skopeo_client.copy(f"docker://{repository}:chart", f"oci:{tmp_path}/copy:chart")
    assert blobs(tmp_path / "copy") == blobs(tmp_path / "layout")


def test_a_folder_comes_back_byte_for_byte(
    skopeo_client: Skopeo, layout: Layout, repository: str, elsewhere: str, tmp_path: Path
) -> None:
    push(skopeo_client, layout, f"{repository}:1.0")
    skopeo_client.copy(f"docker://{repository}:1.0", f"dir:{tmp_path}/one")
    skopeo_client.copy(f"dir:{tmp_path}/one", f"docker://{elsewhere}:1.0")
    skopeo_client.copy(f"docker://{elsewhere}:1.0", f"dir:{tmp_path}/other")
    one, other = contents(tmp_path / "one"), contents(tmp_path / "other")
    assert one == other
    assert {digest_of(content) for content in one.values()} >= set(blobs(tmp_path / "layout"))


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_an_index_comes_back_with_every_platform(
    skopeo_client: Skopeo, layout: Layout, repository: str, tmp_path: Path
) -> None:
    images = [layout.image(architecture=architecture) for architecture in PLATFORMS]
    index = layout.index(*images)
    skopeo_client.copy(layout.tag("all", index), f"docker://{repository}:all", "--all")
    assert skopeo_client.manifest(f"{repository}:all") == layout.read(index)
    for image in images:
        manifest = skopeo_client.manifest(f"{repository}@{image['digest']}")
        assert manifest == layout.read(image)
    skopeo_client.copy(f"docker://{repository}:all", f"oci:{tmp_path}/copy:all", "--all")
    assert blobs(tmp_path / "copy") == blobs(tmp_path / "layout")


def test_one_platform_of_an_index_is_found(
    skopeo_client: Skopeo, layout: Layout, repository: str, tmp_path: Path
) -> None:
    images = [layout.image(architecture=architecture) for architecture in PLATFORMS]
    index = layout.index(*images)
    skopeo_client.copy(layout.tag("all", index), f"docker://{repository}:all", "--all")
    arm = Skopeo((*skopeo_client.words, "--override-arch", "arm64"), skopeo_client.env)
    arm.copy(f"docker://{repository}:all", f"dir:{tmp_path}/arm")
    assert (tmp_path / "arm/manifest.json").read_bytes() == layout.read(images[1])


def test_a_copy_within_the_registry_is_the_same(
    skopeo_client: Skopeo, layout: Layout, repository: str, elsewhere: str
) -> None:
    manifest = push(skopeo_client, layout, f"{repository}:1.0")
    skopeo_client.copy(f"docker://{repository}:1.0", f"docker://{elsewhere}:other")
    assert skopeo_client.manifest(f"{elsewhere}:other") == manifest


def test_tags_are_listed(skopeo_client: Skopeo, layout: Layout, repository: str) -> None:
    tags = ["1.0", "1.1", "a", "latest", "z_9"]
    source = layout.tag("image", layout.image())
    for tag in reversed(tags):
        skopeo_client.copy(source, f"docker://{repository}:{tag}")
    assert skopeo_client.tags(repository) == tags
    assert skopeo_client.inspect(f"{repository}:a")["RepoTags"] == tags


def test_the_digest_is_that_of_the_bytes(
    skopeo_client: Skopeo, layout: Layout, repository: str
) -> None:
    digest = digest_of(push(skopeo_client, layout, f"{repository}:1.0"))
    assert skopeo_client.inspect(f"{repository}:1.0")["Digest"] == digest
    assert digest_of(skopeo_client.manifest(f"{repository}@{digest}")) == digest


def test_a_deleted_image_is_gone_and_others_stay(
    skopeo_client: Skopeo, layout: Layout, repository: str
) -> None:
    push(skopeo_client, layout, f"{repository}:doomed")
    kept = push(skopeo_client, layout, f"{repository}:kept")
    skopeo_client.run("delete", f"docker://{repository}:doomed")
    said = skopeo_client.refused("inspect", "--raw", f"docker://{repository}:doomed")
    assert "manifest unknown" in said
    assert skopeo_client.tags(repository) == ["kept"]
    assert skopeo_client.manifest(f"{repository}:kept") == kept


def test_a_repository_is_synchronized_to_a_folder_and_back(
    skopeo_client: Skopeo, layout: Layout, repository: str, elsewhere: str, tmp_path: Path
) -> None:
    manifests = {tag: push(skopeo_client, layout, f"{repository}:{tag}") for tag in ("1", "2")}
    skopeo_client.run("sync", "--src", "docker", "--dest", "dir", repository, tmp_path / "down")
    target = elsewhere.removesuffix("/app")
    skopeo_client.run("sync", "--src", "dir", "--dest", "docker", tmp_path / "down", target)
    assert {tag: skopeo_client.manifest(f"{elsewhere}:{tag}") for tag in manifests} == manifests


def test_a_repository_is_synchronized_to_another(
    skopeo_client: Skopeo, layout: Layout, repository: str, elsewhere: str
) -> None:
    manifests = {tag: push(skopeo_client, layout, f"{repository}:{tag}") for tag in ("1", "2")}
    target = elsewhere.removesuffix("/app")
    skopeo_client.run("sync", "--src", "docker", "--dest", "docker", repository, target)
    assert skopeo_client.tags(elsewhere) == ["1", "2"]
    assert {tag: skopeo_client.manifest(f"{elsewhere}:{tag}") for tag in manifests} == manifests


def test_an_image_is_turned_into_dockers_format(
    skopeo_client: Skopeo, layout: Layout, repository: str
) -> None:
    image = layout.image()
    skopeo_client.copy(
        layout.tag("image", image), f"docker://{repository}:docker", "--format", "v2s2"
    )
    turned = json.loads(skopeo_client.manifest(f"{repository}:docker"))
    original = json.loads(layout.read(image))
    assert turned["mediaType"] == DOCKER_MANIFEST
    assert [layer["digest"] for layer in turned["layers"]] == [
        layer["digest"] for layer in original["layers"]
    ]


def test_what_does_not_exist_is_said_to_be_unknown(
    skopeo_client: Skopeo, layout: Layout, repository: str, elsewhere: str
) -> None:
    push(skopeo_client, layout, f"{repository}:1.0")
    for name in (f"{repository}:2.0", f"{elsewhere}:1.0"):
        said = skopeo_client.refused("inspect", f"docker://{name}")
        assert "unknown" in said, said
    assert "404" in skopeo_client.refused("list-tags", f"docker://{elsewhere}")
