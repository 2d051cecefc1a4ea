"""A disk that keeps what was synced, and forgets a part of the rest when the power goes.

`python -m torture.disk FILE MOUNTPOINT` shows FILE as `MOUNTPOINT/disk`. Writes stay in memory
until a sync, as they do in the cache of a disk. A line `cut SEED PROBABILITY` on standard input is
the power cut: of each sector written since the last sync, one of its versions reaches FILE with
that probability, and the process ends.
"""

import errno
import os
import random
import stat
import sys
import threading
from typing import Any, Final

import mfusepy

from torture.cache import Cache

_NAME: Final = "/disk"


class Disk(mfusepy.Operations):  # type: ignore[misc] # without types
    """A folder with one file of a fixed size."""

    use_ns = True

    def __init__(self, file: int) -> None:
        self._cache = Cache(file)
        self._size = os.fstat(file).st_size
        self._lock = threading.Lock()

    def getattr(self, path: str, fh: int | None = None) -> dict[str, Any]:
        if path == "/":
            return {"st_mode": stat.S_IFDIR | 0o700, "st_nlink": 2}
        if path != _NAME:
            raise mfusepy.FuseOSError(errno.ENOENT)
        return {"st_mode": stat.S_IFREG | 0o600, "st_nlink": 1, "st_size": self._size}

    def readdir(self, path: str, fh: int) -> list[str]:
        return [".", "..", _NAME[1:]]

    def open(self, path: str, flags: int) -> int:
        return 0

    def read(self, path: str, size: int, offset: int, fh: int) -> bytes:
        with self._lock:
            return self._cache.read(min(size, self._size - offset), offset)

    def write(self, path: str, data: bytes, offset: int, fh: int) -> int:
        with self._lock:
            self._cache.write(data, offset)
        return len(data)

    def fsync(self, path: str, datasync: int, fh: int) -> int:
        with self._lock:
            self._cache.sync()
        return 0

    def flush(self, path: str, fh: int) -> int:
        return 0

    def listen(self) -> None:
        """Wait for the power cut."""
        for line in sys.stdin:
            _, seed, probability = line.split()
            # Never let go of again: nothing may be written any more.
            self._lock.acquire()
            self._cache.cut(random.Random(seed), float(probability))
            os._exit(0)


def main() -> None:
    image, mountpoint = sys.argv[1:]
    disk = Disk(os.open(image, os.O_RDWR))
    threading.Thread(target=disk.listen, daemon=True).start()
    mfusepy.FUSE(disk, mountpoint, foreground=True, nothreads=True)


if __name__ == "__main__":
    main()
