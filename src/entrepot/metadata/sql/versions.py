"""Which versions of SQLite can corrupt a database: "The WAL-Reset Bug" (sqlite.org/wal.html).

Two connections that write and checkpoint at the same moment can lose pages of a commit. It is in
every version with a write-ahead log, was fixed in 3.51.3, and in later releases of two older lines.
"""

from typing import Final

_FIRST: Final = (3, 7, 0)
_FIXED: Final = (3, 51, 3)
_FIXED_IN_LINE: Final = {(3, 44): 6, (3, 50): 7}


def can_corrupt(version: str) -> bool:
    """Whether SQLite of this version has the bug; an unknown version counts as one that has it."""
    try:
        numbers = tuple(int(part) for part in version.split("."))
    except ValueError:
        return True
    line, patch = numbers[:2], (*numbers, 0, 0, 0)[2]
    if line in _FIXED_IN_LINE and patch >= _FIXED_IN_LINE[line]:
        return False
    return _FIRST <= numbers < _FIXED
