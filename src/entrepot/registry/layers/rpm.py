"""Packages that RPM installed, from the SQLite database that it keeps since version 4.16.

What is only in a log beside the database is not seen: RPM empties that when it ends.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Final

from entrepot.model.layer import Package
from entrepot.registry.layers.rpm_header import read_header
from entrepot.registry.layers.rpm_sqlite import read_headers

_FOLDERS: Final = ("var/lib/rpm", "usr/lib/sysimage/rpm")
DATABASES: Final = frozenset(f"{folder}/rpmdb.sqlite" for folder in _FOLDERS)
# Headers have every file of a package in them, and so are large for what is read of them.
LARGEST: Final = 64 * 1024 * 1024
_HEADERS: Final = 100_000
# Keys that packages are signed with have headers as if they were packages.
_KEY: Final = "gpg-pubkey"


def read_rpm(path: str, content: bytearray) -> Iterator[Package]:
    """The packages in the database at *path*; of a damaged one, those before the damage."""
    room = len(content)
    for header in islice(read_headers(content), _HEADERS):
        room -= len(header)
        if room < 0:  # Only where pages are made to be part of many headers.
            return
        found = read_header(header)
        if found is not None and found[0] != _KEY:
            yield Package("rpm", *found, path)
