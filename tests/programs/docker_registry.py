"""Debian's docker-registry: Docker Distribution 2.8 with its files in one folder."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.programs.ports import free_port
from tests.programs.process import Program, answers, environment, running

_CONFIG = """\
version: 0.1
log:
  level: warn
  accesslog:
    disabled: true
storage:
  filesystem:
    rootdirectory: {root}
  delete:
    enabled: true
http:
  addr: {address}
"""


@dataclass(frozen=True, slots=True)
class DockerRegistry:
    """A running docker-registry."""

    url: str
    host: str
    port: int
    process: Program


@contextmanager
def docker_registry(data: Path) -> Iterator[DockerRegistry]:
    """Serve *data* on a free port."""
    host, port = "127.0.0.1", free_port()
    url = f"http://{host}:{port}"
    data.mkdir(parents=True, exist_ok=True)
    config = data / "config.yml"
    config.write_text(_CONFIG.format(root=data / "registry", address=f"{host}:{port}"))
    # Distribution 2.8 reads every REGISTRY_* variable as a setting, and panics on a CA bundle
    # meant for its S3 driver.
    env = environment(without=["AWS_CA_BUNDLE", "REGISTRY_"])
    argv: list[str | Path] = ["docker-registry", "serve", config]
    with running(argv, log=data / "serve.log", env=env, ready=answers(f"{url}/v2/")) as process:
        yield DockerRegistry(url, host, port, process)
