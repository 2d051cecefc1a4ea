"""Scopes as clients write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.errors import RequestInvalid
from entrepot.wire.scopes import Scope, parse_scopes


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("repository:a/b:pull", ("repository", "a/b", {"pull"})),
        ("repository:h:5000/a:pull,push", ("repository", "h:5000/a", {"pull", "push"})),
        ("repository(plugin):a/b:*", ("repository", "a/b", {"*"})),
        ("registry:catalog:*", ("registry", "catalog", {"*"})),
        ("repository:a/b:", ("repository", "a/b", set())),
    ],
)
def test_what_is_understood(text: str, wanted: tuple[str, str, set[str]]) -> None:
    kind, name, actions = wanted
    assert parse_scopes([text]) == (Scope(kind, name, frozenset(actions)),)


@pytest.mark.parametrize("text", ["a", "a:b", "a::b", f"repository:{'a' * 600}:pull"])
def test_what_is_not(text: str) -> None:
    with pytest.raises(RequestInvalid):
        parse_scopes([text])


def test_scopes_of_one_resource_are_one() -> None:
    found = parse_scopes(["repository:a:pull repository:b:pull", "repository:a:push"])
    assert [scope.text for scope in found] == ["repository:a:pull,push", "repository:b:pull"]


def test_a_hundred_at_once_and_no_more() -> None:
    scopes = [f"repository:r{number}:pull" for number in range(101)]
    assert len(parse_scopes(scopes[:100])) == 100
    with pytest.raises(RequestInvalid):
        parse_scopes(scopes)


@given(st.lists(st.text(max_size=60)))
def test_any_text_is_read_or_refused(texts: list[str]) -> None:
    try:
        found = parse_scopes(texts)
    except RequestInvalid:
        return
    assert parse_scopes([scope.text for scope in found]) == found


def test_scopes_of_one_resource_count_too() -> None:
    parse_scopes([" ".join(f":a:x{number}" for number in range(100))])
    with pytest.raises(RequestInvalid):
        parse_scopes([" ".join(f":a:x{number}" for number in range(101))])


def test_ten_actions_and_no_more() -> None:
    actions = [f"x{number}" for number in range(11)]
    assert len(parse_scopes([f"repository:a:{','.join(actions[:10])}"])[0].actions) == 10
    with pytest.raises(RequestInvalid):
        parse_scopes([f"repository:a:{','.join(actions)}"])
