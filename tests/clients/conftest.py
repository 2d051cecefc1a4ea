"""Real clients, and one Entrepot of two workers that all of them speak to."""

import uuid
from collections.abc import Iterator

import pytest

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
def host(_programs: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the server under test listens, as image names begin."""
    with entrepot(tmp_path_factory.mktemp("entrepot"), workers=2) as server:
        yield f"{server.host}:{server.port}"


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
def repository(host: str) -> str:
    """A repository that nobody has used before."""
    return f"{host}/{uuid.uuid4().hex}/app"


@pytest.fixture
def elsewhere(host: str) -> str:
    """Another one."""
    return f"{host}/{uuid.uuid4().hex}/app"
