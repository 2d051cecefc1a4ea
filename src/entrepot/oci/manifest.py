"""What a manifest says: its type, what it names, and what it is about.

OCI image specification manifest.md and image-index.md; Docker image manifest version 2, schema 2.
The bytes are never changed; this only reads them.
"""

import json
from dataclasses import dataclass
from typing import Final, NoReturn

from entrepot.bounded_json import MANIFEST, TooIntricate, parse
from entrepot.errors import ManifestInvalid
from entrepot.oci.descriptor import NO_TYPE, Descriptor, is_type, parse_descriptor
from entrepot.oci.media_types import (
    DOCKER_SCHEMA_1,
    INDEXES,
    MANIFESTS,
    OCI_INDEX,
    OCI_MANIFEST,
    essence,
    is_distributable,
)

_SCHEMA_1_ADVICE: Final = (
    "Docker image manifest version 2, schema 1 is not supported; "
    "push with a client that writes schema 2 or OCI manifests"
)


@dataclass(frozen=True, slots=True)
class Manifest:
    """The parts of a manifest that a registry acts upon.

    `blobs` and `manifests` are what must be in the repository before it; descriptors that a
    registry need not hold (non-distributable layers) are left out.
    """

    media_type: str
    blobs: tuple[Descriptor, ...]
    manifests: tuple[Descriptor, ...]
    subject: Descriptor | None
    artifact_type: str | None
    annotations: dict[str, str]


def parse_manifest(content: bytes, content_type: str | None) -> Manifest:
    """Read a manifest pushed as *content_type*; ManifestInvalid says what is wrong with it."""
    document = _load(content)
    media_type = _media_type(document, essence(content_type or ""))
    subject = _subject(document)
    annotations = _annotations(document.get("annotations"))
    if media_type in INDEXES:
        return _index(document, media_type, subject, annotations)
    config = parse_descriptor(document.get("config"), "config")
    layers = _descriptors(document, "layers")
    artifact_type = _text(document, "artifactType") or config.media_type
    return Manifest(media_type, (config, *layers), (), subject, artifact_type, annotations)


def _index(
    document: dict[str, object],
    media_type: str,
    subject: Descriptor | None,
    annotations: dict[str, str],
) -> Manifest:
    """An index; BuildKit keeps its caches in indexes that list layers beside manifests."""
    listed = _descriptors(document, "manifests")
    return Manifest(
        media_type,
        tuple(item for item in listed if item.media_type not in MANIFESTS),
        tuple(item for item in listed if item.media_type in MANIFESTS),
        subject,
        _text(document, "artifactType"),
        annotations,
    )


def _load(content: bytes) -> dict[str, object]:
    try:
        document = parse(content, MANIFEST, _refuse_constant)
    except TooIntricate as error:
        raise ManifestInvalid(f"the manifest is too intricate: {error}") from error
    except ValueError as error:
        raise ManifestInvalid(f"the manifest is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise ManifestInvalid("the manifest must be a JSON object")
    _refuse_half_characters(content, document)
    return document


def _refuse_half_characters(content: bytes, document: dict[str, object]) -> None:
    """RFC 8259, 8.2: only an escape can hide half of a surrogate pair in UTF-8."""
    if b"\\ud" not in content and b"\\uD" not in content:
        return
    try:
        json.dumps(document, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise ManifestInvalid(
            "the manifest has half a character (an unpaired surrogate)"
        ) from error


def _refuse_constant(name: str) -> NoReturn:
    raise ManifestInvalid(f"the manifest is not JSON: {name} is not a JSON number")


def _media_type(document: dict[str, object], content_type: str) -> str:
    inner = _text(document, "mediaType")
    if content_type in DOCKER_SCHEMA_1 or document.get("schemaVersion") == 1:
        raise ManifestInvalid(_SCHEMA_1_ADVICE)
    if inner and content_type in MANIFESTS and inner != content_type:
        raise ManifestInvalid(f"Content-Type is {content_type}, but mediaType is {inner}")
    media_type = inner or (content_type if content_type in MANIFESTS else _guess(document))
    if media_type not in MANIFESTS:
        raise ManifestInvalid(
            f"unknown manifest type {media_type or content_type or '(none)'}; known are "
            + ", ".join(sorted(MANIFESTS))
        )
    if document.get("schemaVersion") != 2:
        raise ManifestInvalid("schemaVersion must be 2")
    return media_type


def _guess(document: dict[str, object]) -> str:
    """The type of a manifest that does not say: OCI's two are told apart by their members."""
    if "manifests" in document and "config" not in document:
        return OCI_INDEX
    return OCI_MANIFEST if "config" in document else ""


def _text(document: dict[str, object], member: str) -> str:
    value = document.get(member)
    if value is None:
        return ""
    if not is_type(value):
        raise ManifestInvalid(f"{member} {NO_TYPE}")
    return value


def _subject(document: dict[str, object]) -> Descriptor | None:
    value = document.get("subject")
    return None if value is None else parse_descriptor(value, "subject")


def _descriptors(document: dict[str, object], member: str) -> tuple[Descriptor, ...]:
    value = document.get(member)
    if value is None:
        value = []
    if not isinstance(value, list):
        raise ManifestInvalid(f"{member} must be a list of descriptors")
    listed = (parse_descriptor(item, f"{member}[{index}]") for index, item in enumerate(value))
    return tuple(item for item in listed if is_distributable(item.media_type))


def _annotations(value: object) -> dict[str, str]:
    if value is None:
        return {}
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
        raise ManifestInvalid("annotations must map strings to strings")
    return value


def referrer(manifest: Manifest, descriptor: Descriptor) -> Descriptor:
    """How a referrers answer describes a manifest ("Listing Referrers").

    An image without an artifactType is described by its config's type, an index by none.
    """
    return Descriptor(
        descriptor.media_type,
        descriptor.digest,
        descriptor.size,
        manifest.artifact_type or None,
        manifest.annotations,
    )
