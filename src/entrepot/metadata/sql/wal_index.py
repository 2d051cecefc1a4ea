"""SQLite's own proof that nothing was committed: the header of its WAL index.

All processes that have a database open share the index in memory. Whoever commits writes the
header anew before its COMMIT returns, with a change counter and a checksum of all that is in the
log; whoever begins to read compares it with what it saw last (SQLite, walformat.html, "The
WAL-Index File Format"). This compares the same bytes, without a call into SQLite, which would give
away Python's lock each time.
"""

import ctypes
import os
import struct
from pathlib import Path
from typing import Final

# The first of the header's two copies; a commit writes the second one before it.
_LENGTH: Final = 48
_FORMAT: Final = 3_007_000


class WalIndex:
    """The header where SQLite has it mapped; valid while this process has the database open."""

    def __init__(self, address: int) -> None:
        self._header = (ctypes.c_char * _LENGTH).from_address(address)

    def version(self) -> bytes:
        """Bytes that differ once anyone has committed anything."""
        return self._header.raw

    @classmethod
    def find(cls, database: Path) -> "WalIndex | None":
        """The index of *database*, which a connection of this process has read; None without one.

        The file itself must not be opened for this: closing it again would take away the locks
        that SQLite holds on it (fcntl(2), "Advisory record locking").
        """
        address = _mapped(f"{database}-shm")
        if address is None:
            return None
        found = cls(address)
        (version,) = struct.unpack_from("=I", found.version())
        return found if version == _FORMAT else None


def _mapped(path: str) -> int | None:
    """Where this process has the start of the file in its memory (proc(5), /proc/pid/maps)."""
    try:
        inode = str(os.stat(path).st_ino)
        maps = Path("/proc/self/maps").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    for line in maps.splitlines():
        span, rights, offset, _, number, *name = line.split(maxsplit=5)
        if number == inode and "s" in rights and int(offset, 16) == 0 and name:
            return int(span.partition("-")[0], 16)
    return None
