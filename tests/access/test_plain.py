"""Plain HTTP from what is not this machine: no passwords, unless an administrator says so."""

import json
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Final

import pytest
import requests

from tests.access.clients import docker_at, log_in, login_refused, podman_at, skopeo_at
from tests.access.registry import Registry, administrator
from tests.programs.addresses import own_address
from tests.programs.containerd import Containerd
from tests.programs.dockerd import Docker
from tests.programs.entrepot import entrepot_at
from tests.programs.file_systems import archive
from tests.programs.podman import Podman
from tests.programs.ports import free_port
from tests.programs.skopeo import Skopeo
from tests.programs.waiting import PATIENCE, until

REASON: Final = "not taken over plain HTTP from another machine"
ADVICE: Final = "use HTTPS (or set auth.insecure)"


@pytest.fixture
def address(docker: Docker) -> Iterator[str]:
    """Where to serve; the engine is told that HTTP is spoken there."""
    with own_address() as host:
        place = f"{host}:{free_port()}"
        allow(docker, [place])
        try:
            yield place
        finally:
            allow(docker, [])


def allow(docker: Docker, places: list[str]) -> None:
    """Have the engine speak HTTP to *places*."""
    folder = Path(docker.env["DOCKER_HOST"].removeprefix("unix://")).parent
    (folder / "daemon.json").write_text(json.dumps({"insecure-registries": places}))
    os.kill(int((folder / "docker.pid").read_text()), signal.SIGHUP)
    until(lambda: insecure(docker) == set(places))


def insecure(docker: Docker) -> set[str]:
    told = json.loads(docker.read("info", "--format", "{{json .RegistryConfig.IndexConfigs}}"))
    return {name for name, index in told.items() if not index["Secure"]}


@pytest.fixture
def client(docker: Docker, tmp_path: Path) -> Docker:
    return docker_at(docker, tmp_path / "config")


Serve = Callable[[bool], AbstractContextManager[Registry]]


@pytest.fixture
def serve(address: str, tmp_path_factory: pytest.TempPathFactory) -> Serve:
    """The same data, served as it is by default, or with auth.insecure."""
    data = tmp_path_factory.mktemp("plain")
    admin = administrator(data)

    @contextmanager
    def make(allowed: bool) -> Iterator[Registry]:
        with entrepot_at(data, address, settings={"auth__insecure": str(allowed)}) as server:
            yield Registry(server, data, admin)

    return make


def test_a_password_is_refused_with_the_reason(
    serve: Serve, client: Docker, podman_client: Podman, skopeo_client: Skopeo, tmp_path: Path
) -> None:
    with serve(False) as registry:
        said = login_refused(client, registry.admin, registry.host)
        assert REASON in said
        assert ADVICE in said
        for other in (
            podman_at(podman_client, tmp_path / "podman"),
            skopeo_at(skopeo_client, tmp_path / "skopeo"),
        ):
            said = login_refused(other, registry.admin, registry.host, "--tls-verify=false")
            # These two do not show what the token service says.
            assert "403 (Forbidden)" in said
        answer = registry.ask(registry.admin, "GET", "/account")
        assert answer.status_code == 403
        assert REASON in answer.text


def test_a_login_from_before_is_good_no_longer(serve: Serve, client: Docker) -> None:
    with serve(True) as registry:
        image = f"{registry.host}/{registry.admin.name}/app:1.0"
        log_in(client, registry.admin, registry.host)
        client.import_image(image, archive({"file": os.urandom(5000)}))
        client.push(image)
        client.run("pull", image)
    with serve(False) as registry:
        assert "over plain HTTP from another machine" in client.refused("pull", image)


def test_what_is_public_is_pulled_all_the_same(
    serve: Serve,
    client: Docker,
    podman_client: Podman,
    skopeo_client: Skopeo,
    ctr: Containerd,
) -> None:
    with serve(True) as registry:
        image = f"{registry.host}/{registry.admin.name}/app:1.0"
        log_in(client, registry.admin, registry.host)
        client.import_image(image, archive({"file": os.urandom(5000)}))
        client.push(image)
        registry.show(registry.admin, f"{registry.admin.name}/app", "public")
    client.run("logout", image.partition("/")[0])
    with serve(False):
        client.run("pull", image)
        podman_client.run("pull", "--tls-verify=false", image)
        skopeo_client.run("inspect", "--tls-verify=false", f"docker://{image}")
        ctr.pull(image)
        assert (
            requests.get(f"http://{image.partition('/')[0]}/v2/", timeout=PATIENCE).status_code
            == 401
        )
