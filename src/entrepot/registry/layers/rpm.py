"""Packages that RPM installed, from whichever database its version keeps.

Three are read: SQLite's, which Fedora and Red Hat have today, RPM's own `ndb`, which SUSE has, and
the Berkeley DB of older ones. All hold the same headers of packages. What is only in a log beside
the database is not seen: RPM empties that when it ends.
"""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Final

from entrepot.model.layer import Package
from entrepot.registry.layers import rpm_berkeley, rpm_ndb, rpm_sqlite
from entrepot.registry.layers.rpm_header import read_header

_FOLDERS: Final = ("var/lib/rpm", "usr/lib/sysimage/rpm")
_READERS: Final[dict[str, Callable[[bytearray], Iterator[bytes]]]] = {
    "rpmdb.sqlite": rpm_sqlite.read_headers,
    "Packages.db": rpm_ndb.read_headers,
    "Packages": rpm_berkeley.read_headers,
}
DATABASES: Final = frozenset(f"{folder}/{name}" for folder in _FOLDERS for name in _READERS)
# Headers have every file of a package in them, and so are large for what is read of them.
LARGEST: Final = 64 * 1024 * 1024
_HEADERS: Final = 100_000
# Keys that packages are signed with have headers as if they were packages.
_KEY: Final = "gpg-pubkey"


def read_rpm(path: str, content: bytearray) -> Iterator[Package]:
    """The packages in the database at *path*; of a damaged one, those before the damage."""
    room = len(content)
    read = _READERS[path.rpartition("/")[2]]
    for header in islice(read(content), _HEADERS):
        room -= len(header)
        if room < 0:  # Only where pages are made to be part of many headers.
            return
        found = read_header(header)
        if found is not None and found[0] != _KEY:
            yield Package("rpm", *found, path)
