"""Headers of tar archives (POSIX.1-2001 pax; GNU tar's "Basic Tar Format" and its extensions)."""

import re
from dataclasses import dataclass
from typing import Final

from entrepot.errors import LayerRefused

BLOCK: Final = 512
_SPACES: Final = sum(b" " * 8)
# Of one extended header; no program writes a hundred.
_RECORDS: Final = 1_000
# Of a record that is read. A longer one is cut, and still longer than any path may be.
LONGEST: Final = 64 * 1024
_SPARSE: Final = b"GNU.sparse."
_READ: Final = frozenset({b"path", b"linkpath", b"size", b"uid", b"gid", b"mtime"})
_OCTAL: Final = re.compile(rb"[0-7]+")
_SECONDS: Final = re.compile(r"(-?\d{1,18})(?:\.\d*)?", re.ASCII)
_WHOLE: Final = re.compile(r"\d{1,18}", re.ASCII)
# The years 1 to 9999: what a calendar can show.
_EARLIEST: Final = -62_135_596_800
_LATEST: Final = 253_402_300_799


@dataclass(slots=True)
class Header:
    """An entry's header block."""

    kind: bytes
    path: str
    target: str
    mode: int
    uid: int
    gid: int
    size: int
    mtime: int
    sparse: bool = False

    def amend(self, records: dict[str, str]) -> None:
        """Take what an extended header says instead."""
        self.path = records.get("GNU.sparse.name") or records.get("path") or self.path
        self.target = records.get("linkpath") or self.target
        self.size = whole(records, "size", self.size)
        self.uid = whole(records, "uid", self.uid)
        self.gid = whole(records, "gid", self.gid)
        found = _SECONDS.fullmatch(records.get("mtime", ""))
        if found is not None:
            self.mtime = _calendar(int(found[1]))
        self.sparse = self.sparse or any(name.startswith("GNU.sparse.") for name in records)


def whole(records: dict[str, str], name: str, otherwise: int) -> int:
    """The whole number in a record, and *otherwise* where there is none."""
    value = records.get(name)
    if not value:
        return otherwise
    if _WHOLE.fullmatch(value) is None:
        raise LayerRefused(f"the archive is damaged: {name} is no number")
    return int(value)


def read_header(block: bytes) -> Header:
    """The header in a block; LayerRefused when it is none."""
    _verify(block)
    path = _name(block[0:100])
    # GNU tar has other things where ustar has the first part of long names.
    if block[257:263] == b"ustar\0" and block[345]:
        path = _name(block[345:500]) + "/" + path
    return Header(
        kind=block[156:157],
        path=path,
        target=_name(block[157:257]),
        mode=_number(block[100:108]) & 0o7777,
        uid=max(_number(block[108:116]), 0),
        gid=max(_number(block[116:124]), 0),
        size=_size(block[124:136]),
        mtime=_calendar(_number(block[136:148])),
    )


def sparse_size(block: bytes) -> int:
    """How long the sparse file of GNU tar's old form is, holes included."""
    return _size(block[483:495])


def read_records(content: bytes) -> dict[str, str]:
    """The records of a pax extended header: `length key=value` lines."""
    records: dict[str, str] = {}
    begin, count = 0, 0
    while begin < len(content):
        digits, _, _ = content[begin : begin + 20].partition(b" ")
        end = begin + (int(digits) if digits.isdigit() else 0)
        key, separator, value = content[begin + len(digits) + 1 : end].partition(b"=")
        count += 1
        if not separator or not value.endswith(b"\n") or end > len(content) or count > _RECORDS:
            raise LayerRefused("the archive is damaged: an extended header cannot be read")
        # Others, such as extended attributes, can be as long as they like.
        if key in _READ or key.startswith(_SPARSE):
            records[text(key[:LONGEST])] = text(value[:-1][:LONGEST])
        begin = end
    return records


def text(value: bytes) -> str:
    r"""A name as text; what is not UTF-8 is written as `\xff`."""
    return value.decode("utf-8", "backslashreplace").replace("\0", "\N{REPLACEMENT CHARACTER}")


def _verify(block: bytes) -> None:
    written = block[148:156].strip(b" \0")
    if not _OCTAL.fullmatch(written):
        raise LayerRefused("this is no tar archive, or a damaged one")
    unsigned = sum(block) - sum(block[148:156]) + _SPACES
    if int(written, 8) != unsigned and int(written, 8) != unsigned - _negatives(block):
        raise LayerRefused("this is no tar archive, or a damaged one")


def _negatives(block: bytes) -> int:
    """What the sum lacks when bytes are taken as signed, as some old programs did."""
    return 256 * sum(byte > 127 for byte in block[:148] + block[156:])


def _name(field: bytes) -> str:
    return text(field.partition(b"\0")[0])


def _size(field: bytes) -> int:
    size = _number(field)
    if not 0 <= size < 2**63:
        raise LayerRefused("the archive is damaged: a size is out of bounds")
    return size


def _number(field: bytes) -> int:
    """Octal digits, or GNU tar's binary numbers."""
    # How nearly all are written; each entry has five.
    if (plain := field[:-1]).isdigit() and not field[-1] & 0xDF:
        return _octal(plain)
    if field[0] & 0x80:
        number = int.from_bytes(field, "big") & ((1 << (8 * len(field) - 1)) - 1)
        return number - (1 << (8 * len(field) - 1)) if field[0] & 0x40 else number
    digits = field.strip(b" \0").partition(b"\0")[0].rstrip(b" ")
    return _octal(digits) if digits else 0


def _octal(digits: bytes) -> int:
    if not digits.isdigit() or b"8" in digits or b"9" in digits:
        raise LayerRefused("the archive is damaged: a number cannot be read")
    return int(digits, 8)


def _calendar(seconds: int) -> int:
    return min(max(seconds, _EARLIEST), _LATEST)
