"""One Entrepot of two workers, with accounts, and the programs of several people."""

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.access.clients import docker_at, log_in, podman_at, skopeo_at
from tests.access.registry import ALICE, BOB, CAROL, Person, Registry, administrator
from tests.programs import requirements
from tests.programs.containerd import Containerd, containerd
from tests.programs.dockerd import Docker, dockerd
from tests.programs.entrepot import entrepot
from tests.programs.podman import Podman, podman
from tests.programs.skopeo import Skopeo, skopeo


@pytest.fixture(scope="session", autouse=True)
def _programs() -> None:
    advice = requirements.missing()
    if advice is not None:
        pytest.fail(advice, pytrace=False)


@pytest.fixture(scope="session")
def registry(_programs: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    data = tmp_path_factory.mktemp("entrepot")
    with entrepot(data, workers=2, settings={"auth__mode": "accounts"}) as server:
        made = Registry(server, data, administrator(data))
        for person in (ALICE, BOB, CAROL):
            fields = {"name": person.name, "password": person.password}
            made.call(made.admin, "POST", "/users", **fields)
        made.call(ALICE, "POST", "/organizations", name="acme")
        yield made


@pytest.fixture(scope="session")
def host(registry: Registry) -> str:
    return registry.host


@pytest.fixture
def name() -> str:
    """The last part of a repository's name, which nobody has used before."""
    return f"app-{uuid.uuid4().hex[:8]}"


@pytest.fixture(scope="session")
def docker(_programs: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Docker]:
    with dockerd(tmp_path_factory.mktemp("docker")) as engine:
        yield engine


@pytest.fixture(scope="session")
def podman_client(host: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Podman]:
    with podman(tmp_path_factory.mktemp("podman"), insecure=host) as client:
        yield client


@pytest.fixture(scope="session")
def skopeo_client(host: str, tmp_path_factory: pytest.TempPathFactory) -> Skopeo:
    return skopeo(tmp_path_factory.mktemp("skopeo"), insecure=host)


@pytest.fixture(scope="session")
def ctr(_programs: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Containerd]:
    with containerd(tmp_path_factory.mktemp("containerd")) as client:
        yield client


@pytest.fixture
def docker_of(docker: Docker, host: str, tmp_path: Path) -> Callable[..., Docker]:
    """Docker as somebody has it who has logged in, or, without a name, as a stranger has it."""

    def make(person: Person | None = None) -> Docker:
        client = docker_at(docker, tmp_path / uuid.uuid4().hex)
        if person is not None:
            log_in(client, person, host)
        return client

    return make


@pytest.fixture
def podman_of(podman_client: Podman, host: str, tmp_path: Path) -> Callable[..., Podman]:
    """The same for podman."""

    def make(person: Person | None = None) -> Podman:
        client = podman_at(podman_client, tmp_path / uuid.uuid4().hex)
        if person is not None:
            log_in(client, person, host)
        return client

    return make


@pytest.fixture
def skopeo_of(skopeo_client: Skopeo, host: str, tmp_path: Path) -> Callable[..., Skopeo]:
    """The same for skopeo."""

    def make(person: Person | None = None) -> Skopeo:
        client = skopeo_at(skopeo_client, tmp_path / uuid.uuid4().hex)
        if person is not None:
            log_in(client, person, host, "--tls-verify=false")
        return client

    return make


@pytest.fixture
def mistaken(registry: Registry) -> Person:
    """Somebody of this test alone with a wrong password: ten of them hold an account up."""
    return Person(registry.new_person().name, "not her password")
