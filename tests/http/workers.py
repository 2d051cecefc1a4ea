"""The worker processes of a server, as the kernel sees them (proc(5))."""

import os
import re
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Final

from tests.programs.entrepot import Entrepot

_PROC: Final = Path("/proc")
_NUMBERED: Final = re.compile(r":\[\d+\]$")


def workers(server: Entrepot) -> list[Path]:
    """The folders in /proc of the processes that answer."""
    pid = str(server.process.pid)
    found = (_PROC / pid / "task" / pid / "children").read_text().split()
    assert found
    return [_PROC / child for child in found]


def descriptors(server: Entrepot) -> Counter[str]:
    """What the workers hold open: files by their path, all else by its kind."""
    found: Counter[str] = Counter()
    for worker in workers(server):
        for link in (worker / "fd").iterdir():
            # What was closed meanwhile is not open.
            with suppress(FileNotFoundError):
                found[_NUMBERED.sub("", os.readlink(link))] += 1
    return found


def forget_peak(server: Entrepot) -> int:
    """Let the peak begin anew; the bytes that the workers hold in memory now."""
    for worker in workers(server):
        (worker / "clear_refs").write_text("5")
    return _sum(server, "VmRSS")


def peak(server: Entrepot) -> int:
    """The most bytes that the workers held in memory since then."""
    return _sum(server, "VmHWM")


def _sum(server: Entrepot, field: str) -> int:
    return sum(_bytes(worker, field) for worker in workers(server))


def _bytes(worker: Path, field: str) -> int:
    found = re.search(rf"^{field}:\s+(\d+) kB$", (worker / "status").read_text(), re.MULTILINE)
    assert found is not None
    return int(found[1]) * 1024
