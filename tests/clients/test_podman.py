"""Podman: its engine is the library that skopeo and buildah share."""

import json
import os
import re
from pathlib import Path
from typing import Any, Final

import pytest

from tests.clients.layout import CONFIG, Layout, blobs
from tests.programs.file_systems import archive, shell
from tests.programs.podman import Podman
from tests.programs.skopeo import Skopeo

CONFIGS: Final = {
    "oci": "application/vnd.oci.image.config.v1+json",
    "v2s2": "application/vnd.docker.container.image.v1+json",
}


def new_image(podman: Podman, name: str, folder: Path, content: bytes | None = None) -> str:
    """The id of an image that is unlike all others, with *content* in /file."""
    packed = folder / "image.tar"
    packed.write_bytes(archive({"file": content or os.urandom(5000)}))
    return podman.import_image(name, packed)


def remove(podman: Podman, *images: str) -> None:
    podman.run("rmi", "--force", *images)
    assert not any(podman.has(image) for image in images)


def manifest(skopeo: Skopeo, name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(skopeo.manifest(name))
    return document


def test_a_pushed_image_comes_back_whole(
    podman_client: Podman, repository: str, tmp_path: Path
) -> None:
    content, name = os.urandom(100_000), f"{repository}:1.0"
    identity = new_image(podman_client, name, tmp_path, content)
    podman_client.run("push", name)
    remove(podman_client, identity)
    podman_client.run("pull", name)
    assert podman_client.image_id(name) == identity
    assert podman_client.read_file(name, "/file") == content


def test_an_image_is_pulled_by_its_digest(
    podman_client: Podman, repository: str, tmp_path: Path
) -> None:
    name = f"{repository}:1.0"
    identity = new_image(podman_client, name, tmp_path)
    podman_client.run("push", "--digestfile", tmp_path / "digest", name)
    digest = (tmp_path / "digest").read_text()
    remove(podman_client, identity)
    podman_client.run("pull", f"{repository}@{digest}")
    assert podman_client.image_id(f"{repository}@{digest}") == identity
    assert podman_client.digest(f"{repository}@{digest}") == digest


def test_all_tags_are_pulled_at_once(
    podman_client: Podman, repository: str, tmp_path: Path
) -> None:
    names = [f"{repository}:{tag}" for tag in ("1", "1.0", "latest")]
    identities = [new_image(podman_client, name, tmp_path) for name in names]
    for name in names:
        podman_client.run("push", name)
    remove(podman_client, *identities)
    podman_client.run("pull", "--all-tags", repository)
    assert [podman_client.image_id(name) for name in names] == identities


def test_tags_are_listed(podman_client: Podman, repository: str, tmp_path: Path) -> None:
    new_image(podman_client, f"{repository}:1", tmp_path)
    for tag in ("1", "2", "3"):
        podman_client.run("push", f"{repository}:1", f"docker://{repository}:{tag}")
    options = ["--list-tags", "--tls-verify=false", "--format", "json"]
    [listed] = json.loads(podman_client.read("search", *options, repository))
    assert listed["Tags"] == ["1", "2", "3"]


def test_a_second_push_sends_nothing(
    podman_client: Podman, repository: str, tmp_path: Path
) -> None:
    name = f"{repository}:1.0"
    new_image(podman_client, name, tmp_path)
    assert requests(podman_client, name, name).count("POST") == 2
    again = requests(podman_client, name, f"{repository}:again")
    assert "POST" not in again
    assert again[-1] == "PUT"


def requests(podman: Podman, name: str, target: str) -> list[str]:
    """The methods of the requests that make a push."""
    said = podman.run("--log-level", "debug", "push", name, f"docker://{target}").stderr
    return re.findall(r'"([A-Z]+) http://', said)


@pytest.mark.parametrize("option", CONFIGS)
def test_both_formats_come_back_whole(
    podman_client: Podman, skopeo_client: Skopeo, repository: str, tmp_path: Path, option: str
) -> None:
    content, name = os.urandom(5000), f"{repository}:{option}"
    identity = new_image(podman_client, name, tmp_path, content)
    podman_client.run("push", "--format", option, name)
    assert manifest(skopeo_client, name)["config"]["mediaType"] == CONFIGS[option]
    remove(podman_client, identity)
    podman_client.run("pull", name)
    assert podman_client.read_file(name, "/file") == content


def test_a_layer_compressed_with_zstandard_comes_back_whole(
    podman_client: Podman, skopeo_client: Skopeo, repository: str, tmp_path: Path
) -> None:
    content, name = os.urandom(5000), f"{repository}:zstd"
    identity = new_image(podman_client, name, tmp_path, content)
    podman_client.run("push", "--format", "oci", "--compression-format", "zstd", name)
    [layer] = manifest(skopeo_client, name)["layers"]
    assert layer["mediaType"] == "application/vnd.oci.image.layer.v1.tar+zstd"
    remove(podman_client, identity)
    podman_client.run("pull", name)
    assert podman_client.read_file(name, "/file") == content


def test_a_built_image_of_several_layers_comes_back_whole(
    podman_client: Podman, repository: str, tmp_path: Path
) -> None:
    word, name = os.urandom(8).hex(), f"{repository}:built"
    (tmp_path / "shell.tar").write_bytes(shell())
    base = podman_client.import_image(f"{repository}:base", tmp_path / "shell.tar")
    (tmp_path / "Dockerfile").write_text(
        f"FROM {repository}:base\nRUN echo {word} > /one\nRUN cat /one /one > /two\n"
    )
    podman_client.run("build", "--network", "none", "--layers", "--tag", name, tmp_path)
    identity = podman_client.image_id(name)
    podman_client.run("push", name)
    remove(podman_client, identity, base)
    podman_client.run("pull", name)
    assert podman_client.image_id(name) == identity
    assert podman_client.read_file(name, "/two").decode() == f"{word}\n{word}\n"


def test_an_index_serves_every_platform(
    podman_client: Podman, skopeo_client: Skopeo, repository: str, tmp_path: Path
) -> None:
    listed = f"{repository}:all"
    podman_client.run("manifest", "create", listed)
    identities = {}
    for arch in ("amd64", "arm64"):
        name = f"{repository}:{arch}"
        identities[arch] = new_image(podman_client, name, tmp_path)
        podman_client.run("push", name)
        podman_client.run("manifest", "add", "--arch", arch, listed, f"docker://{name}")
    podman_client.run("manifest", "push", "--all", listed, f"docker://{listed}")
    platforms = [each["platform"]["architecture"] for each in index(skopeo_client, listed)]
    assert platforms == ["amd64", "arm64"]
    podman_client.run("manifest", "rm", listed)
    remove(podman_client, *identities.values())
    podman_client.run("pull", "--arch", "arm64", listed)
    assert podman_client.image_id(listed) == identities["arm64"]


def test_an_artifact_is_carried_byte_for_byte(
    podman_client: Podman,
    skopeo_client: Skopeo,
    repository: str,
    elsewhere: str,
    tmp_path: Path,
) -> None:
    """Its storage takes images alone; what a list names it carries, if the config is an image's.

    So are signatures packed: an image's config, and no image's layers.
    """
    layout = Layout(tmp_path / "layout")
    chart = layout.artifact(config=CONFIG)
    skopeo_client.copy(layout.tag("chart", chart), f"docker://{repository}:chart")
    listed = f"{elsewhere}:all"
    podman_client.run("manifest", "create", listed)
    podman_client.run("manifest", "add", listed, f"docker://{repository}:chart")
    podman_client.run("manifest", "push", "--all", listed, f"docker://{listed}")
    podman_client.run("manifest", "rm", listed)
    [described] = index(skopeo_client, listed)
    assert described["digest"] == chart["digest"]
    skopeo_client.copy(f"docker://{elsewhere}@{chart['digest']}", f"oci:{tmp_path}/copy:chart")
    assert blobs(tmp_path / "copy") == blobs(tmp_path / "layout")


def index(skopeo: Skopeo, name: str) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = manifest(skopeo, name)["manifests"]
    return listed


def test_what_does_not_exist_is_said_to_be_unknown(
    podman_client: Podman, repository: str, elsewhere: str, tmp_path: Path
) -> None:
    new_image(podman_client, f"{repository}:1.0", tmp_path)
    podman_client.run("push", f"{repository}:1.0")
    assert "manifest unknown" in podman_client.refused("pull", f"{repository}:2.0")
    assert "unknown" in podman_client.refused("pull", f"{elsewhere}:1.0")
