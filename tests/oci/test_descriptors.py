"""Descriptors (descriptor.md)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.errors import ManifestInvalid
from entrepot.oci.descriptor import Descriptor, parse_descriptor
from entrepot.oci.digest import Digest
from tests.oci.documents import LAYER, named

DESCRIPTORS = st.builds(
    Descriptor,
    # No database keeps a NUL: one is refused.
    media_type=st.text().filter(lambda text: "\0" not in text),
    digest=st.binary().map(Digest.of),
    size=st.integers(0, 2**63 - 1),
    artifact_type=st.none() | st.text(),
    annotations=st.dictionaries(st.text(), st.text()),
)


@given(DESCRIPTORS)
def test_a_descriptor_parses_back(descriptor: Descriptor) -> None:
    """What a manifest needs of it; the rest is about the manifest that it describes."""
    found = parse_descriptor(descriptor.document(), "here")
    assert found == Descriptor(descriptor.media_type, descriptor.digest, descriptor.size)


@given(DESCRIPTORS)
def test_empty_members_are_left_out(descriptor: Descriptor) -> None:
    document = descriptor.document()
    assert ("artifactType" in document) is bool(descriptor.artifact_type)
    assert ("annotations" in document) is bool(descriptor.annotations)
    assert document["size"] == descriptor.size


def test_members_that_are_not_known_do_not_matter() -> None:
    more = {"urls": ["https://layers.example/1"], "data": "b25l", "platform": {"os": "linux"}}
    found = parse_descriptor(named(b"one", LAYER, **more), "here")
    assert found == Descriptor(LAYER, Digest.of(b"one"), 3)


def test_a_size_of_nothing_is_a_size() -> None:
    assert parse_descriptor(named(b"", LAYER), "here").size == 0


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=8,
    )
)
def test_anything_else_is_refused_by_its_place(value: object) -> None:
    with pytest.raises(ManifestInvalid, match=r"^here"):
        parse_descriptor(value, "here")
