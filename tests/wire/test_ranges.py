"""Byte ranges of blobs (RFC 9110, 14)."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from entrepot.errors import RangeUnsatisfiable
from entrepot.wire.ranges import Span, wanted

TOTALS = st.integers(0, 2**63 - 1)
POSITIONS = st.integers(0, 10**19 - 1)
ALMOST = st.text("bytes=-,0129 \t٣", max_size=16) | st.text("0129- \t,+٣", max_size=8).map(
    "bytes={}".format
)


@pytest.mark.parametrize(
    ("header", "span"),
    [
        pytest.param("bytes=0-499", Span(0, 500), id="first-500"),
        pytest.param("bytes=500-999", Span(500, 1000), id="second-500"),
        pytest.param("bytes=-500", Span(9500, 10000), id="final-500"),
        pytest.param("bytes=9500-", Span(9500, 10000), id="from-9500"),
        pytest.param("bytes=0-0", Span(0, 1), id="first-byte"),
        pytest.param("bytes=-1", Span(9999, 10000), id="last-byte"),
        pytest.param("bytes=0-99999", Span(0, 10000), id="beyond-the-end"),
        pytest.param("bytes=-99999", Span(0, 10000), id="longer-suffix"),
        pytest.param("Bytes=0-0", Span(0, 1), id="unit-in-any-case"),
    ],
)
def test_the_examples_of_rfc_9110_14_1_2(header: str, span: Span) -> None:
    assert wanted(header, 10_000) == span


@pytest.mark.parametrize(
    "header",
    [
        pytest.param(None, id="none"),
        pytest.param("", id="empty"),
        pytest.param("bytes", id="unit-alone"),
        pytest.param("bytes=", id="no-range"),
        pytest.param("bytes=-", id="no-numbers"),
        pytest.param("bytes= -", id="no-numbers-but-a-blank"),
        pytest.param("bytes=\t- ", id="no-numbers-but-blanks"),
        pytest.param("lines=0-9", id="other-unit"),
        pytest.param("bytes=0-0,-1", id="two-ranges"),
        pytest.param("bytes=a-b", id="letters"),
        pytest.param("bytes=+1-2", id="sign"),
        pytest.param("bytes=0-9\n", id="line-end"),
        pytest.param("bytes=٣-٤", id="digits-outside-ascii"),
    ],
)
def test_what_is_not_served_in_parts_is_served_whole(header: str | None) -> None:
    """RFC 9110, 14.2: a server may ignore the header."""
    assert wanted(header, 10_000) is None


@pytest.mark.parametrize(
    ("header", "total"),
    [("bytes=10-", 10), ("bytes=10-20", 10), ("bytes=-0", 10), ("bytes=0-", 0), ("bytes=5-4", 10)],
)
def test_what_lies_outside_is_unsatisfiable(header: str, total: int) -> None:
    with pytest.raises(RangeUnsatisfiable) as refused:
        wanted(header, total)
    assert refused.value.total == total


def test_a_suffix_of_nothing_is_all_of_it() -> None:
    """RFC 9110, 14.1.2: shorter content than the suffix is used entirely."""
    assert wanted("bytes=-5", 0) is None


@given(st.none() | ALMOST | st.text(), TOTALS)
@example("bytes= -", 10)
def test_any_text_is_survived_and_stays_inside(header: str | None, total: int) -> None:
    try:
        span = wanted(header, total)
    except RangeUnsatisfiable:
        return
    assert span is None or 0 <= span.start < span.end <= total


@given(st.binary(min_size=1), st.integers(0, 40), st.none() | st.integers(0, 40))
def test_a_range_is_a_slice(content: bytes, first: int, last: int | None) -> None:
    header = f"bytes={first}-{'' if last is None else last}"
    expected = content[first:] if last is None else content[first : last + 1]
    if expected:
        span = wanted(header, len(content))
        assert span is not None
        assert content[span.start : span.end] == expected
        assert span.length == len(expected)
    else:
        with pytest.raises(RangeUnsatisfiable):
            wanted(header, len(content))


@given(st.binary(min_size=1), st.integers(1, 40))
def test_a_suffix_is_a_slice_from_the_end(content: bytes, length: int) -> None:
    span = wanted(f"bytes=-{length}", len(content))
    assert span is not None
    assert content[span.start : span.end] == content[-length:]


@given(POSITIONS, POSITIONS, TOTALS)
def test_large_numbers_are_survived(first: int, last: int, total: int) -> None:
    if first <= last and first < total:
        assert wanted(f"bytes={first}-{last}", total) == Span(first, min(last + 1, total))
    else:
        with pytest.raises(RangeUnsatisfiable):
            wanted(f"bytes={first}-{last}", total)


@given(st.integers(0, 2**62), st.integers(1, 2**62), st.integers(0, 2**62))
def test_content_range_tells_the_span(start: int, length: int, rest: int) -> None:
    """RFC 9110, 14.4: `bytes <first>-<last>/<complete length>`, both included."""
    span = Span(start, start + length)
    match = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+)", span.content_range(span.end + rest))
    assert match is not None
    first, last, total = map(int, match.groups())
    assert (first, last + 1, total) == (span.start, span.end, span.end + rest)
    assert wanted(f"bytes={first}-{last}", total) == span
