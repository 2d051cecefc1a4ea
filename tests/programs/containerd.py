"""containerd with files of its own, and `ctr`, its command line."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.programs.command import Command
from tests.programs.process import environment, running

_CONFIG: Final = """\
version = 2
root = "{0}/root"
state = "{0}/state"
disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.internal.v1.opt"]
[grpc]
address = "{0}/containerd.sock"
"""


@dataclass(frozen=True, slots=True)
class Containerd(Command):
    """The `ctr` command, and the containerd that it speaks to."""

    def pull(self, name: str, *options: str) -> None:
        """Pull `HOST/NAME:TAG` over plain HTTP."""
        self.run("images", "pull", "--plain-http", *options, name)

    def push(self, name: str, *options: str) -> None:
        """Push `HOST/NAME:TAG` over plain HTTP."""
        self.run("images", "push", "--plain-http", *options, name)

    def digest(self, name: str) -> str:
        """The digest of the manifest or index that the image is known by."""
        listed = self.run("images", "list", f"name=={name}").stdout.splitlines()[1]
        return listed.split()[2]

    def content(self, digest: str) -> bytes:
        """A manifest or blob from the content store."""
        return self.read("content", "get", digest)

    def forget(self) -> None:
        """Remove all images and what only they needed."""
        names = self.run("images", "list", "--quiet").stdout.split()
        if names:
            self.run("images", "remove", "--sync", *names)


@contextmanager
def containerd(data: Path) -> Iterator[Containerd]:
    """Start a containerd that keeps its files in *data*."""
    folder = data / "containerd"
    folder.mkdir(parents=True)
    config = folder / "config.toml"
    config.write_text(_CONFIG.format(folder))
    env = environment(without=["CONTAINERD_"])
    client = Containerd(("ctr", "--address", f"{folder}/containerd.sock"), env)
    argv = ["containerd", "--config", str(config)]
    try:
        with running(
            argv, log=data / "containerd.log", env=env, ready=lambda: client.succeeds("version")
        ):
            yield client
    finally:
        shutil.rmtree(folder)
