"""What is shown of an image's signatures, attestations and SBOMs."""

import pytest

from entrepot.model.repository import ImageKind
from entrepot.oci.digest import Digest
from entrepot.oci.media_types import OCI_MANIFEST
from entrepot.registry.about import referrers
from entrepot.registry.stores import Stores
from tests.oci import documents
from tests.registry.pushes import REPOSITORY, image, push, push_image

IMAGE = image(b"{}", b"layer")
DIGEST = Digest.of(IMAGE)
SAID = image(b"{}", b"other")


@pytest.fixture
def filled(stores: Stores, run) -> Stores:
    """A repository with IMAGE, and with SAID, which is pushed as what a test wants it to be."""
    run(push_image(stores, b"layer", DIGEST))
    run(push_image(stores, b"other", Digest.of(SAID)))
    return stores


def kinds(stores: Stores, run) -> dict[Digest, ImageKind]:
    found = run(referrers(stores, REPOSITORY, DIGEST))
    return {each.descriptor.digest: each.kind for each in found}


def test_referrers_have_kinds(filled, run) -> None:
    subject = documents.named(IMAGE, OCI_MANIFEST)
    for kind in ("application/vnd.cncf.notary.signature", "application/spdx+json"):
        signed = image(b"{}", subject=subject, artifactType=kind)
        run(push(filled, signed, Digest.of(signed)))
    assert set(kinds(filled, run).values()) == {ImageKind.SIGNATURE, ImageKind.SBOM}


@pytest.mark.parametrize(
    ("suffix", "kind"),
    [("sig", ImageKind.SIGNATURE), ("att", ImageKind.ATTESTATION), ("sbom", ImageKind.SBOM)],
)
def test_cosign_s_tags(filled, run, suffix: str, kind: ImageKind) -> None:
    assert kinds(filled, run) == {}
    run(push(filled, SAID, f"sha256-{DIGEST.hex}.{suffix}"))
    assert kinds(filled, run) == {Digest.of(SAID): kind}


@pytest.mark.parametrize("about", [DIGEST.text, Digest.of(b"another").text])
def test_an_attestation_in_an_index(filled, run, about: str) -> None:
    attested = documents.named(SAID, OCI_MANIFEST) | {
        "annotations": {
            "vnd.docker.reference.type": "attestation-manifest",
            "vnd.docker.reference.digest": about,
        }
    }
    listed = [documents.named(IMAGE, OCI_MANIFEST), attested]
    run(push(filled, documents.written(documents.index(manifests=listed)), "1.0"))
    expected = {Digest.of(SAID): ImageKind.ATTESTATION} if about == DIGEST.text else {}
    assert kinds(filled, run) == expected


def test_what_is_there_twice_is_shown_once(filled, run) -> None:
    subject = documents.named(IMAGE, OCI_MANIFEST)
    signed = image(b"{}", subject=subject, artifactType="application/vnd.cncf.notary.signature")
    run(push(filled, signed, f"sha256-{DIGEST.hex}.att"))
    assert kinds(filled, run) == {Digest.of(signed): ImageKind.SIGNATURE}
