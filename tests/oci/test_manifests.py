"""Manifests that are accepted (manifest.md, image-index.md, Docker's version 2, schema 2)."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.oci.descriptor import Descriptor
from entrepot.oci.digest import Digest
from entrepot.oci.manifest import Manifest, parse_manifest, referrer
from entrepot.oci.media_types import DOCKER_LIST, DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST
from tests.oci.documents import (
    CONFIG,
    FOREIGN,
    LAYER,
    docker_image,
    docker_list,
    image,
    index,
    named,
    without,
    written,
)

SIGNATURE = "application/vnd.example.signature"


def parse(document: dict[str, object], content_type: str | None = None) -> Manifest:
    """*document*, pushed as *content_type*, or as what it says that it is."""
    return parse_manifest(written(document), content_type or str(document.get("mediaType")))


def contents(descriptors: tuple[Descriptor, ...]) -> list[str]:
    """The digests of the descriptors."""
    return [descriptor.digest.text for descriptor in descriptors]


def digests(*content: bytes) -> list[str]:
    """The digests of the contents."""
    return [Digest.of(piece).text for piece in content]


@pytest.mark.parametrize(
    ("document", "media_type"),
    [
        pytest.param(image(), OCI_MANIFEST, id="oci-image"),
        pytest.param(index(), OCI_INDEX, id="oci-index"),
        pytest.param(docker_image(), DOCKER_MANIFEST, id="docker-image"),
        pytest.param(docker_list(), DOCKER_LIST, id="docker-list"),
    ],
)
def test_each_type_is_recognised(document: dict[str, object], media_type: str) -> None:
    assert parse(document).media_type == media_type
    assert parse_manifest(written(document), None).media_type == media_type
    assert parse(document, f"{media_type}; charset=utf-8").media_type == media_type
    assert parse(document, "application/json").media_type == media_type


def test_an_image_needs_its_config_and_layers() -> None:
    found = parse(image())
    assert contents(found.blobs) == digests(b"{}", b"one", b"two")
    assert found.manifests == ()
    assert found.subject is None


def test_an_index_needs_its_manifests() -> None:
    found = parse(index())
    assert contents(found.manifests) == digests(b"amd64", b"arm64")
    assert found.blobs == ()


def test_an_index_may_list_indexes() -> None:
    found = parse(index(manifests=[named(b"inner", OCI_INDEX), named(b"list", DOCKER_LIST)]))
    assert contents(found.manifests) == digests(b"inner", b"list")


def test_an_index_that_lists_layers_needs_them_as_blobs() -> None:
    """BuildKit writes its caches like that: the layers, and last the cache's config."""
    config = "application/vnd.buildkit.cacheconfig.v0"
    cache = [named(b"one", LAYER), named(b"two", LAYER), named(b"cache", config)]
    found = parse(index(manifests=cache))
    assert contents(found.blobs) == digests(b"one", b"two", b"cache")
    assert found.manifests == ()


def test_layers_that_may_stay_away_are_not_needed() -> None:
    found = parse(image(layers=[named(b"one", LAYER), named(b"far", FOREIGN)]))
    assert contents(found.blobs) == digests(b"{}", b"one")


@pytest.mark.parametrize("layers", [[], None], ids=["none", "null"])
def test_an_image_may_have_no_layers(layers: list[object] | None) -> None:
    assert contents(parse(image(layers=layers)).blobs) == digests(b"{}")
    assert contents(parse(without(image(), "layers")).blobs) == digests(b"{}")


def test_an_index_may_be_empty() -> None:
    assert parse(index(manifests=[])).manifests == ()


def test_a_manifest_without_a_type_is_what_it_was_pushed_as() -> None:
    assert parse(without(image(), "mediaType"), DOCKER_MANIFEST).media_type == DOCKER_MANIFEST
    assert parse(without(index(), "mediaType"), DOCKER_LIST).media_type == DOCKER_LIST


def test_a_manifest_without_any_type_is_told_by_its_members() -> None:
    assert parse_manifest(written(without(image(), "mediaType")), None).media_type == OCI_MANIFEST
    assert parse_manifest(written(without(index(), "mediaType")), "").media_type == OCI_INDEX


def test_the_subject_is_read_and_not_needed() -> None:
    found = parse(image(subject=named(b"about", OCI_MANIFEST)))
    assert found.subject == Descriptor(OCI_MANIFEST, Digest.of(b"about"), 5)
    assert found.manifests == ()
    assert parse(index(subject=named(b"about", OCI_MANIFEST))).subject == found.subject


def test_the_same_content_may_be_listed_twice() -> None:
    found = parse(image(layers=[named(b"one", LAYER)] * 2))
    assert contents(found.blobs) == digests(b"{}", b"one", b"one")


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)
KNOWN = {
    "schemaVersion",
    "mediaType",
    "config",
    "layers",
    "manifests",
    "subject",
    "annotations",
    "artifactType",
}
DOCUMENTS = st.sampled_from([image(), index(), docker_image(), docker_list()])


@given(DOCUMENTS, st.dictionaries(st.text().filter(lambda name: name not in KNOWN), JSON))
def test_members_that_are_not_known_do_not_matter(
    document: dict[str, object], more: dict[str, object]
) -> None:
    assert parse({**more, **document}) == parse(document)


@given(DOCUMENTS, st.sampled_from([None, 1, 4]), st.booleans())
def test_how_the_json_is_written_does_not_matter(
    document: dict[str, object], indent: int | None, ascii_only: bool
) -> None:
    text = json.dumps(document, indent=indent, sort_keys=True, ensure_ascii=ascii_only)
    assert parse_manifest(text.encode(), None) == parse(document)


def describe(document: dict[str, object]) -> Descriptor:
    """The manifest as a list of referrers describes it."""
    content = written(document)
    found = parse(document)
    return referrer(found, Descriptor(found.media_type, Digest.of(content), len(content)))


def test_a_referrer_is_described_by_its_artifact_type_and_annotations() -> None:
    document = image(artifactType=SIGNATURE, annotations={"by": "me"})
    described = describe(document)
    assert described.artifact_type == SIGNATURE
    assert described.annotations == {"by": "me"}
    assert described.digest == Digest.of(written(document))


@pytest.mark.parametrize(
    "missing", [{}, {"artifactType": ""}, {"artifactType": None}], ids=["none", "empty", "null"]
)
def test_an_image_without_artifact_type_is_described_by_its_config(
    missing: dict[str, object],
) -> None:
    assert describe(image(**missing)).artifact_type == CONFIG


def test_an_index_without_artifact_type_has_none() -> None:
    assert describe(index()).artifact_type is None
    assert describe(index(artifactType=SIGNATURE)).artifact_type == SIGNATURE
