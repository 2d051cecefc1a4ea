"""What one client pushed, every other one pulls: same digest, same bytes."""

import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.clients.layout import Layout, digest_of
from tests.programs.containerd import Containerd
from tests.programs.dockerd import Docker
from tests.programs.file_systems import archive
from tests.programs.podman import Podman
from tests.programs.skopeo import Skopeo


@dataclass(frozen=True, slots=True)
class Clients:
    """Everything that pulls."""

    docker: Docker
    podman: Podman
    skopeo: Skopeo
    containerd: Containerd


@pytest.fixture
def clients(
    docker: Docker, podman_client: Podman, skopeo_client: Skopeo, ctr: Containerd
) -> Clients:
    return Clients(docker, podman_client, skopeo_client, ctr)


@pytest.fixture
def name(repository: str) -> str:
    return f"{repository}:1.0"


def test_pushed_by_docker(clients: Clients, name: str) -> None:
    content = os.urandom(5000)
    identity = clients.docker.import_image(name, archive({"file": content}))
    digest = clients.docker.push(name)
    assert digest_of(clients.skopeo.manifest(name)) == digest
    assert clients.skopeo.inspect(name)["Digest"] == digest
    clients.containerd.pull(name)
    assert clients.containerd.digest(name) == digest
    clients.podman.run("pull", name)
    assert clients.podman.digest(name) == digest
    assert f"sha256:{clients.podman.image_id(name)}" == identity
    assert clients.podman.read_file(name, "/file") == content


def test_pushed_by_podman(clients: Clients, name: str, tmp_path: Path) -> None:
    content = os.urandom(5000)
    (tmp_path / "image.tar").write_bytes(archive({"file": content}))
    identity = clients.podman.import_image(name, tmp_path / "image.tar")
    clients.podman.run("push", "--digestfile", tmp_path / "digest", name)
    digest = (tmp_path / "digest").read_text()
    assert digest_of(clients.skopeo.manifest(name)) == digest
    clients.containerd.pull(name)
    assert clients.containerd.digest(name) == digest
    assert f"Digest: {digest}" in clients.docker.run("pull", name).stdout
    assert clients.docker.image_id(name) == f"sha256:{identity}"
    assert clients.docker.read_file(name, "/file") == content


def test_pushed_by_skopeo(clients: Clients, name: str, tmp_path: Path) -> None:
    layout = Layout(tmp_path / "layout")
    index = layout.index(layout.image(), layout.image(architecture="arm64"))
    clients.skopeo.copy(layout.tag("all", index), f"docker://{name}", "--all")
    assert f"Digest: {index['digest']}" in clients.docker.run("pull", name).stdout
    clients.containerd.pull(name)
    assert clients.containerd.digest(name) == index["digest"]
    clients.podman.run("pull", name)
    assert clients.docker.image_id(name) == f"sha256:{clients.podman.image_id(name)}"
    assert clients.docker.read_file(name, "/file0") == clients.podman.read_file(name, "/file0")


def test_pushed_by_containerd(clients: Clients, name: str, tmp_path: Path) -> None:
    layout = Layout(tmp_path / "layout")
    image = layout.image()
    clients.skopeo.copy(layout.tag("image", image), f"oci-archive:{tmp_path}/image.tar:{name}")
    clients.containerd.run("images", "import", tmp_path / "image.tar")
    clients.containerd.push(name)
    assert clients.skopeo.manifest(name) == layout.read(image)
    assert f"Digest: {image['digest']}" in clients.docker.run("pull", name).stdout
    clients.podman.run("pull", name)
    assert clients.podman.digest(name) == image["digest"]
