"""A cache takes as many bytes as it may, whatever is put into it."""

import tracemalloc
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.cache import ENTRY, MIB, Cache, size_of

LIMIT = 5_000


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, LIMIT + 500))))
def test_no_more_than_the_limit_is_held(kept: list[tuple[int, int]]) -> None:
    cache: Cache[str, bytes] = Cache(LIMIT)
    known: dict[str, bytes] = {}
    for name, size in kept:
        content = known[str(name)] = bytes([name]) * size
        cache.keep(str(name), content)
        held = {each: cache.get(each) for each in known}
        assert cache.held == sum(
            ENTRY + size_of(each) + size_of(found) for each, found in held.items() if found
        ) + sum(
            ENTRY + size_of(each) + size_of(b"") for each, found in held.items() if found == b""
        )
        assert cache.held <= LIMIT
        assert all(each in {None, known[name]} for name, each in held.items())
        if size < LIMIT - 500:
            assert cache.get(str(name)) == content


def test_what_was_used_longest_ago_is_dropped_first() -> None:
    cache: Cache[str, bytes] = Cache(LIMIT)
    for name in "abc":
        cache.keep(name, bytes(1_000))
    assert cache.get("a")
    cache.keep("d", bytes(1_500))
    assert [cache.get(name) is not None for name in "abcd"] == [True, False, True, True]


def test_what_is_larger_than_everything_is_not_kept() -> None:
    cache: Cache[str, bytes] = Cache(LIMIT)
    cache.keep("small", b"x")
    cache.keep("large", bytes(LIMIT))
    assert cache.get("large") is None
    assert cache.get("small") == b"x"


def test_a_value_that_is_put_again_counts_once() -> None:
    cache: Cache[str, bytes] = Cache(LIMIT)
    for size in (1_000, 10, 2_000):
        cache.keep("same", bytes(size))
    assert len(cache) == 1
    assert cache.held == ENTRY + size_of("same") + size_of(bytes(2_000))
    cache.drop("same")
    cache.drop("other")
    assert (len(cache), cache.held) == (0, 0)


@dataclass(frozen=True, slots=True)
class Pair:
    name: str
    more: tuple[frozenset[str], dict[str, bytes]]


@pytest.mark.parametrize("length", [10, 1_000, 60_000])
def test_what_is_weighed_is_what_is_taken(length: int) -> None:
    """Keys and values of strangers are weighed with all that is in them."""
    cache: Cache[object, Pair] = Cache(4 * MIB)
    tracemalloc.start()
    for number in range(20_000_000 // length if length > 10 else 20_000):
        name = f"{number:08}".ljust(length, "n")
        cache.keep(
            (name, number), Pair(name + "v", (frozenset({name + "f"}), {"k": bytes(length)}))
        )
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert 3 * MIB < cache.held <= 4 * MIB
    assert taken < 1.1 * cache.held
