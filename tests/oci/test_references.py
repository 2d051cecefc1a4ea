"""References: a tag or a digest, and nothing else ("Pulling manifests")."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.errors import DigestInvalid, ManifestUnknown
from entrepot.oci.digest import Digest
from entrepot.oci.references import parse_reference
from tests.oci import grammar
from tests.oci.strategies import almost_digests, almost_tags, tags


@given(st.binary())
def test_a_digest_is_one(content: bytes) -> None:
    digest = Digest.of(content)
    assert parse_reference(digest.text) == digest


@given(tags)
def test_a_tag_stays_text(tag: str) -> None:
    assert parse_reference(tag) == tag


def test_a_tag_may_look_like_a_digest_without_its_colon() -> None:
    assert parse_reference("sha256") == "sha256"


def test_what_can_be_no_tag_names_nothing() -> None:
    with pytest.raises(ManifestUnknown):
        parse_reference(".hidden")


def test_what_has_a_colon_was_meant_as_a_digest() -> None:
    with pytest.raises(DigestInvalid):
        parse_reference("sha256:short")


@given(almost_digests | almost_tags | st.text())
def test_any_text_is_survived(text: str) -> None:
    if grammar.is_digest(text) or grammar.is_tag(text):
        assert str(parse_reference(text)) == text
    else:
        with pytest.raises(DigestInvalid if ":" in text else ManifestUnknown):
            parse_reference(text)
