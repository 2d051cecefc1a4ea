"""Limits as people type them, for any text and any number."""

import re
from contextlib import suppress

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from entrepot.errors import FieldInvalid
from entrepot.http.api.quotas import MOST, LimitsDocument, QuotaDocument
from entrepot.http.web.charts import part
from entrepot.http.web.settings.limits import bytes_of, filled, number_of, written

limits = st.integers(0, MOST)
almost = st.text("0159.,-+eE kKmMgGiIbB٣\n", max_size=12) | st.from_regex(
    r"[0-9]{1,22}(\.[0-9]{0,22})? ?[kKmMgGtTpPeEzZ]?i?[bB]?", fullmatch=True
)


@settings(deadline=None)
@given(limits)
@example(0)
@example(MOST)
@example(10**18)
@example(1024)
def test_what_is_written_is_read_as_the_same(limit: int) -> None:
    assert bytes_of(written(limit), "bytes") == limit
    assert number_of(str(limit), "repositories") == limit


@settings(deadline=None)
@given(st.text(max_size=30) | almost)
def test_any_text_is_a_limit_or_told_to_be_none(text: str) -> None:
    for read in (bytes_of, number_of):
        with suppress(FieldInvalid):
            limit = read(text, "here")
            assert (limit is None) is (text == "")
            assert limit is None or 0 <= limit <= MOST


@settings(deadline=None)
@given(limits, st.sampled_from(["", "k", "M", "G"]), st.sampled_from(["", "B"]))
def test_neither_case_nor_space_nor_the_b_matters(number: int, unit: str, byte: str) -> None:
    number %= 10**6
    wanted = number * 1000 ** ["", "k", "M", "G"].index(unit)
    for text in (f"{number}{unit}{byte}", f"{number} {unit}{byte}".rstrip()):
        assert {bytes_of(each, "") for each in (text, text.lower(), text.upper())} == {wanted}


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("", None),
        ("0", 0),
        ("0 GB", 0),
        ("10 GB", 10 * 10**9),
        ("500 MiB", 500 * 2**20),
        ("1.5 TB", 1_500_000_000_000),
        ("1.5 kib", 1536),
        ("0.0001 kB", 0),
        ("12345", 12345),
        ("4 EiB", MOST),
    ],
)
def test_sizes(text: str, limit: int | None) -> None:
    assert bytes_of(text, "bytes") == limit


@pytest.mark.parametrize(
    "text",
    [
        *(
            "GB",
            "-1",
            "+1",
            "1,5 GB",
            "1. GB",
            ".5 GB",
            "1e3",
            "10 GBs",
            "10 XB",
            "1 G B",
            "10  GB",
        ),
        *("10 iB", "10 bb", "ten", "٣", "1_000", "0x10", "NaN", "inf", " 1", "1\n"),
        *("5 EiB", "9" * 20, "9" * 21),
    ],
)
def test_no_sizes(text: str) -> None:
    with pytest.raises(FieldInvalid) as raised:
        bytes_of(text, "bytes")
    assert raised.value.field == "bytes"


@pytest.mark.parametrize(
    ("limit", "text"),
    [
        (None, ""),
        (0, "0"),
        (1, "1 B"),
        (1000, "1 kB"),
        (1024, "1 KiB"),
        (10 * 10**9, "10 GB"),
        (500 * 2**20, "500 MiB"),
        (1_500_000_000, "1500 MB"),
        (MOST, "4 EiB"),
    ],
)
def test_what_is_written(limit: int | None, text: str) -> None:
    assert written(limit) == text
    assert re.fullmatch(r"(\d+( [kMGTPEKi]*B)?)?", text)


@settings(deadline=None)
@given(limits, limits)
def test_a_bar_shows_what_there_is_and_is_full_in_time(held: int, most: int) -> None:
    share = part(held, most)
    assert 0 <= share <= 100
    assert (share == 0) is (held == 0 and most > 0)
    assert held < most or share == 100


def test_without_a_limit_there_is_no_bar() -> None:
    limit = LimitsDocument(bytes=None, repositories=4)
    quota = QuotaDocument(namespace="acme", bytes=5, repositories=1, limits=limit, own=True)
    assert (filled(quota).bytes, filled(quota).repositories) == (None, 25)
