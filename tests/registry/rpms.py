"""Databases of RPM: by RPM itself, and by hand where it would make none like that."""

import struct
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Final

import apsw

from tests.programs.rpm import Rpm, package, rpm

SQLITE: Final = "var/lib/rpm/rpmdb.sqlite"
TABLE: Final = "CREATE TABLE 'Packages' (hnum INTEGER PRIMARY KEY AUTOINCREMENT,blob BLOB NOT NULL)"


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


def installed(folder: Path) -> bytes:
    """The database that RPM fills."""
    filled(folder)
    return (folder / "database" / "rpmdb.sqlite").read_bytes()


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
