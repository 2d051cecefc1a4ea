"""cosign's tags: `sha256-<hex>.sig` is the signature of the image with that digest."""

import re
from typing import Final, NamedTuple

from entrepot.oci.digest import Digest

SIGNATURE: Final = "sig"
ATTESTATION: Final = "att"
SBOM: Final = "sbom"
_TAG: Final = re.compile(rf"(sha256)-([0-9a-f]{{64}})\.({SIGNATURE}|{ATTESTATION}|{SBOM})")


class Subject(NamedTuple):
    """The image that a tag is about, and what the tag points to."""

    digest: Digest
    suffix: str


def tag_of(digest: Digest, suffix: str) -> str:
    """Return the tag of an image's signature, attestation or SBOM."""
    return f"{digest.algorithm}-{digest.hex}.{suffix}"


def parse_tag(tag: str) -> Subject | None:
    """Return the image that the tag is about; None for a tag that is not cosign's."""
    found = _TAG.fullmatch(tag)
    return Subject(Digest(f"{found[1]}:{found[2]}"), found[3]) if found else None
