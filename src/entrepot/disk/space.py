"""How much of a file system is free, and how much of that pushes may use."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

MIB: Final = 1024 * 1024
GIB: Final = 1024 * MIB
# Five percent, as file systems keep for root; of large disks that would be too much.
_KEPT: Final = 20
# Twice what SQLite's log grows to before it is used again from its beginning.
_RESERVE: Final = 32 * MIB
_RESERVE_SHARE: Final = 8
_FEW_FILES: Final = 1000


@dataclass(frozen=True, slots=True)
class Space:
    """A file system as statvfs(3) describes it; `files` is 0 where it has no limit of files."""

    total: int
    free: int
    files: int
    files_free: int
    read_only: bool

    @property
    def few_files(self) -> bool:
        """Whether hardly any more files can be created, however many bytes are free."""
        return self.files > 0 and self.files_free < min(_FEW_FILES, self.files // _KEPT)


def measure(folder: Path) -> Space:
    """The file system of *folder* as it is now, for an account that is not root."""
    found = os.statvfs(folder)
    return Space(
        total=found.f_blocks * found.f_frsize,
        free=found.f_bavail * found.f_frsize,
        files=found.f_files,
        files_free=found.f_favail,
        read_only=bool(found.f_flag & os.ST_RDONLY),
    )


def default_keep_free(total: int) -> int:
    """How many bytes pushes leave free on a file system of *total* bytes, unless it is set."""
    return min(GIB, total // _KEPT)


def default_reserve(total: int) -> int:
    """How large the database's reserve is on a file system of *total* bytes, unless it is set."""
    return min(_RESERVE, total // _RESERVE_SHARE)
