"""Entity tags and conditional requests (RFC 9110, 8.8.3 and 13.1)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.oci.digest import Digest
from entrepot.wire.conditions import entity_tag, matches, same_as

DIGEST = Digest.of(b"this").text
OTHER = Digest.of(b"other").text


def test_an_entity_tag_is_the_quoted_digest() -> None:
    assert entity_tag(DIGEST) == f'"{DIGEST}"'


@pytest.mark.parametrize(
    "header",
    [
        pytest.param(f'"{DIGEST}"', id="strong"),
        pytest.param(f'W/"{DIGEST}"', id="weak"),
        pytest.param(f'"{OTHER}", "{DIGEST}"', id="second-of-two"),
        pytest.param(f'W/"{OTHER}",W/"{DIGEST}"', id="second-of-two-weak"),
        pytest.param(f'  "{DIGEST}"  ', id="blanks"),
        pytest.param("*", id="any"),
        pytest.param(" * ", id="any-with-blanks"),
    ],
)
def test_if_none_match_names_the_content(header: str) -> None:
    assert matches(header, DIGEST)


@pytest.mark.parametrize(
    "header",
    [
        pytest.param("", id="empty"),
        pytest.param(f'"{OTHER}"', id="other"),
        pytest.param(f'"{DIGEST}x"', id="longer"),
        pytest.param(f'"{DIGEST[:-1]}"', id="shorter"),
        pytest.param('"*"', id="quoted-star"),
        pytest.param(",,,", id="commas"),
    ],
)
def test_if_none_match_does_not_name_it(header: str) -> None:
    assert not matches(header, DIGEST)


@pytest.mark.parametrize("header", [None, f'"{DIGEST}"', f' "{DIGEST}" '])
def test_if_range_lets_a_range_be_served(header: str | None) -> None:
    assert same_as(header, DIGEST)


@pytest.mark.parametrize(
    "header",
    [
        pytest.param("", id="empty"),
        pytest.param(f'"{OTHER}"', id="other"),
        pytest.param(f'W/"{DIGEST}"', id="weak"),
        pytest.param(DIGEST, id="no-quotes"),
        pytest.param("*", id="star"),
        pytest.param("Sun, 06 Nov 1994 08:49:37 GMT", id="date"),
    ],
)
def test_if_range_asks_for_strong_equality(header: str) -> None:
    assert not same_as(header, DIGEST)


DIGESTS = st.binary().map(lambda content: Digest.of(content).text)


@given(DIGESTS)
def test_a_tag_names_its_own_content(digest: str) -> None:
    tag = entity_tag(digest)
    assert matches(tag, digest)
    assert same_as(tag, digest)


@given(st.lists(DIGESTS, min_size=1), DIGESTS)
def test_a_list_names_what_is_in_it(listed: list[str], digest: str) -> None:
    header = ", ".join(map(entity_tag, listed))
    assert matches(header, digest) is (digest in listed)


@given(st.text())
def test_any_text_is_survived(header: str) -> None:
    if DIGEST not in header:
        assert matches(header, DIGEST) is (header.strip() == "*")
        assert not same_as(header, DIGEST)
