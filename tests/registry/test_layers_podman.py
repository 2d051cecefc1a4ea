"""Images that Podman builds are read as Podman unpacks them."""

import json
import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from entrepot.model.layer import EntryKind
from entrepot.oci.digest import Digest
from entrepot.oci.image import layer_steps, parse_config
from entrepot.oci.media_types import OCI_MANIFEST
from entrepot.registry.documents import Document, parse_document
from entrepot.registry.layers.tree import merge, walk
from tests.programs.podman import Podman, podman
from tests.registry.archives import indexed

IMAGE: Final = "localhost/built:1"
RECIPE: Final = """
FROM scratch
COPY busybox /usr/bin/busybox
COPY file /usr/lib/removed/below
COPY file /usr/lib/replaced/old
ENV BB=/usr/bin/busybox
SHELL ["/usr/bin/busybox", "sh", "-c"]
RUN $BB ln -s usr/lib /lib && $BB ln $BB /usr/bin/sh
RUN $BB rm -r /usr/lib/removed
RUN $BB rm -r /usr/lib/replaced && $BB mkdir /usr/lib/replaced && $BB touch /usr/lib/replaced/new
COPY file /lib/through-a-link
RUN $BB chmod 4711 /lib/through-a-link && $BB mkfifo -m 600 /pipe
"""
TYPES: Final = {
    EntryKind.FILE: stat.S_IFREG,
    EntryKind.HARD_LINK: stat.S_IFREG,
    EntryKind.FOLDER: stat.S_IFDIR,
    EntryKind.LINK: stat.S_IFLNK,
    EntryKind.PIPE: stat.S_IFIFO,
}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Podman]:
    with podman(tmp_path_factory.mktemp("podman"), insecure="localhost") as client:
        yield client


@pytest.fixture(scope="module")
def saved(client: Podman, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built image's folder of blobs, as the OCI layout has it."""
    folder = tmp_path_factory.mktemp("build")
    busybox = shutil.which("busybox")
    assert busybox is not None, "busybox-static is not installed"
    shutil.copy(busybox, folder / "busybox")
    (folder / "file").write_bytes(b"content")
    (folder / "Containerfile").write_text(RECIPE)
    client.run("build", "--layers", "--format", "docker", "--tag", IMAGE, folder)
    client.run("save", "--format", "oci-dir", "--output", folder / "saved", IMAGE)
    return folder / "saved"


def _manifest(saved: Path) -> bytes:
    (listed,) = json.loads((saved / "index.json").read_bytes())["manifests"]
    return _blob(saved, Digest.parse(listed["digest"]))


def _blob(saved: Path, digest: Digest) -> bytes:
    return (saved / "blobs" / digest.algorithm / digest.hex).read_bytes()


def _unpacked(client: Podman) -> dict[str, tuple[int, int]]:
    """The types and modes of all that is in the image, as Podman mounts it."""
    root = client.run("image", "mount", IMAGE).stdout.strip()
    try:
        return {
            os.path.relpath(place, root): (stat.S_IFMT(mode), stat.S_IMODE(mode))
            for above, folders, names in os.walk(root)
            for place in (os.path.join(above, name) for name in (*folders, *names))
            for mode in (os.lstat(place).st_mode,)
        }
    finally:
        client.run("image", "unmount", "--force", IMAGE)


def _document(saved: Path) -> Document:
    return parse_document(_manifest(saved), OCI_MANIFEST)


def test_the_tree_is_what_podman_unpacks(client: Podman, saved: Path) -> None:
    layers = [_blob(saved, layer.digest) for layer in _document(saved).layers]
    entries = [node.entry for node in walk(merge([indexed(layer) for layer in layers]))]
    found = {entry.path: (TYPES[entry.kind], entry.mode) for entry in entries}
    assert found == _unpacked(client)
    assert "usr/lib/through-a-link" in found
    assert "usr/lib/replaced/new" in found
    assert "usr/lib/removed" not in found


def test_each_step_is_told_with_its_layer(saved: Path) -> None:
    config, layers = _document(saved).config, _document(saved).layers
    assert config is not None
    steps = layer_steps(parse_config(_blob(saved, config)), layers)
    assert [step.layer for step in steps if step.layer] == list(layers)
    made = [step.command.split()[0] for step in steps if step.layer]
    assert made == ["COPY", "COPY", "COPY", "RUN", "RUN", "RUN", "COPY", "RUN"]
    assert any(step.command == "ENV BB=/usr/bin/busybox" for step in steps if not step.layer)
