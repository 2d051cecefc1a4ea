"""What manifests list, with all that people want to see of it.

`oci.manifest` reads what a registry acts upon, and refuses what is wrong. This reads manifests that
were accepted, and finds beside it platforms, annotations and layers that are kept elsewhere.
"""

from dataclasses import dataclass

from entrepot.errors import ManifestInvalid
from entrepot.oci import lenient
from entrepot.oci.descriptor import Descriptor, parse_descriptor
from entrepot.oci.image import Platform, parse_platform


@dataclass(frozen=True, slots=True)
class Part:
    """A manifest that an index lists."""

    descriptor: Descriptor
    platform: Platform


def list_layers(content: bytes) -> tuple[Descriptor, ...]:
    """The layers of an image, those that no registry need hold among them."""
    listed = lenient.items(lenient.load(content, "the manifest").get("layers"))
    return tuple(found for item in listed if (found := _descriptor(item)) is not None)


def list_parts(content: bytes) -> tuple[Part, ...]:
    """What an index lists."""
    listed = lenient.items(lenient.load(content, "the manifest").get("manifests"))
    return tuple(
        Part(found, parse_platform(lenient.members(item).get("platform")))
        for item in listed
        if (found := _descriptor(item)) is not None
    )


def config_of(content: bytes) -> Descriptor | None:
    """The configuration that a manifest names."""
    return _descriptor(lenient.load(content, "the manifest").get("config"))


def _descriptor(value: object) -> Descriptor | None:
    try:
        found = parse_descriptor(value, "descriptor")
    except ManifestInvalid:
        return None
    more = lenient.members(value)
    return Descriptor(
        found.media_type,
        found.digest,
        found.size,
        lenient.text(more.get("artifactType")) or None,
        lenient.labels(more.get("annotations")),
    )
