"""The header in which RPM keeps what it knows of a package (its manual's "Package format")."""

import struct
from typing import Final

_COUNTS: Final = struct.Struct(">2I")
_ENTRY: Final = struct.Struct(">4I")
_NAME: Final = 1000
_VERSION: Final = 1001
_RELEASE: Final = 1002
_EPOCH: Final = 1003
_NUMBER: Final = 4
_STRING: Final = 6
_KINDS: Final = {_NAME: _STRING, _VERSION: _STRING, _RELEASE: _STRING, _EPOCH: _NUMBER}
_FIELD: Final = 200
# A package of half a million files has a header of this length.
LONGEST: Final = 16 * 1024 * 1024


def read_header(header: bytes) -> tuple[str, str] | None:
    """The name, and the version as `[epoch:]version-release`; None when it is no package's."""
    if len(header) < _COUNTS.size:
        return None
    count, length = _COUNTS.unpack_from(header)
    start = _COUNTS.size + count * _ENTRY.size
    end = start + length
    if end > len(header):
        return None
    found: dict[int, str] = {}
    # What RPM added later stands behind what the package came with, and goes before it.
    for tag, kind, offset, _ in _ENTRY.iter_unpack(header[_COUNTS.size : start]):
        if _KINDS.get(tag) == kind and offset < length:
            at = start + offset
            found[tag] = _value(kind, header[at : min(at + _FIELD, end)])
    if not found.get(_NAME) or not found.get(_VERSION):
        return None
    return found[_NAME], _version(found)


def _value(kind: int, data: bytes) -> str:
    if kind == _NUMBER:
        return str(int.from_bytes(data[:4], "big"))
    return data.partition(b"\0")[0].decode("utf-8", "replace")


def _version(found: dict[int, str]) -> str:
    epoch = f"{found[_EPOCH]}:" if _EPOCH in found else ""
    release = f"-{found[_RELEASE]}" if found.get(_RELEASE) else ""
    return f"{epoch}{found[_VERSION]}{release}"
