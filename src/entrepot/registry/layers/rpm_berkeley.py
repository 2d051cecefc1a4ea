"""The Berkeley DB in which RPM kept its packages until version 4.16: a hash table on pages.

Values are headers of packages. Those that are too long for a page of the table, and that is nearly
all, are on a chain of pages of their own. Pages are looked through in their order, not by key.
"""

import struct
from collections.abc import Iterator
from itertools import pairwise
from typing import Final, Literal

from entrepot.registry.layers.rpm_header import LONGEST

_MAGIC: Final = 0x061561
_SIZES: Final = frozenset(2**power for power in range(9, 17))
# The numbers of itself and of the next page, how many entries or bytes are there, its kind.
_HEAD: Final = "8xI4xI2HxB"
_BODY: Final = 26
_TABLE: Final = (2, 13)
_OVERFLOW: Final = 7
_HERE: Final = 1
_ELSEWHERE: Final = 3
_FAR: Final = "4x2I"


def read_headers(content: bytearray) -> Iterator[bytes]:
    """The values in the table, headers of packages among them."""
    order = _order(content)
    size = int.from_bytes(content[20:24], "big" if order == ">" else "little")
    if order is None or size not in _SIZES:
        return
    table = _Table(content, order, size)
    for number in range(1, table.count):
        yield from table.values(number)


def _order(content: bytearray) -> Literal["<", ">"] | None:
    """The order of bytes on the machine that wrote it; None when it is no hash table."""
    magic = content[12:16]
    if magic == _MAGIC.to_bytes(4, "little"):
        return "<"
    return ">" if magic == _MAGIC.to_bytes(4, "big") else None


class _Table:
    """The pages; none is read for two values, so that all take no longer than the file is."""

    def __init__(self, content: bytearray, order: Literal["<", ">"], size: int) -> None:
        self._content = content
        self._order = order
        self._size = size
        self._head = struct.Struct(order + _HEAD)
        self._far = struct.Struct(order + _FAR)
        self._used: set[int] = set()
        self.count = len(content) // size

    def values(self, number: int) -> Iterator[bytes]:
        """The values that a page of the table has, none of another page."""
        at = number * self._size
        itself, _, entries, _, kind = self._head.unpack_from(self._content, at)
        if kind not in _TABLE or itself != number:
            return
        entries = min(entries, (self._size - _BODY) // 2)
        offsets = struct.unpack_from(f"{self._order}{entries}H", self._content, at + _BODY)
        # Keys and values take turns, and each ends where the one before it begins.
        for end, start in list(pairwise(offsets))[::2]:
            if _BODY <= start < end <= self._size:
                yield self._value(at + start, at + end)

    def _value(self, start: int, end: int) -> bytes:
        kind = self._content[start]
        if kind == _ELSEWHERE and start + self._far.size <= end:
            number, length = self._far.unpack_from(self._content, start)
            return b"".join(self._chain(number, length)) if length <= LONGEST else b""
        return bytes(self._content[start + 1 : end]) if kind == _HERE else b""

    def _chain(self, number: int, length: int) -> Iterator[bytearray]:
        """What is on a page and those after it, up to *length* bytes."""
        while length and 0 < number < self.count and number not in self._used:
            self._used.add(number)
            at = number * self._size
            _, following, _, filled, kind = self._head.unpack_from(self._content, at)
            if kind != _OVERFLOW or filled > min(length, self._size - _BODY):
                return
            yield self._content[at + _BODY : at + _BODY + filled]
            number, length = following, length - filled
