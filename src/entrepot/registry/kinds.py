"""What manifests are to people, told by the types of what they hold."""

from collections.abc import Iterable, Mapping
from typing import Final

from entrepot.model.repository import ImageKind
from entrepot.oci.media_types import INDEXES

_IMAGE_CONFIGS: Final = frozenset(
    {
        "application/vnd.oci.image.config.v1+json",
        "application/vnd.docker.container.image.v1+json",
    }
)
_SIGNATURES: Final = (
    "application/vnd.dev.cosign.simplesigning.",
    "application/vnd.dev.cosign.artifact.sig.",
    "application/vnd.cncf.notary.signature",
)
_ATTESTATIONS: Final = (
    "application/vnd.in-toto",
    "application/vnd.dsse.envelope.",
    "application/vnd.dev.cosign.artifact.att.",
    "application/vnd.docker.attestation.manifest.",
)
_SBOMS: Final = (
    "application/spdx",
    "text/spdx",
    "application/vnd.cyclonedx",
    "application/vnd.syft",
    "application/vnd.dev.cosign.artifact.sbom.",
)
_BUNDLE: Final = "application/vnd.dev.sigstore.bundle"
_BY_PREFIX: Final = (
    (("application/vnd.cncf.helm.config.",), ImageKind.CHART),
    (_SIGNATURES, ImageKind.SIGNATURE),
    (_ATTESTATIONS, ImageKind.ATTESTATION),
    (_SBOMS, ImageKind.SBOM),
)
# What a signature says when it is kept as an attestation is.
_SIGNED: Final = "/cosign/sign/"


def kind_of(
    media_type: str,
    artifact_type: str | None,
    layers: Iterable[str] = (),
    annotations: Mapping[str, str] | None = None,
) -> ImageKind:
    """The kind of a manifest by its media type, its artifactType and the types of its layers.

    The artifactType of an image that has none is the media type of its configuration.
    """
    if (artifact_type or "").startswith(_BUNDLE):
        return _bundle(annotations or {})
    # Signatures and attestations of older programs look like images, but for their layers.
    for declared in filter(None, (artifact_type, *layers)):
        found = _by_prefix(declared)
        if found is not None:
            return found
    if media_type in INDEXES:
        return ImageKind.ARTIFACT if artifact_type else ImageKind.INDEX
    return ImageKind.IMAGE if artifact_type in _IMAGE_CONFIGS else ImageKind.ARTIFACT


def _by_prefix(declared: str) -> ImageKind | None:
    return next((kind for prefixes, kind in _BY_PREFIX if declared.startswith(prefixes)), None)


def _bundle(annotations: Mapping[str, str]) -> ImageKind:
    """A Sigstore bundle, which holds a signature or an attestation."""
    predicate = annotations.get("dev.sigstore.bundle.predicateType", "")
    if "spdx" in predicate or "cyclonedx" in predicate:
        return ImageKind.SBOM
    return ImageKind.ATTESTATION if predicate and _SIGNED not in predicate else ImageKind.SIGNATURE
