"""Pull commands by kind: docker, Helm, ORAS and cosign."""

from typing import Final

from entrepot.model.repository import ImageKind
from entrepot.oci import cosign
from entrepot.oci.digest import Digest

# Kinds that describe another image.
ABOUT: Final = frozenset({ImageKind.SIGNATURE, ImageKind.ATTESTATION, ImageKind.SBOM})
_DOWNLOADS: Final = {cosign.SIGNATURE: "signature", cosign.ATTESTATION: "attestation"}


def is_about(tag: str, kind: str | None) -> bool:
    """Return whether the tag is of a signature, an attestation or an SBOM."""
    return kind in ABOUT or cosign.parse_tag(tag) is not None


def pull_by_tag(address: str, tag: str, kind: str | None) -> str:
    """Return the command for a tag; *address* is the host and the repository.

    Helm writes `+` in a version as `_` in a tag. The kind is None until the image was inspected.
    """
    subject = cosign.parse_tag(tag)
    if subject is not None and subject.suffix in _DOWNLOADS:
        return f"cosign download {_DOWNLOADS[subject.suffix]} {address}@{subject.digest.text}"
    if kind == ImageKind.CHART:
        return f"helm pull oci://{address} --version {tag.replace('_', '+')}"
    program = "oras" if kind == ImageKind.ARTIFACT or is_about(tag, kind) else "docker"
    return f"{program} pull {address}:{tag}"


def pull_by_digest(address: str, digest: Digest, kind: str | None) -> str:
    """Return the command for a digest. Helm can install a chart by digest, but not pull it."""
    if kind == ImageKind.CHART:
        return f"helm install NAME oci://{address}@{digest.text}"
    if kind in ABOUT:
        return f"oras manifest fetch {address}@{digest.text}"
    program = "oras" if kind == ImageKind.ARTIFACT else "docker"
    return f"{program} pull {address}@{digest.text}"
