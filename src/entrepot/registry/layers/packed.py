"""Rows of an index, packed: kept in memory as they are in the database, unpacked when read.

Two hundred thousand entries are 70 MiB of Python's objects and 3 MiB packed.
"""

import json
import zlib
from collections.abc import Callable, Iterator, Sequence
from typing import Final, TypeVar, overload

from entrepot.model.layer import Entry, EntryKind, Package

T = TypeVar("T")

# Rows, and characters in their first column, that are packed and unpacked together.
_ROWS: Final = 1_000
_LONG: Final = 128 * 1024


class Packed(Sequence[T]):
    """Rows in their order; each of `pieces` is some of them, and *make* makes one out of a row."""

    def __init__(
        self, make: Callable[..., T], pieces: Sequence[bytes], counts: Sequence[int]
    ) -> None:
        self._make = make
        self.pieces = tuple(pieces)
        self.counts = tuple(counts)

    def __len__(self) -> int:
        return sum(self.counts)

    def __iter__(self) -> Iterator[T]:
        for piece in self.pieces:
            yield from self._unpacked(piece)

    @overload
    def __getitem__(self, at: int) -> T: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[T]: ...
    def __getitem__(self, at: int | slice) -> T | Sequence[T]:
        if isinstance(at, slice):
            return tuple(self)[at]
        left = at if at >= 0 else len(self) + at
        for piece, count in zip(self.pieces, self.counts, strict=True):
            if 0 <= left < count:
                return list(self._unpacked(piece))[left]
            left -= count
        raise IndexError(at)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence) or len(self) != len(other):
            return False
        return all(one == another for one, another in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment] # it is equal to other sequences

    @property
    def size(self) -> int:
        """How many bytes the pieces have."""
        return sum(map(len, self.pieces))

    def _unpacked(self, piece: bytes) -> Iterator[T]:
        for row in json.loads(zlib.decompress(piece)):
            yield self._make(*row)


class Packer:
    """Packs rows while they come; `size` is what was packed so far."""

    def __init__(self) -> None:
        self._waiting: list[Sequence[object]] = []
        self._long = 0
        self._pieces: list[bytes] = []
        self._counts: list[int] = []
        self.size = 0
        self.count = 0

    def add(self, row: Sequence[object]) -> None:
        """Take in a row; its first column is a text."""
        self._waiting.append(row)
        self._long += len(str(row[0]))
        self.count += 1
        if len(self._waiting) >= _ROWS or self._long >= _LONG:
            self._pack()

    def finish(self, make: Callable[..., T]) -> Packed[T]:
        """Return all rows that came."""
        if self._waiting:
            self._pack()
        return Packed(make, self._pieces, self._counts)

    def _pack(self) -> None:
        text = json.dumps(self._waiting, separators=(",", ":"))
        piece = zlib.compress(text.encode())
        self._pieces.append(piece)
        self._counts.append(len(self._waiting))
        self.size += len(piece)
        self._waiting, self._long = [], 0


def make_entry(path: str, kind: str, *rest: object) -> Entry:
    """Return the entry of a row."""
    return Entry(path, EntryKind(kind), *rest)  # type: ignore[arg-type] # as row_of has them


def row_of(e: Entry) -> tuple[object, ...]:
    """Return what is kept of an entry."""
    return (e.path, e.kind, e.size, e.mode, e.uid, e.gid, e.target, e.mtime, e.offset, e.content)


def package_row(p: Package) -> tuple[str, str, str, str]:
    """Return what is kept of a package."""
    return (p.manager, p.name, p.version, p.source)


def pack_entries(entries: Sequence[Entry]) -> Packed[Entry]:
    """Return the entries packed, if they are not yet."""
    return _pack(entries, row_of, make_entry)


def pack_packages(packages: Sequence[Package]) -> Packed[Package]:
    """Return the packages packed, if they are not yet."""
    return _pack(packages, package_row, Package)


def _pack(
    values: Sequence[T], row: Callable[[T], tuple[object, ...]], make: Callable[..., T]
) -> Packed[T]:
    if isinstance(values, Packed):
        return values
    packer = Packer()
    for value in values:
        packer.add(row(value))
    return packer.finish(make)
