"""Pages of a listing and the Link to the next one ("Listing Tags"; RFC 8288)."""

import re
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.errors import PageInvalid
from entrepot.wire.pages import Page, next_link, parse_page

LINK = re.compile(r'<([!-;=?-~]+)>; rel="next"')


def test_nothing_asked_for_is_the_default_page() -> None:
    assert parse_page(None, None, default=100, limit=1000) == Page(100, "", asked=False)


def test_last_alone_goes_on_from_there() -> None:
    assert parse_page(None, "v1", default=100, limit=1000) == Page(100, "v1", asked=False)


@pytest.mark.parametrize(("n", "size"), [("0", 0), ("1", 1), ("007", 7), ("1000", 1000)])
def test_n_is_the_size(n: str, size: int) -> None:
    assert parse_page(n, "v1", default=100, limit=1000) == Page(size, "v1", asked=True)


@pytest.mark.parametrize("n", ["1001", "9" * 18])
def test_a_larger_page_is_cut(n: str) -> None:
    assert parse_page(n, None, default=100, limit=1000).size == 1000


@pytest.mark.parametrize(
    "n", ["", "-1", "+1", "1.5", "1e3", "ten", " 1", "1\n", "0x10", "٣", "9" * 30]
)
def test_what_is_no_number_is_refused(n: str) -> None:
    with pytest.raises(PageInvalid):
        parse_page(n, None, default=100, limit=1000)


@given(st.none() | st.text("0123456789 -+.e", max_size=24) | st.text(), st.none() | st.text())
def test_any_text_is_survived(n: str | None, last: str | None) -> None:
    try:
        page = parse_page(n, last, default=100, limit=1000)
    except PageInvalid as refused:
        detail = str(refused.detail)
    else:
        assert 0 <= page.size <= 1000
        assert page.last == (last or "")
        return
    assert len(detail) <= 80


def test_a_link_as_it_is_sent() -> None:
    link = next_link("/v2/alice/web/tags/list", "v1", 5)
    assert link == '</v2/alice/web/tags/list?last=v1&n=5>; rel="next"'


def test_a_name_with_nul_is_refused() -> None:
    with pytest.raises(PageInvalid, match="NUL"):
        parse_page("5", "a\0b", default=100, limit=1000)


# No name has NUL in it.
NAMES = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1)


@given(st.text(), NAMES, st.integers(1, 1000), st.none() | st.text(min_size=1))
def test_a_link_leads_to_the_next_page(
    path: str, last: str, size: int, artifact_type: str | None
) -> None:
    path = f"/v2/{path}/tags/list"
    more = {} if artifact_type is None else {"artifactType": artifact_type}
    match = LINK.fullmatch(next_link(path, last, size, **more))
    assert match is not None
    target = urlsplit(match[1])
    query = {name: values[0] for name, values in parse_qs(target.query).items()}
    page = parse_page(query.pop("n"), query.pop("last"), default=1, limit=1000)
    assert unquote(target.path) == path
    assert page == Page(size, last, asked=True)
    assert query == more
