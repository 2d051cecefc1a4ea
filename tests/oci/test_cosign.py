"""cosign's tags."""

import pytest

from entrepot.oci import cosign
from entrepot.oci.digest import Digest

DIGEST = Digest.of(b"image")


@pytest.mark.parametrize("suffix", [cosign.SIGNATURE, cosign.ATTESTATION, cosign.SBOM])
def test_a_tag_is_read_as_it_is_written(suffix: str) -> None:
    assert cosign.parse_tag(cosign.tag_of(DIGEST, suffix)) == (DIGEST, suffix)


@pytest.mark.parametrize(
    "tag",
    [
        "latest",
        f"sha256-{DIGEST.hex}",
        f"sha256-{DIGEST.hex}.sig.sig",
        f"sha256-{DIGEST.hex[:-1]}.sig",
        f"sha256-{DIGEST.hex.upper()}.sig",
        f"sha256-{DIGEST.hex}.zip",
    ],
)
def test_other_tags_are_not_cosign_s(tag: str) -> None:
    assert cosign.parse_tag(tag) is None
