"""What manifests list, with all that people want to see of it.

`oci.manifest` reads what a registry acts upon, and refuses what is wrong. This reads manifests that
were accepted, and finds beside it platforms, annotations and layers that are kept elsewhere.
"""

from dataclasses import dataclass

from entrepot.errors import ManifestInvalid
from entrepot.oci import lenient
from entrepot.oci.descriptor import TYPE_LENGTH, Descriptor, parse_descriptor
from entrepot.oci.image import Platform, parse_platform


@dataclass(frozen=True, slots=True)
class Part:
    """A manifest that an index lists."""

    descriptor: Descriptor
    platform: Platform


def part_of(value: object) -> Part | None:
    """The manifest that an entry of an index describes; None where it is no descriptor."""
    found = descriptor_of(value)
    if found is None:
        return None
    return Part(found, parse_platform(lenient.members(value).get("platform")))


def descriptor_of(value: object) -> Descriptor | None:
    """The descriptor with its type and annotations; None where it is none."""
    try:
        found = parse_descriptor(value, "descriptor")
    except ManifestInvalid:
        return None
    more = lenient.members(value)
    return Descriptor(
        found.media_type,
        found.digest,
        found.size,
        lenient.text(more.get("artifactType"))[:TYPE_LENGTH] or None,
        lenient.labels(more.get("annotations")),
    )
