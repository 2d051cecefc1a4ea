"""The commands that pages offer, by the kind of what they show."""

import pytest

from entrepot.http.web.commands import pull_by_digest, pull_by_tag
from entrepot.model.repository import ImageKind
from entrepot.oci.digest import Digest

AT = "registry.test/team/app"
DIGEST = Digest.of(b"image")
HEX = DIGEST.hex


@pytest.mark.parametrize(
    ("tag", "kind", "command"),
    [
        ("1.0", None, f"docker pull {AT}:1.0"),
        ("1.0", ImageKind.IMAGE, f"docker pull {AT}:1.0"),
        ("1.0", ImageKind.INDEX, f"docker pull {AT}:1.0"),
        ("1.0_1", ImageKind.CHART, f"helm pull oci://{AT} --version 1.0+1"),
        ("1.0", ImageKind.ARTIFACT, f"oras pull {AT}:1.0"),
        ("1.0", ImageKind.SBOM, f"oras pull {AT}:1.0"),
        (f"sha256-{HEX}.sig", None, f"cosign download signature {AT}@sha256:{HEX}"),
        (
            f"sha256-{HEX}.att",
            ImageKind.ATTESTATION,
            f"cosign download attestation {AT}@sha256:{HEX}",
        ),
        (f"sha256-{HEX}.sbom", None, f"oras pull {AT}:sha256-{HEX}.sbom"),
        (f"sha256-{HEX}", ImageKind.INDEX, f"docker pull {AT}:sha256-{HEX}"),
    ],
)
def test_by_tag(tag: str, kind: ImageKind | None, command: str) -> None:
    assert pull_by_tag(AT, tag, kind) == command


@pytest.mark.parametrize(
    ("kind", "command"),
    [
        (None, f"docker pull {AT}@{DIGEST.text}"),
        (ImageKind.IMAGE, f"docker pull {AT}@{DIGEST.text}"),
        (ImageKind.CHART, f"helm install NAME oci://{AT}@{DIGEST.text}"),
        (ImageKind.ARTIFACT, f"oras pull {AT}@{DIGEST.text}"),
        (ImageKind.SIGNATURE, f"oras manifest fetch {AT}@{DIGEST.text}"),
    ],
)
def test_by_digest(kind: ImageKind | None, command: str) -> None:
    assert pull_by_digest(AT, DIGEST, kind) == command
