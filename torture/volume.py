"""A file system on a disk that loses power; needs root, loop devices and FUSE."""

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

from tests.programs.waiting import until

_MEGABYTE: Final = 1024 * 1024
_MAKE: Final = {
    "ext4": ["mkfs.ext4", "-q", "-F"],
    "xfs": ["mkfs.xfs", "-q", "-f"],
}


class Volume:
    """A file system whose disk keeps what was synced, and a part of the rest."""

    def __init__(self, folder: Path, *, kind: str, megabytes: int) -> None:
        self._kind = kind
        self._image = folder / "image"
        self._fuse = folder / "fuse"
        self.path = folder / "volume"
        self._disk: subprocess.Popen[str] | None = None
        self._loop = ""
        for each in (folder, self._fuse, self.path):
            each.mkdir(parents=True, exist_ok=True)
        with self._image.open("wb") as file:
            file.truncate(megabytes * _MEGABYTE)

    def make(self) -> None:
        """Make the file system, on an empty disk."""
        _run(*_MAKE[self._kind], str(self._image))

    def mount(self) -> None:
        """Give the disk power, and mount its file system, which repairs itself by its journal."""
        argv = [sys.executable, "-m", "torture.disk", str(self._image), str(self._fuse)]
        self._disk = subprocess.Popen(argv, stdin=subprocess.PIPE, text=True)
        shown = self._fuse / "disk"
        until(shown.exists)
        self._loop = _run("losetup", "--find", "--show", str(shown)).strip()
        _run("mount", "-t", self._kind, self._loop, str(self.path))

    def cut(self, seed: str, probability: float) -> None:
        """Cut the power: whatever still runs on the volume meets I/O errors."""
        disk = self._disk
        assert disk is not None
        assert disk.stdin is not None
        with suppress(BrokenPipeError):
            print("cut", seed, probability, file=disk.stdin, flush=True)
        disk.wait(60)

    def unmount(self) -> None:
        """Unmount in order: everything is written, nothing is lost."""
        _run("umount", str(self.path))
        _run("losetup", "--detach", self._loop)
        self.clear()

    def clear(self) -> None:
        """Take the volume away, whatever state it is in; its users must have ended."""
        for argv in (
            ["umount", "--lazy", str(self.path)],
            ["losetup", "--detach", self._loop] if self._loop else [],
            ["umount", "--lazy", str(self._fuse)],
        ):
            if argv:
                subprocess.run(argv, check=False, capture_output=True)
        if self._disk is not None:
            self._disk.kill()
            self._disk.wait()
        self._disk, self._loop = None, ""

    def check(self) -> str:
        """What fsck says of the file system; empty where it is clean."""
        if self._kind != "ext4":
            return ""
        argv = ["fsck.ext4", "-f", "-n", str(self._image)]
        done = subprocess.run(argv, check=False, capture_output=True, text=True)
        return "" if done.returncode == 0 else done.stdout


def _run(*argv: str) -> str:
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout


def usable() -> str:
    """Why there can be no such volume here; empty where there can be."""
    if os.geteuid() != 0:
        return "power cuts need root, for loop devices and mounts"
    if not Path("/dev/fuse").exists():
        return "power cuts need /dev/fuse"
    return ""
