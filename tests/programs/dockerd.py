"""A Docker engine of our own, beside the one that this host may have."""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.programs.command import Command
from tests.programs.file_systems import first_file, shell
from tests.programs.process import ProgramFailed, environment, running

BASE: Final = "busybox:local"

# Nothing that reaches beyond the folder: no bridge and no packet filter.
_ISOLATED: Final = ("--iptables=false", "--ip6tables=false", "--ip-masq=false", "--bridge=none")
_PUSHED: Final = re.compile(r"digest: (sha256:[0-9a-f]{64}) size: \d+")


@dataclass(frozen=True, slots=True)
class Docker(Command):
    """The `docker` command, and the engine that it speaks to."""

    def import_image(self, name: str, archive: bytes) -> str:
        """The id of a new image of one layer, the tar *archive*."""
        runnable = ["--change", 'CMD ["/bin/sh"]', "--change", "ENV PATH=/bin"]
        return self.run("import", *runnable, "-", name, stdin=archive).stdout.strip()

    def push(self, name: str) -> str:
        """Push *name*; return the manifest's digest as the engine reports it."""
        printed = self.run("push", name).stdout
        reported = _PUSHED.search(printed)
        assert reported, printed
        return reported[1]

    def image_id(self, name: str) -> str:
        """The digest of the image's configuration."""
        return self.run("image", "inspect", "--format", "{{.Id}}", name).stdout.strip()

    def has(self, name: str) -> bool:
        """Whether the engine has the image."""
        return self.succeeds("image", "inspect", name)

    def read_file(self, image: str, path: str) -> bytes:
        """A file of *image*."""
        # A container wants a command even if it never starts.
        container = self.run("create", image, "nothing").stdout.strip()
        try:
            copied = self.read("cp", f"{container}:{path}", "-")
        finally:
            self.run("rm", container)
        return first_file(copied)


def command_lines() -> list[str]:
    """Each `docker` of the PATH, which need not be the engine's."""
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    found = [path for folder in folders if (path := shutil.which("docker", path=folder))]
    return list({os.path.realpath(path): path for path in reversed(found)}.values())[::-1]


@contextmanager
def dockerd(data: Path) -> Iterator[Docker]:
    """Start an engine that keeps its files in *data*, with BASE as its only image."""
    with ExitStack() as stack:
        try:
            docker = stack.enter_context(_engine(data, "overlay2"))
        except ProgramFailed as failure:
            if "driver not supported" not in str(failure):
                raise
            docker = stack.enter_context(_engine(data, "vfs"))
        docker.import_image(BASE, shell())
        yield docker


@contextmanager
def _engine(data: Path, driver: str) -> Iterator[Docker]:
    folder = data / driver
    folder.mkdir(parents=True)
    docker = Docker(("docker",), _environment(folder))
    argv = ["dockerd", *_ISOLATED, f"--storage-driver={driver}", *_places(folder)]
    env = environment(without=["DOCKER_"])
    try:
        with running(
            argv, log=data / f"{driver}.log", env=env, ready=lambda: docker.succeeds("version")
        ):
            yield docker
    finally:
        shutil.rmtree(folder)


def _places(folder: Path) -> list[str]:
    config = folder / "daemon.json"
    config.write_text("{}")
    return [
        f"--host=unix://{folder}/docker.sock",
        f"--data-root={folder}/root",
        f"--exec-root={folder}/exec",
        f"--pidfile={folder}/docker.pid",
        f"--config-file={config}",
    ]


def _environment(folder: Path) -> dict[str, str]:
    changes = {
        "DOCKER_HOST": f"unix://{folder}/docker.sock",
        "DOCKER_CONFIG": f"{folder}/client",
        # The newer builder is a program of its own that not every distribution has.
        "DOCKER_BUILDKIT": "0",
    }
    return environment(changes, without=["DOCKER_"])
