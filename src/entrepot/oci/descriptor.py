"""Descriptors: how a manifest names content (OCI image specification, descriptor.md)."""

from dataclasses import dataclass, field
from typing import Final, TypeGuard

from entrepot.errors import ManifestInvalid, Problem
from entrepot.oci.digest import Digest

# RFC 6838, 4.2: a type and a subtype of 127 characters each.
TYPE_LENGTH: Final = 255
NO_TYPE: Final = f"must be a string of at most {TYPE_LENGTH} characters, without NUL"
# descriptor.md: size is an int64.
_LARGEST: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Descriptor:
    """A piece of content by type, digest and size in bytes."""

    media_type: str
    digest: Digest
    size: int
    artifact_type: str | None = None
    annotations: dict[str, str] = field(default_factory=dict)

    def document(self) -> dict[str, object]:
        """The descriptor as JSON has it, without the members that are empty."""
        members: dict[str, object] = {
            "mediaType": self.media_type,
            "digest": self.digest.text,
            "size": self.size,
        }
        if self.artifact_type:
            members["artifactType"] = self.artifact_type
        if self.annotations:
            members["annotations"] = self.annotations
        return members


def parse_descriptor(value: object, where: str) -> Descriptor:
    """The descriptor in *value*; ManifestInvalid, naming *where*, when it is none."""
    if not isinstance(value, dict):
        raise ManifestInvalid(f"{where} must be an object with mediaType, digest and size")
    media_type, digest, size = value.get("mediaType"), value.get("digest"), value.get("size")
    if not is_type(media_type):
        raise ManifestInvalid(f"{where}.mediaType {NO_TYPE}")
    if not isinstance(digest, str):
        raise ManifestInvalid(f"{where}.digest must be a string")
    if not isinstance(size, int) or isinstance(size, bool) or not 0 <= size <= _LARGEST:
        raise ManifestInvalid(f"{where}.size must be a number of bytes, below 2^63")
    try:
        return Descriptor(media_type, Digest.parse(digest), size)
    except Problem as problem:
        raise ManifestInvalid(f"{where}.digest: {problem}", detail=digest[:255]) from problem


def is_type(value: object) -> TypeGuard[str]:
    """Whether *value* can be a media type: a database has to hold it, and lists repeat it."""
    return isinstance(value, str) and len(value) <= TYPE_LENGTH and "\0" not in value
