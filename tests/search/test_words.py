"""Whatever the text: it can be searched for, and what it says is found."""

from collections.abc import Set as AbstractSet
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from entrepot.model.permission import Visibility
from entrepot.model.repository import RepositoryCard
from entrepot.model.search import Filters, Query, SearchDocument, Term
from entrepot.search.document import document
from entrepot.search.query import MOST_TERMS, parse
from entrepot.search.words import fold, words
from tests.oci.strategies import names

NOW: Final = datetime(2026, 1, 1, tzinfo=UTC)
# What means something to one of the two databases, or stands between tokens.
SPECIAL: Final = frozenset("\"'\\:*&|!()<>^-+,;%_ \x00\n\t")
TEXTS: Final = st.text(max_size=40) | st.text("aéß中镜\uff57 ﷺ:\"'\\*-/§¬0:", max_size=12)
CHINESE: Final = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), min_size=1)


def of(name: str = "a/b", description: str = "", readme: str = "", *texts: str) -> SearchDocument:
    card = RepositoryCard(
        name, Visibility.PUBLIC, description, 0, 0, automated=False, created_at=NOW, updated_at=None
    )
    return document(card, readme, texts, ["linux/amd64", "linux/arm/v7"], signed=False)


def tokens(found: SearchDocument) -> frozenset[str]:
    return frozenset(found.words.split(" "))


def matches(query: Query, found: SearchDocument) -> bool:
    """Whether a database would find the document by the words of the query."""
    has = tokens(found)
    return all(any(_has(has, term) for term in each) for each in query.clauses)


def _has(has: AbstractSet[str], term: Term) -> bool:
    return any(token.startswith(term.text) for token in has) if term.prefix else term.text in has


def plain(query: Query) -> Query:
    """The query for the text as a text."""
    return query.otherwise or query


@given(TEXTS, names, TEXTS)
def test_tokens_need_no_quoting(text: str, name: str, readme: str) -> None:
    query = parse(text, Filters(namespace=text, architectures=frozenset({text})), now=NOW)
    asked = [term.text for each in (query, plain(query)) for c in each.clauses for term in c]
    kept = tokens(of(name, text, readme, text))
    for token in (*asked, *kept):
        assert token
        assert not SPECIAL & set(token)
        assert token == token.lower() or not token.isascii()
        assert len(token.encode()) < 1_000


@given(TEXTS)
def test_each_text_is_a_bounded_query(text: str) -> None:
    for query in (parse(text, now=NOW), parse(text * 1_000, now=NOW)):
        assert len(query.clauses) <= MOST_TERMS + 5
        assert query.otherwise is None or query.otherwise.otherwise is None


@given(TEXTS)
def test_what_was_folded_stays_as_it_is(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert list(words(fold(text))) == list(words(text))


@given(names, TEXTS, TEXTS)
def test_each_word_finds_its_repository(name: str, description: str, readme: str) -> None:
    found = of(name, description, readme)
    for word in (*name.split("/"), *words(name), *words(description), *words(readme)):
        assert matches(plain(parse(word, now=NOW)), found)
        assert matches(plain(parse(word.upper(), now=NOW)), found) or not word.isascii()


@given(names, st.data())
def test_each_part_of_a_name_finds_it(name: str, data: st.DataObject) -> None:
    word = data.draw(st.sampled_from(sorted(words(name))))
    start = data.draw(st.integers(0, len(word) - 1))
    part = word[start : data.draw(st.integers(start + 2, start + 9))]
    assume(len(part) >= 2)
    assert matches(plain(parse(part, now=NOW)), of(name))


@given(CHINESE, st.data())
def test_each_run_of_characters_finds_the_text(text: str, data: st.DataObject) -> None:
    run = data.draw(st.integers(0, len(text) - 1))
    part = text[run : data.draw(st.integers(run + 1, run + 5))]
    assert matches(parse(part, now=NOW), of(description=text))
    assert matches(parse(part, now=NOW), of("a/b", "", f"with Latin{text}around"))


@given(TEXTS)
def test_the_parts_of_a_long_word_do_not_count(text: str) -> None:
    assert matches(parse("x" * 90, now=NOW), of(description=f"{text} {'x' * 90}"))


@pytest.mark.parametrize(
    ("text", "filters"),
    [
        ("is:official", Filters(official=True)),
        ("IS:Signed is:automated", Filters(signed=True, automated=True)),
        ("arch:arm64 arch:AMD64", Filters(architectures=frozenset({"arm64", "amd64"}))),
        ("os:linux", Filters(systems=frozenset({"linux"}))),
        ("namespace:acme", Filters(namespace="acme")),
        ("stars:10", Filters(stars=10)),
        ("stars:>=10", Filters(stars=10)),
        ("updated:30d", Filters(updated_since=NOW - timedelta(days=30))),
        ("updated:2w", Filters(updated_since=NOW - timedelta(days=14))),
        ("updated:1y", Filters(updated_since=NOW - timedelta(days=365))),
        ("updated:2025-12-24", Filters(updated_since=datetime(2025, 12, 24, tzinfo=UTC))),
    ],
)
def test_filters_are_typed(text: str, filters: Filters) -> None:
    query = parse(f"web {text}", now=NOW)
    assert query.filters == filters
    assert query.name == "web"
    assert query == parse("web", filters, now=NOW)


@pytest.mark.parametrize(
    "text", ["is:it", "stars:many", "stars:<3", "updated:2025-13-01", "updated:now", "colour:red"]
)
def test_what_is_no_filter_is_a_text(text: str) -> None:
    query = plain(parse(text, now=NOW))
    assert query.filters == Filters()
    assert matches(query, of(description=f"this {text} that"))
    assert not matches(query, of(description="something else"))


def test_an_image_with_a_tag_and_a_digest_are_recognised() -> None:
    query = parse("Library/CentOS:Stream-9 sha256:0123456789ab", now=NOW)
    assert (query.name, query.tag, query.digest) == ("centos", "Stream-9", "sha256:0123456789ab")
    assert parse("0123456789AB", now=NOW).digest == "sha256:0123456789ab"
    assert parse("0123456789a", now=NOW).digest == ""


def test_the_name_that_is_meant() -> None:
    for text, name in (
        ("CentOS", "centos"),
        ("library/centos", "centos"),
        ("mongo express", "mongo-express"),
        ("alice/web", "alice/web"),
        ("web stars:3", "web"),
        ("镜像", ""),
        ("a  -", ""),
    ):
        assert parse(text, now=NOW).name == name


def test_what_is_very_long_is_found_by_how_it_begins() -> None:
    found = of("a/b", "", f"begin {'x ' * 25_000} end", "first", "y " * 10_000, "last")
    assert matches(parse("begin first", now=NOW), found)
    assert not matches(parse("end", now=NOW), found)
    assert not matches(parse("last", now=NOW), found)
    assert sum(map(len, found.texts)) <= 20_000


def test_characters_that_stand_for_sentences_make_no_long_texts() -> None:
    assert len(fold("\ufdfa" * 1_000)) <= 4_000
