"""Manifests that are refused, each with a sentence that tells why."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.errors import ManifestInvalid
from entrepot.oci.manifest import parse_manifest
from entrepot.oci.media_types import DOCKER_MANIFEST, DOCKER_SCHEMA_1, OCI_INDEX, OCI_MANIFEST
from tests.oci.documents import CONFIG, LAYER, image, index, named, without, written

DEEP = 200_000


def refusal(content: bytes, content_type: str | None = OCI_MANIFEST) -> str:
    """Why the manifest is refused; no other error than ManifestInvalid may come."""
    with pytest.raises(ManifestInvalid) as refused:
        parse_manifest(content, content_type)
    return str(refused.value)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"{", id="cut-off"),
        pytest.param(b"{}{}", id="two-documents"),
        pytest.param(b"\xff\xfe{}", id="not-utf-8"),
        pytest.param("{}".encode("utf-16"), id="utf-16"),
        pytest.param(b'\xef\xbb\xbf{"schemaVersion": 2}', id="byte-order-mark"),
        pytest.param(b'{"a": "\xed\xa0\x80"}', id="surrogate-in-utf-8"),
        pytest.param(b"{'a': 1}", id="single-quotes"),
        pytest.param(b'{"a": 1,}', id="comma-at-end"),
        pytest.param(b'{"a": "\x00"}', id="control-character"),
        pytest.param(b"\x1f\x8b\x08\x00", id="gzip"),
    ],
)
def test_what_is_not_json_is_refused(content: bytes) -> None:
    assert "not JSON" in refusal(content)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_numbers_that_json_does_not_have_are_refused(number: str) -> None:
    text = json.dumps(image(extra="@")).replace('"@"', number)
    assert number in refusal(text.encode())


@pytest.mark.parametrize("document", ["[]", '"text"', "1", "null", "true"])
def test_a_document_that_is_no_object_is_refused(document: str) -> None:
    assert "object" in refusal(document.encode())


@pytest.mark.parametrize(
    ("opening", "closing"), [("[", "]"), ('{"a":', "}")], ids=["lists", "objects"]
)
@pytest.mark.parametrize("closed", [True, False], ids=["closed", "open"])
def test_deep_nesting_is_refused(opening: str, closing: str, closed: bool) -> None:
    inner = opening * DEEP + "1" + (closing * DEEP if closed else "")
    text = json.dumps(image(extra="@")).replace('"@"', inner)
    assert "too intricate" in refusal(text.encode())


def test_a_number_of_many_digits_is_refused() -> None:
    text = json.dumps(image(extra="@")).replace('"@"', "9" * 1_000_000)
    assert "more than 100 digits" in refusal(text.encode())


@pytest.mark.parametrize("content_type", sorted(DOCKER_SCHEMA_1))
def test_schema_1_is_refused_with_advice(content_type: str) -> None:
    document = {"schemaVersion": 1, "name": "a", "tag": "b", "fsLayers": [], "history": []}
    assert "schema 1 is not supported" in refusal(written(document), content_type)
    assert "schema 1 is not supported" in refusal(written(document), None)


def test_a_type_that_does_not_agree_is_refused() -> None:
    """manifest.md: a client sets Content-Type to the value of mediaType."""
    assert DOCKER_MANIFEST in refusal(written(image()), DOCKER_MANIFEST)
    assert OCI_INDEX in refusal(written(image()), OCI_INDEX)


@pytest.mark.parametrize("kind", ["application/vnd.example+json", CONFIG, "text/plain"])
def test_a_type_that_is_not_known_is_refused(kind: str) -> None:
    assert kind in refusal(written(image(mediaType=kind)), kind)


def test_a_manifest_that_cannot_be_told_is_refused() -> None:
    assert "unknown manifest type" in refusal(b'{"schemaVersion": 2}', None)


@pytest.mark.parametrize("version", [0, 3, "2", None, [2], 2.5, -1])
def test_another_schema_version_is_refused(version: object) -> None:
    assert "schemaVersion" in refusal(written(image(schemaVersion=version)))
    assert "schemaVersion" in refusal(written(without(image(), "schemaVersion")))


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("mediaType", 5),
        ("artifactType", ["a"]),
        ("annotations", ["a"]),
        ("annotations", {"a": 1}),
        ("annotations", {"a": None}),
        ("annotations", "a"),
        ("config", None),
        ("config", []),
        ("config", "sha256:"),
        ("layers", {}),
        ("layers", "a"),
        ("layers", [None]),
        ("layers", [[]]),
        ("subject", []),
        ("subject", "sha256:"),
    ],
    ids=str,
)
def test_a_member_of_a_wrong_type_is_refused(member: str, value: object) -> None:
    assert member in refusal(written(image(**{member: value})))


def test_an_image_needs_a_config() -> None:
    assert "config" in refusal(written(without(image(), "config")))


@pytest.mark.parametrize("value", [5, "a", {}, [5], [{}]], ids=str)
def test_an_index_of_something_else_is_refused(value: object) -> None:
    assert "manifests" in refusal(written(index(manifests=value)), OCI_INDEX)


@pytest.mark.parametrize(
    "change",
    [
        {"mediaType": None},
        {"mediaType": 1},
        {"digest": None},
        {"digest": 1},
        {"digest": "sha256:short"},
        {"digest": "md5:d41d8cd98f00b204e9800998ecf8427e"},
        {"size": None},
        {"size": "3"},
        {"size": -1},
        {"size": 3.0},
        {"size": 1e300},
        {"size": True},
    ],
    ids=str,
)
def test_a_wrong_descriptor_is_named(change: dict[str, object]) -> None:
    (member,) = change
    layers = [named(b"one", LAYER), {**named(b"two", LAYER), **change}]
    assert f"layers[1].{member}" in refusal(written(image(layers=layers)))
    config = {**named(b"{}", CONFIG), **change}
    assert f"config.{member}" in refusal(written(image(config=config)))
    subject = {**named(b"s", OCI_MANIFEST), **change}
    assert f"subject.{member}" in refusal(written(image(subject=subject)))


@pytest.mark.parametrize(
    "change",
    [{"artifactType": "\ud800"}, {"config": named(b"{}", "\ud800")}],
    ids=["artifactType", "config"],
)
def test_half_a_character_is_refused(change: dict[str, object]) -> None:
    """RFC 8259, 8.2: an unpaired surrogate is no Unicode; a database cannot keep it as a type."""
    refusal(written(image(**change)))


@pytest.mark.parametrize("size", [2**63, 10**90], ids=["2^63", "10^90"])
def test_a_size_beyond_64_bits_is_refused(size: int) -> None:
    """descriptor.md: size is an int64."""
    text = json.dumps(image(layers=[{**named(b"one", LAYER), "size": "@"}]))
    assert "layers[0].size" in refusal(text.replace('"@"', str(size)).encode())


@given(st.binary())
def test_any_bytes_are_survived(content: bytes) -> None:
    refusal(content)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
MEMBERS = st.sampled_from(
    ["schemaVersion", "mediaType", "config", "layers", "manifests", "subject", "annotations"]
)


@given(
    st.sampled_from([image(), index()]),
    st.dictionaries(MEMBERS, JSON),
    st.none() | st.sampled_from([OCI_MANIFEST, OCI_INDEX]) | st.text(),
)
def test_any_document_is_survived(
    document: dict[str, object], change: dict[str, object], content_type: str | None
) -> None:
    content = written({**document, **change})
    with suppress(ManifestInvalid):
        assert parse_manifest(content, content_type).media_type in {OCI_MANIFEST, OCI_INDEX}


LONG = "application/" + "\N{LATIN SMALL LETTER E WITH ACUTE}" * 244


@pytest.mark.parametrize(
    "change",
    [
        {"artifactType": LONG},
        {"mediaType": LONG},
        {"config": named(b"{}", LONG)},
        {"layers": [named(b"{}", LONG)]},
        {"subject": named(b"{}", LONG)},
    ],
    ids=["artifactType", "mediaType", "config", "layers", "subject"],
)
def test_a_type_of_more_than_255_characters_is_refused(change: dict[str, object]) -> None:
    """RFC 6838, 4.2: 127 characters for a type and as many for a subtype."""
    assert "at most 255 characters" in refusal(written(image(**change)))


def test_a_long_digest_is_told_in_part() -> None:
    document = image(config={**named(b"{}", LAYER), "digest": "\N{LATIN SMALL LETTER E}" * 10_000})
    with pytest.raises(ManifestInvalid) as raised:
        parse_manifest(written(document), None)
    assert raised.value.detail == "e" * 255
