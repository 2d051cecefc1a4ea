"""Content-Range and Range of uploads ("Pushing a blob in chunks")."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.errors import UploadInvalid
from entrepot.wire.ranges import Span, chunk, received

POSITIONS = st.integers(0, 10**19 - 1)


@pytest.mark.parametrize(
    "header",
    ["0-9", "bytes 0-9/10", "bytes 0-9/*", "bytes=0-9", "bytes 0-9", " 0-9 "],
)
def test_the_specifications_form_and_rfc_9110s_are_understood(header: str) -> None:
    assert chunk(header) == Span(0, 10)


def test_no_header_says_nothing() -> None:
    assert chunk(None) is None


@pytest.mark.parametrize(
    "header",
    [
        pytest.param("", id="empty"),
        pytest.param("5", id="one-number"),
        pytest.param("0-", id="open"),
        pytest.param("-5", id="suffix"),
        pytest.param("9-0", id="backwards"),
        pytest.param("0-1-2", id="three-numbers"),
        pytest.param("a-b", id="letters"),
        pytest.param("0 - 9", id="blanks"),
        pytest.param("+0-9", id="sign"),
        pytest.param("lines 0-9/10", id="other-unit"),
        pytest.param("0-9,10-19", id="two-ranges"),
        pytest.param("bytes */10", id="unsatisfied"),
        pytest.param("٣-٤", id="digits-outside-ascii"),
        pytest.param("0-" + "9" * 30, id="too-large"),
    ],
)
def test_what_is_no_range_is_refused(header: str) -> None:
    with pytest.raises(UploadInvalid):
        chunk(header)


@given(POSITIONS, POSITIONS)
def test_a_chunk_is_where_it_says(first: int, last: int) -> None:
    if first <= last:
        assert chunk(f"{first}-{last}") == Span(first, last + 1)
    else:
        with pytest.raises(UploadInvalid):
            chunk(f"{first}-{last}")


@given(st.text("bytes 0129-/*=", max_size=16) | st.text())
def test_any_text_is_survived(header: str) -> None:
    try:
        span = chunk(header)
    except UploadInvalid as refused:
        detail = str(refused.detail)
    else:
        assert span is not None
        assert 0 <= span.start < span.end
        return
    assert len(detail) <= 80


@given(st.integers(1, 2**63 - 1))
def test_what_was_received_is_told_inclusive(offset: int) -> None:
    """`<end-of-range>` is the position of the last uploaded byte of the blob."""
    assert chunk(received(offset)) == Span(0, offset)


def test_nothing_received_has_a_form_too() -> None:
    assert received(0) == "0-0"
