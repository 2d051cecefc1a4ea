"""Content made for one test: random, so that no two tests ever share any."""

import hashlib
import json
import os
from dataclasses import dataclass
from typing import Any, Final

OCI_MANIFEST: Final = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX: Final = "application/vnd.oci.image.index.v1+json"
OCI_CONFIG: Final = "application/vnd.oci.image.config.v1+json"
OCI_LAYER: Final = "application/vnd.oci.image.layer.v1.tar"
DOCKER_MANIFEST: Final = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_LIST: Final = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_CONFIG: Final = "application/vnd.docker.container.image.v1+json"
DOCKER_LAYER: Final = "application/vnd.docker.image.rootfs.diff.tar.gzip"
MANIFEST_TYPES: Final = (OCI_MANIFEST, OCI_INDEX, DOCKER_MANIFEST, DOCKER_LIST)
OCTETS: Final = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Content:
    """Bytes, with all that a descriptor says of them."""

    media_type: str
    data: bytes
    algorithm: str = "sha256"

    @property
    def digest(self) -> str:
        return digest(self.data, self.algorithm)

    @property
    def size(self) -> int:
        return len(self.data)

    def descriptor(self, **members: object) -> dict[str, object]:
        """The descriptor of this content, with *members* besides."""
        named = {"mediaType": self.media_type, "digest": self.digest, "size": self.size}
        return {**named, **members}


def digest(data: bytes, algorithm: str = "sha256") -> str:
    """The digest of *data* as the image specification writes it."""
    return f"{algorithm}:{hashlib.new(algorithm, data).hexdigest()}"


def unknown_digest(algorithm: str = "sha256") -> str:
    """The digest of something that nobody has ever pushed."""
    return digest(os.urandom(32), algorithm)


def blob(size: int = 1000, media_type: str = OCTETS, algorithm: str = "sha256") -> Content:
    """Random bytes."""
    return Content(media_type, os.urandom(size), algorithm)


def config(media_type: str = OCI_CONFIG) -> Content:
    """An image's configuration that no other image has."""
    document = {"architecture": "amd64", "os": "linux", "author": os.urandom(16).hex()}
    return Content(media_type, json.dumps(document).encode())


def layer(media_type: str = OCI_LAYER) -> Content:
    """A layer, as far as a registry can tell."""
    return blob(media_type=media_type)


def manifest(media_type: str, algorithm: str = "sha256", **members: object) -> Content:
    """A manifest of any type with *members*; its own type is one of them unless given as None."""
    document = {"schemaVersion": 2, "mediaType": media_type, **members}
    known = {name: value for name, value in document.items() if value is not None}
    return Content(media_type, json.dumps(known).encode(), algorithm)


def image(
    configuration: Content, *layers: Content, media_type: str = OCI_MANIFEST, **members: object
) -> Content:
    """An image manifest; *members* replace or join its usual ones."""
    usual: dict[str, Any] = {
        "config": configuration.descriptor(),
        "layers": [layer.descriptor() for layer in layers],
    }
    return manifest(media_type, **{**usual, **members})


def index(*manifests: Content, media_type: str = OCI_INDEX, **members: object) -> Content:
    """An image index, unlike every other one by an annotation."""
    usual: dict[str, Any] = {
        "manifests": [manifest.descriptor() for manifest in manifests],
        "annotations": {"example.test": os.urandom(16).hex()},
    }
    return manifest(media_type, **{**usual, **members})
