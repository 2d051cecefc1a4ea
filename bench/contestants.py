"""The servers that are measured: one process that answers each, files in a folder, side by side."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.programs.docker_registry import docker_registry
from tests.programs.entrepot import entrepot
from tests.programs.process import Program

OURS: Final = "Entrepot"
PEER: Final = "docker-registry"
_TICK: Final = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Contestant:
    """A running server, the processes of which it consists, and what to show it, if anything."""

    name: str
    host: str
    port: int
    process: Program
    authorization: str = ""

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": self.authorization} if self.authorization else {}

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    def processor_seconds(self) -> float:
        """What all of its processes have used of the processors so far."""
        fields = [_stat(pid) for pid in self._pids()]
        return sum(int(field[11]) + int(field[12]) for field in fields) / _TICK

    def resident(self) -> int:
        """Bytes of memory that its processes hold now."""
        return sum(_status(pid, "VmRSS") for pid in self._pids())

    def highest_resident(self) -> int:
        """Bytes that its processes held at the most since `forget_highest`."""
        return sum(_status(pid, "VmHWM") for pid in self._pids())

    def forget_highest(self) -> None:
        for pid in self._pids():
            Path(f"/proc/{pid}/clear_refs").write_text("5")

    def _pids(self) -> list[int]:
        """The processes of the session that `running` gave the program."""
        pids = [int(name) for name in os.listdir("/proc") if name.isdigit()]
        return [pid for pid in pids if _session(pid) == self.process.pid]


@contextmanager
def both(folder: Path) -> Iterator[tuple[Contestant, Contestant]]:
    """Entrepot and docker-registry, with their data below *folder*."""
    with entrepot(folder / "entrepot") as ours, docker_registry(folder / "docker") as peer:
        yield (
            Contestant(OURS, ours.host, ours.port, ours.process),
            Contestant(PEER, peer.host, peer.port, peer.process),
        )


@contextmanager
def ours(data: Path) -> Iterator[Contestant]:
    """Entrepot alone, on *data*."""
    with entrepot(data) as server:
        yield Contestant(OURS, server.host, server.port, server.process)


def _stat(pid: int) -> list[str]:
    """The fields of /proc/<pid>/stat behind the program's name."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()


def _session(pid: int) -> int:
    try:
        return int(_stat(pid)[3])
    except (FileNotFoundError, ProcessLookupError):
        return 0


def _status(pid: int, name: str) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024
    return 0
