"""What was measured on."""

import os
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from entrepot import __version__


def described(folder: Path) -> list[str]:
    """The machine and the programs, a line each."""
    system = platform.uname()
    return [
        (
            f"{datetime.now(UTC):%Y-%m-%d}, {_processor()}, {os.cpu_count()} cores,"
            f" {_memory()} GiB of memory, Linux {system.release}"
        ),
        f"data on {_file_system(folder)}",
        (
            f"Entrepot {__version__} on Python {platform.python_version()},"
            f" docker-registry {_debian('docker-registry')}, wrk {_debian('wrk')}"
        ),
    ]


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _memory() -> int:
    return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30)


def _file_system(folder: Path) -> str:
    argv = ["df", "--output=fstype", str(folder)]
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout.split()[-1]


def _debian(package: str) -> str:
    argv = ["dpkg-query", "-W", "-f", "${Version}", package]
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout
