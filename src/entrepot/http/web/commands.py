"""The commands that pull what a page shows: each kind has a program of its own."""

import re
from typing import Final

from entrepot.model.repository import ImageKind
from entrepot.oci.digest import Digest

# What says something of an image, and is not pulled for itself.
ABOUT: Final = frozenset({ImageKind.SIGNATURE, ImageKind.ATTESTATION, ImageKind.SBOM})
# cosign's tags: they name the image that a signature or an attestation is of.
_TAG: Final = re.compile(r"sha256-([0-9a-f]{64})\.(sig|att|sbom)")
_DOWNLOADS: Final = {"sig": "signature", "att": "attestation"}


def is_about(tag: str, kind: str | None) -> bool:
    """Return whether the tag is of a signature, an attestation or an SBOM."""
    return kind in ABOUT or _TAG.fullmatch(tag) is not None


def pull_by_tag(address: str, tag: str, kind: str | None) -> str:
    """Return the command for a tag; *address* is the host and the repository.

    Helm writes `+` in a version as `_` in a tag. The kind is None until the image was looked into.
    """
    said = _TAG.fullmatch(tag)
    if said is not None and said[2] in _DOWNLOADS:
        return f"cosign download {_DOWNLOADS[said[2]]} {address}@sha256:{said[1]}"
    if kind == ImageKind.CHART:
        return f"helm pull oci://{address} --version {tag.replace('_', '+')}"
    program = "oras" if kind == ImageKind.ARTIFACT or is_about(tag, kind) else "docker"
    return f"{program} pull {address}:{tag}"


def pull_by_digest(address: str, digest: Digest, kind: str | None) -> str:
    """Return the command for a digest; Helm installs a chart by its digest, and pulls none."""
    if kind == ImageKind.CHART:
        return f"helm install NAME oci://{address}@{digest.text}"
    if kind in ABOUT:
        return f"oras manifest fetch {address}@{digest.text}"
    program = "oras" if kind == ImageKind.ARTIFACT else "docker"
    return f"{program} pull {address}@{digest.text}"
