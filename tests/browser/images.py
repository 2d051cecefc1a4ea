"""Images made of a few files, pushed as a client pushes them."""

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tests.api.site import Caller

_MANIFEST: Final = "application/vnd.oci.image.manifest.v1+json"
_INDEX: Final = "application/vnd.oci.image.index.v1+json"
_CONFIG: Final = "application/vnd.oci.image.config.v1+json"
_LAYER: Final = "application/vnd.oci.image.layer.v1.tar+gzip"


@dataclass(frozen=True, slots=True)
class Layer:
    """Files, and the command that made them."""

    command: str
    files: Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class Image:
    """What an image says of itself, and its layers."""

    layers: tuple[Layer, ...]
    config: Mapping[str, Any] = field(default_factory=dict)
    architecture: str = "amd64"
    built: str = "2026-11-02T09:30:00Z"

    def document(self) -> bytes:
        """The configuration."""
        packed = [_packed(layer) for layer in self.layers]
        return json.dumps(
            {
                "architecture": self.architecture,
                "os": "linux",
                "created": self.built,
                "config": dict(self.config),
                "rootfs": {"type": "layers", "diff_ids": [digest_of(tar) for tar in packed]},
                "history": [
                    {"created": self.built, "created_by": layer.command} for layer in self.layers
                ],
            }
        ).encode()


def digest_of(content: bytes) -> str:
    """The digest of *content*."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def push(who: Caller, repository: str, image: Image, *references: str) -> str:
    """The digest of the image's manifest, which now has these tags."""
    layers = [
        _blob(who, repository, gzip.compress(_packed(each), mtime=0)) for each in image.layers
    ]
    manifest = {
        "schemaVersion": 2,
        "mediaType": _MANIFEST,
        "config": {"mediaType": _CONFIG, **_blob(who, repository, image.document())},
        "layers": [{"mediaType": _LAYER, **layer} for layer in layers],
    }
    return _put(who, repository, manifest, references)


def push_index(who: Caller, repository: str, images: tuple[Image, ...], *references: str) -> str:
    """The digest of an index of the images."""
    parts = []
    for image in images:
        digest = push(who, repository, image)
        head = who.ask("HEAD", f"/v2/{repository}/manifests/{digest}", headers={"accept": "*/*"})
        platform = {"os": "linux", "architecture": image.architecture}
        size = int(head.headers["content-length"])
        parts.append({"mediaType": _MANIFEST, "digest": digest, "size": size, "platform": platform})
    index = {"schemaVersion": 2, "mediaType": _INDEX, "manifests": parts}
    return _put(who, repository, index, references)


def _put(
    who: Caller, repository: str, manifest: Mapping[str, Any], references: tuple[str, ...]
) -> str:
    content = json.dumps(manifest).encode()
    digest = digest_of(content)
    for reference in references or (digest,):
        answer = who.ask(
            "PUT",
            f"/v2/{repository}/manifests/{reference}",
            content=content,
            headers={"content-type": str(manifest["mediaType"])},
        )
        assert answer.status_code == 201, answer.text
    return digest


def _blob(who: Caller, repository: str, content: bytes) -> dict[str, object]:
    digest = digest_of(content)
    path = f"/v2/{repository}/blobs/uploads/"
    answer = who.ask("POST", path, params={"digest": digest}, content=content)
    assert answer.status_code in {201, 202}, answer.text
    return {"digest": digest, "size": len(content)}


def _packed(layer: Layer) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, content in layer.files.items():
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(content), 0o644
            tar.addfile(member, io.BytesIO(content))
    return packed.getvalue()
