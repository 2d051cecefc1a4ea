"""A cache that is bounded by the memory that it takes, rather than by a number of entries.

Keys and values may come from strangers: a number of entries says nothing about their size.
"""

from collections import OrderedDict
from collections.abc import Hashable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import fields, is_dataclass
from sys import getsizeof
from typing import Final, Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

MIB: Final = 1024 * 1024
# What the table itself takes for an entry: a slot, its place in the order, the entry's weight.
ENTRY: Final = 250


def size_of(value: object) -> int:
    """Return about how many bytes of memory *value* takes, with everything in it.

    Understood are texts, numbers, collections and dataclasses; what two of them share counts twice.
    """
    size = getsizeof(value)
    if isinstance(value, str | bytes | int | float | None):
        return size
    if isinstance(value, Mapping):
        return size + sum(size_of(name) + size_of(each) for name, each in value.items())
    if isinstance(value, tuple | list | AbstractSet):
        return size + sum(map(size_of, value))
    if is_dataclass(value):
        return size + sum(size_of(getattr(value, each.name)) for each in fields(value))
    return size


class Cache(Generic[K, V]):
    """Values by key, up to *limit* bytes; the one that was used longest ago is dropped first."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._entries: OrderedDict[K, tuple[V, int]] = OrderedDict()
        self.held = 0

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: K) -> V | None:
        """Return the value, or None if it is not kept here."""
        found = self._entries.get(key)
        if found is None:
            return None
        self._entries.move_to_end(key)
        return found[0]

    def keep(self, key: K, value: V, size: int | None = None) -> None:
        """Keep the value, unless it is larger than everything that may be kept.

        Its *size* in bytes is worked out where it is not given.
        """
        self.drop(key)
        weight = ENTRY + size_of(key) + (size_of(value) if size is None else size)
        if weight > self._limit:
            return
        self.shrink(self._limit - weight)
        self._entries[key] = value, weight
        self.held += weight

    def drop(self, key: K) -> None:
        """Forget the value, if it is kept here."""
        found = self._entries.pop(key, None)
        if found is not None:
            self.held -= found[1]

    def shrink(self, limit: int) -> None:
        """Drop the oldest values until no more than *limit* bytes are held."""
        while self._entries and self.held > limit:
            _, (_, weight) = self._entries.popitem(last=False)
            self.held -= weight
