"""Skopeo with a configuration of its own."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.programs.command import Command
from tests.programs.containers import isolated


@dataclass(frozen=True, slots=True)
class Skopeo(Command):
    """The `skopeo` command."""

    def copy(self, source: str, destination: str, *options: str) -> None:
        """Copy an image, both ends in skopeo's transport:place notation."""
        self.run("copy", "--quiet", *options, source, destination)

    def manifest(self, name: str) -> bytes:
        """The bytes of the manifest of `HOST/NAME:TAG` or `HOST/NAME@DIGEST`."""
        return self.read("inspect", "--raw", f"docker://{name}")

    def inspect(self, name: str) -> dict[str, Any]:
        """What skopeo says about an image, its name, digest and tags among it."""
        said: dict[str, Any] = json.loads(self.read("inspect", f"docker://{name}"))
        return said

    def tags(self, repository: str) -> list[str]:
        """The tags of a repository."""
        listed: list[str] = json.loads(self.read("list-tags", f"docker://{repository}"))["Tags"]
        return listed


def skopeo(data: Path, *, insecure: str) -> Skopeo:
    """A skopeo that keeps everything in *data*; the registry at *insecure* speaks HTTP."""
    return Skopeo(("skopeo",), isolated(data, insecure))
