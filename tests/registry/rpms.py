"""Databases of RPM: by RPM itself, and by hand where it would make none like that."""

import struct
import zlib
from collections.abc import Iterable
from contextlib import closing
from itertools import accumulate
from pathlib import Path
from typing import Final

import apsw

from tests.programs.command import Command
from tests.programs.process import environment
from tests.programs.rpm import Rpm, package, rpm

SQLITE: Final = "var/lib/rpm/rpmdb.sqlite"
NDB: Final = "usr/lib/sysimage/rpm/Packages.db"
BERKELEY: Final = "var/lib/rpm/Packages"
TABLE: Final = "CREATE TABLE 'Packages' (hnum INTEGER PRIMARY KEY AUTOINCREMENT,blob BLOB NOT NULL)"
_DUMP: Final = """\
VERSION=3
format=bytevalue
type=hash
db_pagesize=4096
db_lorder={order}
HEADER=END
{rows}DATA=END
"""


def filled(folder: Path) -> Rpm:
    """RPM with a database in SQLite, in which some packages were replaced or removed."""
    first = [
        package(folder, "plain", "1.0-1"),
        package(folder, "dated", "2026a-3", epoch="2"),
        package(folder, "long", "3-1", text="word " * 10_000),
        package(folder, "gone", "1-1"),
        package(folder, "gpg-pubkey", "fd431d51-4ae0493b"),
    ]
    later = [package(folder, "plain", "1.1~rc1-2.el9"), package(folder, "zero", "1-1", epoch="0")]
    made = rpm(folder / "database", "sqlite")
    made.install(*first)
    made.install(*later)
    made.erase("gone")
    return made


def kinds(folder: Path) -> dict[str, bytes]:
    """Databases with the same packages, by their paths; Debian's RPM writes only SQLite's."""
    filled(folder)
    written = (folder / "database" / "rpmdb.sqlite").read_bytes()
    headers = rows(written)
    return {
        SQLITE: written,
        BERKELEY: berkeley(folder / "Packages", headers),
        NDB: ndb(*slots(headers), headers=headers),
    }


def rows(database: bytes) -> list[bytes]:
    """The headers in an SQLite database, as SQLite says."""
    with closing(apsw.Connection(":memory:")) as opened:
        opened.deserialize("main", database[:18] + b"\1\1" + database[20:])
        return [row[0] for row in opened.execute("SELECT blob FROM Packages")]


def berkeley(file: Path, headers: Iterable[bytes], *, order: int = 1234) -> bytes:
    """A hash table of the headers, as the tool of Berkeley DB makes it for a machine's *order*."""
    lines = "".join(f" {number:08x}\n {row.hex()}\n" for number, row in enumerate(headers, 1))
    dump = _DUMP.format(order=order, rows=lines).encode()
    Command(("db5.3_load",), environment()).run(file, stdin=dump)
    return file.read_bytes()


def sqlite(*statements: str, headers: Iterable[bytes] = ()) -> bytes:
    """A database made by the statements, with the headers in its table of packages."""
    with closing(apsw.Connection(":memory:")) as made:
        for statement in statements:
            made.execute(statement)
        made.execute("BEGIN")
        for header in headers:
            made.execute("INSERT INTO Packages (blob) VALUES (?)", (header,))
        made.execute("COMMIT")
        return made.serialize("main")


def header(name: str = "a", version: str = "1", release: str = "2", *, padding: int = 0) -> bytes:
    """A package's header, with *padding* bytes of other things."""
    values = [text.encode() + b"\0" for text in (name, version, release)]
    data = b"".join(values) + bytes(padding)
    offsets = (0, len(values[0]), len(values[0] + values[1]))
    entries = [(1000 + place, 6, offset, 1) for place, offset in enumerate(offsets)]
    return counted(entries, data)


def counted(entries: list[tuple[int, int, int, int]], data: bytes) -> bytes:
    """A header of these entries: tag, type, offset and count each."""
    listed = b"".join(struct.pack(">4I", *entry) for entry in entries)
    return struct.pack(">2I", len(entries), len(data)) + listed + data


def slots(headers: Iterable[bytes], *, pages: int = 1) -> list[tuple[int, int, int]]:
    """The slots of an `ndb` with these headers: a number, and where and how long in blocks."""
    lengths = [len(_blob(1, row)) // 16 for row in headers]
    starts = accumulate(lengths, initial=pages * 256)
    return [(number, *place) for number, place in enumerate(zip(starts, lengths, strict=False), 1)]


def ndb(*slots: tuple[int, int, int], pages: int = 1, headers: Iterable[bytes] = ()) -> bytes:
    """A database of RPM's own kind, `ndb`, which keeps room for slots that are not there."""
    listed = b"".join(b"Slot" + struct.pack("<3I", *slot) for slot in slots)
    free = (b"Slot" + bytes(12)) * (256 * pages - 2 - len(slots))
    start = b"RpmP" + struct.pack("<4I", 0, 1, pages, len(slots) + 1) + bytes(12)
    return start + listed + free + b"".join(_blob(*row) for row in enumerate(headers, 1))


def _blob(number: int, row: bytes) -> bytes:
    """A header in an `ndb`, with its checksum and length behind it."""
    start = b"BlbS" + struct.pack("<3I", number, 1, len(row)) + row
    end = struct.pack("<2I", zlib.adler32(start), len(row)) + b"BlbE"
    return start + bytes(-len(start + end) % 16) + end
