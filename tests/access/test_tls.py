"""HTTPS with a certificate of `entrepot tls self-signed`, where docker makes no exceptions."""

import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from tests.access.clients import docker_at, log_in, login_refused, podman_at, skopeo_at
from tests.access.registry import Person, administrator
from tests.clients.layout import Layout, blobs
from tests.programs.addresses import own_address
from tests.programs.containerd import Containerd
from tests.programs.dockerd import Docker
from tests.programs.entrepot import entrepot_at, entrepot_command
from tests.programs.file_systems import archive
from tests.programs.podman import Podman
from tests.programs.ports import free_port
from tests.programs.skopeo import Skopeo

UNKNOWN: Final = "certificate signed by unknown authority"


@dataclass(frozen=True, slots=True)
class Safe:
    """A registry behind HTTPS, with somebody who may push there."""

    host: str
    person: Person
    folder: Path

    @property
    def authority(self) -> Path:
        return self.folder / "ca.crt"

    @property
    def image(self) -> str:
        return f"{self.host}/{self.person.name}/app:1.0"

    @property
    def user(self) -> str:
        return f"{self.person.name}:{self.person.password}"


@pytest.fixture(scope="module")
def safe(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Safe]:
    folder, data = tmp_path_factory.mktemp("tls"), tmp_path_factory.mktemp("safe")
    with own_address() as address:
        host = f"{address}:{free_port()}"
        entrepot_command("tls", "self-signed").run(host, "--folder", folder)
        with entrepot_at(data, host, tls=folder):
            yield Safe(host, administrator(data), folder)


@pytest.fixture
def trusted(safe: Safe) -> Iterator[None]:
    """The engine knows the authority, as `tls self-signed` tells to have it."""
    certificates = Path("/etc/docker/certs.d") / safe.host
    certificates.mkdir(parents=True)
    try:
        shutil.copy(safe.authority, certificates / "ca.crt")
        yield
    finally:
        shutil.rmtree(certificates)
        with suppress(OSError):  # where other registries are known
            certificates.parent.rmdir()


@pytest.fixture
def image(docker: Docker, safe: Safe) -> str:
    docker.import_image(safe.image, archive({"file": os.urandom(5000)}))
    return safe.image


def test_docker_does_not_believe_a_stranger(
    docker: Docker, safe: Safe, image: str, tmp_path: Path
) -> None:
    client = docker_at(docker, tmp_path / "config")
    assert UNKNOWN in login_refused(client, safe.person, safe.host)
    for verb in ("push", "pull"):
        assert UNKNOWN in client.refused(verb, image)


@pytest.mark.usefixtures("trusted")
def test_docker_believes_whom_it_knows(
    docker: Docker, safe: Safe, image: str, tmp_path: Path
) -> None:
    client = docker_at(docker, tmp_path / "config")
    log_in(client, safe.person, safe.host)
    identity = client.image_id(image)
    client.push(image)
    client.run("rmi", "--force", image, identity)
    client.run("pull", image)
    assert client.image_id(image) == identity


@pytest.fixture
def known(safe: Safe, tmp_path: Path) -> str:
    """A folder with the authority and nothing else: of keys, podman asks for certificates."""
    folder = tmp_path / "known"
    folder.mkdir()
    shutil.copy(safe.authority, folder / "ca.crt")
    return str(folder)


def test_podman(podman_client: Podman, safe: Safe, known: str, tmp_path: Path) -> None:
    image = safe.image.replace("/app:", "/podman:")
    (tmp_path / "image.tar").write_bytes(archive({"file": os.urandom(5000)}))
    identity = podman_client.import_image(image, tmp_path / "image.tar")
    client = podman_at(podman_client, tmp_path / "logins")
    assert UNKNOWN in login_refused(client, safe.person, safe.host)
    log_in(client, safe.person, safe.host, "--cert-dir", known)
    assert UNKNOWN in client.refused("push", image)
    client.run("push", "--cert-dir", known, image)
    client.run("rmi", "--force", identity)
    assert UNKNOWN in client.refused("pull", image)
    client.run("pull", "--cert-dir", known, image)
    assert client.image_id(image) == identity


def test_skopeo(skopeo_client: Skopeo, safe: Safe, known: str, tmp_path: Path) -> None:
    layout = Layout(tmp_path / "layout")
    source = layout.tag("image", layout.image())
    image = f"docker://{safe.image.replace('/app:', '/skopeo:')}"
    client = skopeo_at(skopeo_client, tmp_path / "logins")
    log_in(client, safe.person, safe.host, "--cert-dir", known)
    assert UNKNOWN in client.refused("copy", source, image)
    client.copy(source, image, "--dest-cert-dir", known)
    client.copy(image, f"oci:{tmp_path}/copy:1.0", "--src-cert-dir", known)
    assert blobs(tmp_path / "copy") == blobs(tmp_path / "layout")


@pytest.mark.parametrize("way", ["option", "folder"])
def test_containerd(
    ctr: Containerd, skopeo_client: Skopeo, safe: Safe, tmp_path: Path, way: str
) -> None:
    layout, image = Layout(tmp_path / "layout"), safe.image.replace("/app:", f"/{way}:")
    packed = f"{tmp_path}/image.tar"
    skopeo_client.copy(layout.tag("image", layout.image()), f"oci-archive:{packed}:{image}")
    ctr.run("images", "import", packed)
    trust = {"option": ["--tlscacert", str(safe.authority)], "folder": hosts(safe, tmp_path)}[way]
    user = ["--user", safe.user]
    assert UNKNOWN in ctr.refused("images", "push", *user, image)
    ctr.run("images", "push", *user, *trust, image)
    ctr.forget()
    assert UNKNOWN in ctr.refused("images", "pull", *user, image)
    ctr.run("images", "pull", *user, *trust, image)


def hosts(safe: Safe, folder: Path) -> list[str]:
    """The option that names a folder made as `tls self-signed` tells to make it."""
    place = folder / "hosts" / safe.host
    place.mkdir(parents=True)
    (place / "hosts.toml").write_text(
        f'server = "https://{safe.host}"\n\n'
        f'[host."https://{safe.host}"]\n  ca = "{safe.authority}"\n'
    )
    return ["--hosts-dir", str(folder / "hosts")]
