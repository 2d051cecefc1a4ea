"""Images as files: the layout of folders that the OCI image specification defines."""

import gzip
import hashlib
import json
import os
from pathlib import Path
from typing import Any, Final

from tests.programs.file_systems import archive

MANIFEST: Final = "application/vnd.oci.image.manifest.v1+json"
INDEX: Final = "application/vnd.oci.image.index.v1+json"
CONFIG: Final = "application/vnd.oci.image.config.v1+json"
LAYER: Final = "application/vnd.oci.image.layer.v1.tar+gzip"
_CHART_CONFIG: Final = "application/vnd.example.chart.config.v1+json"
_CHART: Final = "application/vnd.example.chart.content.v1.tar+gzip"


def digest_of(content: bytes) -> str:
    """The digest of *content*."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


class Layout:
    """A layout that images are added to, each of them unlike all others."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._tagged: dict[str, dict[str, Any]] = {}
        (folder / "blobs/sha256").mkdir(parents=True)
        (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')

    def image(self, *, architecture: str = "amd64", layers: int = 2) -> dict[str, Any]:
        """The descriptor of a new image of random files."""
        trees = [archive({f"file{n}": os.urandom(5000)}) for n in range(layers)]
        config = {
            "architecture": architecture,
            "os": "linux",
            "config": {},
            "rootfs": {"type": "layers", "diff_ids": [digest_of(tree) for tree in trees]},
        }
        manifest = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": self._add(CONFIG, json.dumps(config).encode()),
            "layers": [self._add(LAYER, gzip.compress(tree)) for tree in trees],
        }
        described = self._add(MANIFEST, json.dumps(manifest, indent=1).encode())
        return {**described, "platform": {"architecture": architecture, "os": "linux"}}

    def artifact(self, config: str = _CHART_CONFIG) -> dict[str, Any]:
        """The descriptor of a new artifact: a manifest of things that are no image's."""
        manifest = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": self._add(config, b'{"architecture": "", "os": "", "name": "chart"}'),
            "layers": [self._add(_CHART, os.urandom(5000))],
            "annotations": {"org.example.kind": "chart"},
        }
        return self._add(MANIFEST, json.dumps(manifest, indent=1).encode())

    def index(self, *images: dict[str, Any]) -> dict[str, Any]:
        """The descriptor of a new index of *images*."""
        document = {"schemaVersion": 2, "mediaType": INDEX, "manifests": images}
        return self._add(INDEX, json.dumps(document, indent=1).encode())

    def tag(self, name: str, descriptor: dict[str, Any]) -> str:
        """Name an image; return what skopeo calls it."""
        named = {"org.opencontainers.image.ref.name": name}
        self._tagged[name] = {**descriptor, "annotations": named}
        document = {"schemaVersion": 2, "manifests": list(self._tagged.values())}
        (self._folder / "index.json").write_text(json.dumps(document))
        return f"oci:{self._folder}:{name}"

    def read(self, descriptor: dict[str, Any]) -> bytes:
        """The bytes of a manifest or blob."""
        return blobs(self._folder)[descriptor["digest"]]

    def _add(self, media_type: str, content: bytes) -> dict[str, Any]:
        digest = digest_of(content)
        (self._folder / "blobs" / digest.replace(":", "/")).write_bytes(content)
        return {"mediaType": media_type, "digest": digest, "size": len(content)}


def blobs(folder: Path) -> dict[str, bytes]:
    """All manifests and blobs of a layout by their names, which ought to be their digests."""
    files = (folder / "blobs/sha256").iterdir()
    return {f"sha256:{file.name}": file.read_bytes() for file in files}
