"""Manifests for tests, as documents and as bytes."""

import json
from typing import Final

from entrepot.oci.digest import Digest
from entrepot.oci.media_types import DOCKER_LIST, DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST

CONFIG: Final = "application/vnd.oci.image.config.v1+json"
LAYER: Final = "application/vnd.oci.image.layer.v1.tar+gzip"
FOREIGN: Final = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"


def named(content: bytes, media_type: str, **more: object) -> dict[str, object]:
    """A descriptor of *content*."""
    digest = Digest.of(content)
    return {"mediaType": media_type, "digest": digest.text, "size": len(content), **more}


def image(**more: object) -> dict[str, object]:
    """An OCI image of one config and two layers, with *more* members or other ones."""
    return {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "config": named(b"{}", CONFIG),
        "layers": [named(b"one", LAYER), named(b"two", LAYER)],
        **more,
    }


def index(**more: object) -> dict[str, object]:
    """An OCI index of two images, with *more* members or other ones."""
    return {
        "schemaVersion": 2,
        "mediaType": OCI_INDEX,
        "manifests": [named(b"amd64", OCI_MANIFEST), named(b"arm64", OCI_MANIFEST)],
        **more,
    }


def docker_image(**more: object) -> dict[str, object]:
    """A Docker image, version 2, schema 2, as `docker push` writes it."""
    return {
        "schemaVersion": 2,
        "mediaType": DOCKER_MANIFEST,
        "config": named(b"{}", "application/vnd.docker.container.image.v1+json"),
        "layers": [named(b"one", "application/vnd.docker.image.rootfs.diff.tar.gzip")],
        **more,
    }


def docker_list(**more: object) -> dict[str, object]:
    """A Docker manifest list of one image for one platform."""
    platform = {"architecture": "amd64", "os": "linux"}
    return {
        "schemaVersion": 2,
        "mediaType": DOCKER_LIST,
        "manifests": [named(b"amd64", DOCKER_MANIFEST, platform=platform)],
        **more,
    }


def without(document: dict[str, object], *members: str) -> dict[str, object]:
    """*document* less some members."""
    return {name: value for name, value in document.items() if name not in members}


def written(document: object) -> bytes:
    """The document as it is pushed."""
    return json.dumps(document).encode()
