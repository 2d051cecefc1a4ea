"""The processes of a server that runs, as /proc shows them."""

import os
from pathlib import Path


def children(pid: int) -> list[int]:
    """The processes that *pid* has forked and not yet lost."""
    return [each for each in _all() if _stat(each)[1:2] == [str(pid)]]


def session(leader: int) -> list[int]:
    """The living processes of the session that *leader* began."""
    return [each for each in _all() if _living(each, leader)]


def resident(pid: int) -> int:
    """Bytes of memory that a process holds."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _living(pid: int, leader: int) -> bool:
    stat = _stat(pid)
    return stat[3:4] == [str(leader)] and stat[0] != "Z"


def _all() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def _stat(pid: int) -> list[str]:
    """State, parent, group, session, … of a process (proc(5)); empty where it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    except OSError:
        return []
