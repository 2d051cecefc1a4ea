"""Listings, walked page by page as clients do."""

from collections.abc import Callable, Iterator
from typing import TypeVar

T = TypeVar("T")


def walk(page: Callable[[str, int], list[T]], key: Callable[[T], str], size: int) -> Iterator[T]:
    """All items of a listing, *size* at a time; every page but the last is full."""
    last = ""
    while items := page(last, size):
        assert len(items) <= size
        yield from items
        assert key(items[-1]) > last, "the same page again"
        last = key(items[-1])
        if len(items) < size:
            assert page(last, size) == []
