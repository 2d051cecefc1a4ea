"""containerd and its command line, over plain HTTP."""

import json
from pathlib import Path

import pytest

from tests.clients.layout import Layout, blobs, digest_of
from tests.programs.containerd import Containerd
from tests.programs.skopeo import Skopeo


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(tmp_path / "layout")


def test_an_image_is_pulled_byte_for_byte(
    ctr: Containerd, skopeo_client: Skopeo, layout: Layout, repository: str, tmp_path: Path
) -> None:
    image, name = layout.image(), f"{repository}:1.0"
    skopeo_client.copy(layout.tag("image", image), f"docker://{name}")
    ctr.pull(name)
    assert ctr.digest(name) == image["digest"]
    expected = blobs(tmp_path / "layout")
    assert {digest: ctr.content(digest) for digest in expected} == expected


def test_an_image_is_pushed_byte_for_byte(
    ctr: Containerd,
    skopeo_client: Skopeo,
    layout: Layout,
    repository: str,
    tmp_path: Path,
) -> None:
    image, name = layout.image(), f"{repository}:1.0"
    load(ctr, skopeo_client, layout.tag("image", image), name, tmp_path)
    ctr.push(name)
    skopeo_client.copy(f"docker://{name}", f"oci:{tmp_path}/copy:1.0")
    assert blobs(tmp_path / "copy") == blobs(tmp_path / "layout")


def load(ctr: Containerd, skopeo: Skopeo, source: str, name: str, folder: Path) -> None:
    """Give containerd an image that no registry knows yet."""
    skopeo.copy(source, f"oci-archive:{folder}/image.tar:{name}")
    ctr.run("images", "import", folder / "image.tar")


def test_a_pushed_image_can_be_forgotten_and_pulled(
    ctr: Containerd, skopeo_client: Skopeo, layout: Layout, repository: str, tmp_path: Path
) -> None:
    image, name = layout.image(), f"{repository}:1.0"
    load(ctr, skopeo_client, layout.tag("image", image), name, tmp_path)
    ctr.push(name)
    ctr.forget()
    assert not ctr.succeeds("content", "get", image["digest"])
    ctr.pull(name)
    assert ctr.content(image["digest"]) == layout.read(image)


def test_every_platform_of_an_index_is_pulled(
    ctr: Containerd, skopeo_client: Skopeo, layout: Layout, repository: str, tmp_path: Path
) -> None:
    index = layout.index(layout.image(), layout.image(architecture="arm64"))
    name = f"{repository}:all"
    skopeo_client.copy(layout.tag("all", index), f"docker://{name}", "--all")
    ctr.pull(name, "--all-platforms")
    expected = blobs(tmp_path / "layout")
    assert {digest: ctr.content(digest) for digest in expected} == expected


def test_only_the_platform_that_is_needed_is_pulled(
    ctr: Containerd, skopeo_client: Skopeo, layout: Layout, repository: str
) -> None:
    ours, theirs = layout.image(), layout.image(architecture="s390x")
    name = f"{repository}:all"
    source = layout.tag("all", layout.index(ours, theirs))
    skopeo_client.copy(source, f"docker://{name}", "--all")
    ctr.pull(name, "--platform", "linux/amd64")
    [first, *_] = json.loads(ctr.content(ours["digest"]))["layers"]
    assert digest_of(ctr.content(first["digest"])) == first["digest"]
    [missing, *_] = json.loads(layout.read(theirs))["layers"]
    assert not ctr.succeeds("content", "get", missing["digest"])


def test_what_does_not_exist_is_not_found(ctr: Containerd, repository: str) -> None:
    said = ctr.refused("images", "pull", "--plain-http", f"{repository}:1.0")
    assert f"{repository}:1.0: not found" in said
