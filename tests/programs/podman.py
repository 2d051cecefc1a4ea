"""Podman with a storage of its own; it has no daemon."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.programs.command import Command
from tests.programs.containers import isolated


@dataclass(frozen=True, slots=True)
class Podman(Command):
    """The `podman` command."""

    def import_image(self, name: str, archive: Path) -> str:
        """The id of a new image of one layer, the tar *archive*."""
        return self.run("import", "--quiet", archive, name).stdout.strip().removeprefix("sha256:")

    def image_id(self, name: str) -> str:
        """The digest of the image's configuration, without its algorithm."""
        return self.run("image", "inspect", "--format", "{{.Id}}", name).stdout.strip()

    def digest(self, name: str) -> str:
        """The digest of the manifest that the image was pulled by."""
        return self.run("image", "inspect", "--format", "{{.Digest}}", name).stdout.strip()

    def has(self, name: str) -> bool:
        """Whether the image is in the storage."""
        return self.succeeds("image", "exists", name)

    def read_file(self, image: str, path: str) -> bytes:
        """A file of *image*."""
        mounted = self.run("image", "mount", image).stdout.strip()
        try:
            return (Path(mounted) / path.lstrip("/")).read_bytes()
        finally:
            self.run("image", "unmount", "--force", image)


@contextmanager
def podman(data: Path, *, insecure: str) -> Iterator[Podman]:
    """A podman that keeps everything in *data*; the registry at *insecure* speaks HTTP."""
    client = Podman(("podman",), isolated(data, insecure))
    try:
        yield client
    finally:
        client.run("rmi", "--all", "--force")
        shutil.rmtree(data)
