"""A file that holds room for the database, given up when the disk is full.

While others fill the disk, deletes and the garbage collection must still write a few rows to make
room. The file's blocks are allocated beforehand, and freed when the database reports a full disk.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

_BLOCK: Final = 512


class Reserve:
    """The reserve of one data folder; its processes create and release it one at a time."""

    def __init__(self, folder: Path, size: int) -> None:
        self.size = size
        self._folder = folder
        self._path = folder / "reserve"
        # Asked before every push: a path would be put together each time.
        self._name = os.fspath(self._path)

    def held(self) -> int:
        """How many bytes of the disk it holds now."""
        try:
            return min(os.stat(self._name).st_blocks * _BLOCK, self.size)
        except FileNotFoundError:
            return 0

    def create(self) -> bool:
        """Allocate it; False, with nothing allocated, where the disk has no room for it."""
        with self._alone():
            if not self.size:
                self._remove()
                return True
            file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
            try:
                os.ftruncate(file, self.size)
                os.posix_fallocate(file, 0, self.size)
                os.fsync(file)
            except OSError:
                os.ftruncate(file, 0)
                self._remove()
                return False
            finally:
                os.close(file)
            return True

    def release(self) -> bool:
        """Free its bytes, durably; False where another process did so before."""
        with self._alone():
            try:
                file = os.open(self._path, os.O_RDWR)
            except FileNotFoundError:
                return False
            try:
                # A file system that copies on write may have no room to unlink a large file.
                os.ftruncate(file, 0)
                # Only then has a journal given the blocks back.
                os.fsync(file)
                self._remove()
            finally:
                os.close(file)
            return True

    def _remove(self) -> None:
        with suppress(FileNotFoundError):
            self._path.unlink()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        folder = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            yield
        finally:
            os.close(folder)
