"""Names of repositories and tags ("Pulling manifests")."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.errors import NameInvalid, TagInvalid
from entrepot.oci.names import NAME_LENGTH, canonical, is_tag, parse_repository, parse_tag
from tests.oci import grammar
from tests.oci.strategies import almost_names, almost_tags, names, tags


@pytest.mark.parametrize(
    "name",
    [
        "a",
        "0",
        "alice/web",
        "a/b/c/d",
        "a.b",
        "a_b",
        "a__b",
        "a-b",
        "a---b",
        "a/manifests",
        "9/tags",
    ],
)
def test_a_name_of_the_specification_is_accepted(name: str) -> None:
    assert parse_repository(name) == name


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("", id="empty"),
        pytest.param("Alice/web", id="upper-case"),
        pytest.param("/a", id="slash-first"),
        pytest.param("a/", id="slash-last"),
        pytest.param("a//b", id="two-slashes"),
        pytest.param("-a", id="separator-first"),
        pytest.param("a-", id="separator-last"),
        pytest.param("a..b", id="two-dots"),
        pytest.param("a___b", id="three-underscores"),
        pytest.param("a._b", id="mixed-separators"),
        pytest.param("a/../b", id="dots-as-part"),
        pytest.param("a b", id="blank"),
        pytest.param("a\n", id="line-end"),
        pytest.param("é", id="letter-outside-ascii"),
        pytest.param("٣", id="digit-outside-ascii"),
        pytest.param("host:5000/a", id="host"),
    ],
)
def test_another_name_is_refused(name: str) -> None:
    with pytest.raises(NameInvalid):
        parse_repository(name)


def test_a_name_has_at_most_255_characters() -> None:
    assert parse_repository("a" * 255) == "a" * 255
    with pytest.raises(NameInvalid):
        parse_repository("a" * 256)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("library/centos", "centos"),
        ("centos", "centos"),
        ("library", "library"),
        ("library/library", "library"),
        ("library/a/b", "library/a/b"),
        ("alice/library", "alice/library"),
        ("libraryx/centos", "libraryx/centos"),
    ],
)
def test_an_official_image_has_one_name(written: str, kept: str) -> None:
    assert parse_repository(written) == kept


@given(names)
def test_a_canonical_name_stays_as_it_is(name: str) -> None:
    once = canonical(name)
    assert canonical(once) == once
    assert grammar.is_name(once)


@given(names)
def test_what_was_parsed_parses_to_itself(name: str) -> None:
    once = parse_repository(name)
    assert parse_repository(once) == once


@given(names | almost_names | st.text())
def test_names_follow_the_grammar(text: str) -> None:
    if grammar.is_name(text) and len(text) <= NAME_LENGTH:
        assert parse_repository(text) == canonical(text)
    else:
        with pytest.raises(NameInvalid):
            parse_repository(text)


@pytest.mark.parametrize("tag", ["latest", "1.0", "_", "V1-x_y.z", "a" * 128, "0", "manifests"])
def test_a_tag_of_the_specification_is_accepted(tag: str) -> None:
    assert parse_tag(tag) == tag


@pytest.mark.parametrize(
    "tag",
    [
        pytest.param("", id="empty"),
        pytest.param(".a", id="dot-first"),
        pytest.param("-a", id="dash-first"),
        pytest.param("a" * 129, id="too-long"),
        pytest.param("a/b", id="slash"),
        pytest.param("a:b", id="colon"),
        pytest.param("a\n", id="line-end"),
        pytest.param("é", id="outside-ascii"),
    ],
)
def test_another_tag_is_refused(tag: str) -> None:
    with pytest.raises(TagInvalid):
        parse_tag(tag)


@given(tags | almost_tags | st.text())
def test_tags_follow_the_grammar(text: str) -> None:
    assert is_tag(text) is grammar.is_tag(text)
    if is_tag(text):
        assert parse_tag(text) == text
    else:
        with pytest.raises(TagInvalid):
            parse_tag(text)


@given(st.text(min_size=300))
def test_a_refusal_does_not_repeat_a_long_text(text: str) -> None:
    with pytest.raises((NameInvalid, TagInvalid)) as refused:
        parse_tag(text)
    assert len(str(refused.value.detail)) <= NAME_LENGTH
