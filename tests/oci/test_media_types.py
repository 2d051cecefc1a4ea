"""Media types (media-types.md; RFC 9110, 8.3.1)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.oci.media_types import (
    DOCKER_LIST,
    DOCKER_MANIFEST,
    IMAGES,
    INDEXES,
    MANIFESTS,
    OCI_INDEX,
    OCI_MANIFEST,
    essence,
    is_distributable,
)


def test_two_kinds_of_images_and_two_of_indexes_are_manifests() -> None:
    assert {OCI_MANIFEST, DOCKER_MANIFEST} == IMAGES
    assert {OCI_INDEX, DOCKER_LIST} == INDEXES
    assert MANIFESTS == IMAGES | INDEXES


@pytest.mark.parametrize(
    "written",
    [
        OCI_MANIFEST,
        OCI_MANIFEST.upper(),
        f"{OCI_MANIFEST};charset=utf-8",
        f" {OCI_MANIFEST} ; charset=utf-8; a=b",
    ],
)
def test_case_and_parameters_do_not_matter(written: str) -> None:
    assert essence(written) == OCI_MANIFEST


@given(st.text())
def test_any_content_type_is_survived(text: str) -> None:
    found = essence(text)
    assert ";" not in found
    assert essence(found) == found


@pytest.mark.parametrize(
    "kind",
    [
        "application/vnd.oci.image.layer.nondistributable.v1.tar",
        "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
        "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd",
        "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
    ],
)
def test_foreign_layers_may_stay_away(kind: str) -> None:
    assert not is_distributable(kind)


@pytest.mark.parametrize(
    "kind",
    [
        "application/vnd.oci.image.layer.v1.tar+gzip",
        "application/vnd.docker.image.rootfs.diff.tar.gzip",
        "application/vnd.oci.empty.v1+json",
        "",
    ],
)
def test_everything_else_must_be_here(kind: str) -> None:
    assert is_distributable(kind)
