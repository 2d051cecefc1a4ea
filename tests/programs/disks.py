"""Small file systems, mounted for a test; root alone may mount."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

_SIZES: Final = (2**20, 4096, 1)


@contextmanager
def tmpfs(place: Path, size: int) -> Iterator[Path]:
    """A file system of *size* bytes in memory."""
    place.mkdir()
    with _mounted(place, "-t", "tmpfs", "-o", f"size={size}", "tmpfs"):
        yield place


@contextmanager
def ext4(place: Path, size: int) -> Iterator[Path]:
    """An ext4 of *size* bytes, which becomes read-only where its disk fails."""
    image = place.with_suffix(".image")
    with image.open("wb") as file:
        file.truncate(size)
    subprocess.run(["mkfs.ext4", "-q", image], check=True)
    place.mkdir()
    with _mounted(place, "-o", "loop,errors=remount-ro", image):
        yield place


@contextmanager
def _mounted(place: Path, *words: str | Path) -> Iterator[None]:
    done = subprocess.run(["mount", *words, place], capture_output=True, check=False)
    assert done.returncode == 0, f"this test must be run as root: {done.stderr!r}"
    try:
        yield
    finally:
        subprocess.run(["umount", place], check=True)


def remount(place: Path, option: str) -> None:
    """Change how *place* is mounted: ro, rw, or abort, as if the disk below it had failed."""
    subprocess.run(["mount", "-o", f"remount,{option}", place], check=True)


def fill(place: Path) -> list[Path]:
    """Files of somebody else that take all the room there is, to the last byte."""
    found = []
    for size in _SIZES:
        filler = place / f"filler-{os.urandom(4).hex()}"
        found.append(filler)
        with filler.open("wb", buffering=0) as file, suppress(OSError):
            while file.write(bytes(size)):
                pass
    return found
