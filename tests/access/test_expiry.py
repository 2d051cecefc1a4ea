"""A push that takes longer than a Bearer token is good, as each client does it."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from tests.access.clients import docker_at, log_in
from tests.access.registry import Person, Registry, administrator
from tests.programs.containerd import Containerd
from tests.programs.dockerd import Docker
from tests.programs.entrepot import entrepot
from tests.programs.file_systems import archive
from tests.programs.podman import Podman
from tests.programs.skopeo import Skopeo
from tests.programs.throttle import throttled

# Docker and podman believe in no shorter life than a minute.
LIFE: Final = 61
RATE: Final = 100_000
SIZE: Final = (LIFE + 8) * RATE


@dataclass(frozen=True, slots=True)
class Clients:
    """Everything that pushes."""

    docker: Docker
    podman: Podman
    skopeo: Skopeo
    containerd: Containerd


@pytest.fixture
def clients(
    docker: Docker, podman_client: Podman, skopeo_client: Skopeo, ctr: Containerd, tmp_path: Path
) -> Clients:
    own = docker_at(docker, tmp_path / "config")
    return Clients(own, podman_client, skopeo_client, ctr)


@pytest.fixture
def short_lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    data = tmp_path_factory.mktemp("short-lived")
    settings = {"auth__mode": "accounts", "auth__token_seconds": str(LIFE)}
    with entrepot(data, workers=2, settings=settings) as server:
        yield Registry(server, data, administrator(data))


def test_a_push_outlives_its_token(clients: Clients, short_lived: Registry, tmp_path: Path) -> None:
    person, server = short_lived.new_person(), short_lived.server
    with throttled(server.host, server.port, rate=RATE) as host:
        name, saved = f"{host}/{person.name}", tmp_path / "large.tar"
        log_in(clients.docker, person, host)
        make(clients, name, saved)
        pushes = {
            "docker": lambda: clients.docker.push(f"{name}/docker:1.0"),
            "podman": lambda: podman(clients.podman, person, name),
            "skopeo": lambda: skopeo(clients.skopeo, person, saved, name),
            "containerd": lambda: containerd(clients.containerd, person, name),
        }
        with ThreadPoolExecutor(len(pushes)) as pool:
            running = {client: pool.submit(push) for client, push in pushes.items()}
        failed = {client: str(push.exception()) for client, push in running.items()}
    assert failed == dict.fromkeys(pushes, "None"), refused(short_lived)
    for client in pushes:
        target = f"docker://{short_lived.host}/{person.name}/{client}:1.0"
        clients.skopeo.run("inspect", "--tls-verify=false", *as_user(person), target)
    slow = {line["path"] for line in short_lived.requests({}) if line["seconds"] > LIFE}
    for client in pushes:
        assert any(f"/{person.name}/{client}/" in path for path in slow), slow


def make(clients: Clients, name: str, saved: Path) -> None:
    """Give everyone an image that takes longer to send than a token is good."""
    image = f"{name}/containerd:1.0"
    clients.docker.import_image(image, archive({"file": os.urandom(SIZE)}))
    clients.docker.run("tag", image, f"{name}/docker:1.0")
    clients.docker.run("save", "--output", saved, image)
    clients.podman.run("load", "--input", saved)
    clients.containerd.run("images", "import", saved)


def as_user(person: Person, option: str = "--creds") -> tuple[str, str]:
    return option, f"{person.name}:{person.password}"


def podman(client: Podman, person: Person, name: str) -> None:
    options = ["--tls-verify=false", *as_user(person)]
    client.run("push", *options, f"{name}/containerd:1.0", f"docker://{name}/podman:1.0")


def skopeo(client: Skopeo, person: Person, saved: Path, name: str) -> None:
    options = ["--dest-tls-verify=false", *as_user(person, "--dest-creds")]
    client.copy(f"docker-archive:{saved}", f"docker://{name}/skopeo:1.0", *options)


def containerd(client: Containerd, person: Person, name: str) -> None:
    client.push(f"{name}/containerd:1.0", *as_user(person, "--user"))


def refused(registry: Registry) -> str:
    """The requests that were refused, and what asked for them."""
    lines = [line for line in registry.requests({}) if line["status"] >= 400]
    return "\n".join(f"{line['status']} {line['method']} {line['path']}" for line in lines)
