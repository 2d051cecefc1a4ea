"""RPM's own kind of database, `ndb`: a list of slots, and a header for each that is taken."""

import struct
from collections.abc import Iterator
from typing import Final

from entrepot.registry.layers.rpm_header import LONGEST

_FILE: Final = struct.Struct("<4s2I4xI12x")
_SLOT: Final = struct.Struct("<4s3I")
_BLOB: Final = struct.Struct("<4s3I")
_PAGE: Final = 4096
# For a hundred thousand packages.
_PAGES: Final = 400
_BLOCK: Final = 16


def read_headers(content: bytearray) -> Iterator[bytes]:
    """The headers of packages; slots that lead nowhere are left out."""
    if len(content) < _FILE.size:
        return
    magic, version, _, pages = _FILE.unpack_from(content)
    if magic != b"RpmP" or version != 0:
        return
    end = min(min(pages, _PAGES) * _PAGE, len(content) // _SLOT.size * _SLOT.size)
    slots = memoryview(content)[_FILE.size : end]
    for mark, number, start, blocks in _SLOT.iter_unpack(slots):
        if mark == b"Slot":
            yield from _blob(content, number, start * _BLOCK, blocks * _BLOCK)


def _blob(content: bytearray, number: int, start: int, room: int) -> Iterator[bytes]:
    """What is at *start*, if that is for the slot."""
    body = start + _BLOB.size
    if body > len(content):
        return
    mark, owner, _, length = _BLOB.unpack_from(content, start)
    if mark == b"BlbS" and owner == number and _BLOB.size + length <= room and length <= LONGEST:
        yield bytes(memoryview(content)[body : body + length])
