"""What manifests are to people, by what they hold."""

import pytest

from entrepot.model.repository import ImageKind
from entrepot.oci.media_types import DOCKER_LIST, DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST
from entrepot.registry.kinds import kind_of

OCI = "application/vnd.oci.image.config.v1+json"
DOCKER = "application/vnd.docker.container.image.v1+json"
BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"
PREDICATE = "dev.sigstore.bundle.predicateType"


@pytest.mark.parametrize(
    ("media_type", "artifact_type", "layers", "kind"),
    [
        (OCI_MANIFEST, OCI, ["application/vnd.oci.image.layer.v1.tar+gzip"], ImageKind.IMAGE),
        (DOCKER_MANIFEST, DOCKER, [], ImageKind.IMAGE),
        (OCI_INDEX, None, [], ImageKind.INDEX),
        (DOCKER_LIST, "", [], ImageKind.INDEX),
        (OCI_MANIFEST, "application/vnd.cncf.helm.config.v1+json", [], ImageKind.CHART),
        (
            OCI_MANIFEST,
            OCI,
            ["application/vnd.dev.cosign.simplesigning.v1+json"],
            ImageKind.SIGNATURE,
        ),
        (OCI_MANIFEST, "application/vnd.cncf.notary.signature", [], ImageKind.SIGNATURE),
        (OCI_MANIFEST, OCI, ["application/vnd.dsse.envelope.v1+json"], ImageKind.ATTESTATION),
        (OCI_MANIFEST, "application/vnd.in-toto+json", [], ImageKind.ATTESTATION),
        (
            OCI_MANIFEST,
            "application/vnd.docker.attestation.manifest.v1+json",
            [],
            ImageKind.ATTESTATION,
        ),
        (OCI_MANIFEST, OCI, ["text/spdx+json"], ImageKind.SBOM),
        (OCI_MANIFEST, "application/vnd.cyclonedx+json", [], ImageKind.SBOM),
        (OCI_MANIFEST, BUNDLE, [], ImageKind.SIGNATURE),
        (OCI_MANIFEST, "application/vnd.oci.empty.v1+json", [], ImageKind.ARTIFACT),
        (OCI_MANIFEST, "", [], ImageKind.ARTIFACT),
        (OCI_INDEX, "application/vnd.example", [], ImageKind.ARTIFACT),
    ],
)
def test_a_manifest_has_its_kind(
    media_type: str, artifact_type: str | None, layers: list[str], kind: ImageKind
) -> None:
    assert kind_of(media_type, artifact_type, layers) is kind


@pytest.mark.parametrize(
    ("predicate", "kind"),
    [
        ("https://sigstore.dev/cosign/sign/v1", ImageKind.SIGNATURE),
        ("https://slsa.dev/provenance/v1", ImageKind.ATTESTATION),
        ("https://spdx.dev/Document", ImageKind.SBOM),
        ("https://cyclonedx.org/bom", ImageKind.SBOM),
    ],
)
def test_a_bundle_is_what_it_states(predicate: str, kind: ImageKind) -> None:
    assert kind_of(OCI_MANIFEST, BUNDLE, (), {PREDICATE: predicate}) is kind
