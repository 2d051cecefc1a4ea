"""A registry with accounts, whose people push, and are looked for."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from tests.access.clients import docker_at, log_in, podman_at
from tests.access.registry import Person, Registry, administrator
from tests.api.site import Caller, Site, serving
from tests.conformance.registry import Repository
from tests.hub.stage import Stage, fill
from tests.programs import requirements
from tests.programs.dockerd import Docker, command_lines, dockerd
from tests.programs.entrepot import entrepot
from tests.programs.podman import Podman, podman
from tests.programs.waiting import PATIENCE

Pusher = Callable[[Caller, str], Repository]


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with serving(tmp_path_factory.mktemp("hub")) as made:
        yield made


@pytest.fixture(scope="session")
def pusher(site: Site) -> Iterator[Pusher]:
    """The repository of that name, as somebody pushes to it."""
    with ExitStack() as stack:

        def make(who: Caller, name: str) -> Repository:
            http = httpx.Client(
                base_url=site.server.url, headers=who.headers, trust_env=False, timeout=PATIENCE
            )
            return Repository(name, stack.enter_context(http))

        yield make


@pytest.fixture
def alice(site: Site) -> Caller:
    """A new account."""
    return site.person()


@pytest.fixture
def bob(site: Site) -> Caller:
    """Another one."""
    return site.person()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where a server of the test's own keeps its data."""
    made = tmp_path / "data"
    made.mkdir()
    return made


@pytest.fixture(scope="session")
def _programs() -> None:
    advice = requirements.missing()
    if advice is not None:
        pytest.fail(advice, pytrace=False)


@pytest.fixture(scope="session")
def stage(_programs: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    data = tmp_path_factory.mktemp("stage")
    with entrepot(data, workers=2, settings={"auth__mode": "accounts"}) as server:
        yield fill(Registry(server, data, administrator(data)))


@pytest.fixture(scope="session")
def engine(_programs: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Docker]:
    with dockerd(tmp_path_factory.mktemp("docker")) as running:
        yield running


@pytest.fixture(params=command_lines())
def docker(engine: Docker, request: pytest.FixtureRequest, tmp_path: Path) -> Docker:
    """Each command line there is, without any login."""
    return docker_at(Docker((request.param,), engine.env), tmp_path / "config")


@pytest.fixture
def podman_of(stage: Stage, tmp_path: Path) -> Iterator[Callable[..., Podman]]:
    """Podman as somebody has it who has logged in, or, without a name, as a stranger has it."""
    with podman(tmp_path / "podman", insecure=stage.host) as client:

        def make(person: Person | None = None) -> Podman:
            mine = podman_at(client, tmp_path / uuid.uuid4().hex)
            if person is not None:
                log_in(mine, person, stage.host)
            return mine

        yield make
