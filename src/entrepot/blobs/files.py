"""What is asked of the operating system about files, one short call each."""

import ctypes
import fcntl
import mmap
import os
import re
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from entrepot.errors import UploadBusy

# What O_DIRECT wants addresses and lengths to be a multiple of, on any disk.
BLOCK: Final = 4096
_PREFIX: Final = re.compile("[0-9a-f]{2}")
_DIGITS: Final = re.compile("[0-9a-f]+")
_LIBC: Final = ctypes.CDLL(None)
_SYNC_FILE_RANGE_WRITE: Final = 2


def is_in_memory(file: int, start: int, length: int) -> bool:
    """Whether the first and the last byte are in the page cache: a read will not wait then.

    Where the file system cannot tell, nothing is.
    """
    if not length:
        return True
    probe = bytearray(1)
    try:
        os.preadv(file, [probe], start, os.RWF_NOWAIT)
        os.preadv(file, [probe], start + length - 1, os.RWF_NOWAIT)
    except OSError:
        return False
    return True


def lock(file: int) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise UploadBusy from None


def same(path: str, here: os.stat_result) -> bool:
    try:
        there = os.stat(path)
    except FileNotFoundError:
        return False
    return (there.st_dev, there.st_ino) == (here.st_dev, here.st_ino)


def write_past_cache(file: int, chunks: Sequence[bytes], buffer: mmap.mmap) -> None:
    """Write *chunks*, which fit into *buffer*, to a new file that was opened with O_DIRECT."""
    size = 0
    for chunk in chunks:
        buffer[size : size + len(chunk)] = chunk
        size += len(chunk)
    with memoryview(buffer) as whole:
        left = whole[: -(-size // BLOCK) * BLOCK]
        while left:
            left = left[os.write(file, left) :]
    os.ftruncate(file, size)


def write(file: int, chunks: Sequence[bytes]) -> None:
    for chunk in chunks:
        view = memoryview(chunk)
        while view:
            view = view[os.write(file, view) :]


def write_at(file: int, offset: int, chunks: Sequence[bytes]) -> None:
    # What stands behind the offset was left by a writer that died.
    if os.fstat(file).st_size != offset:
        os.ftruncate(file, offset)
    os.lseek(file, offset, os.SEEK_SET)
    write(file, chunks)


def make(folder: str) -> bool:
    try:
        os.mkdir(folder)
    except FileExistsError:
        return False
    return True


def place(incoming: str, path: str) -> list[str]:
    """Move a finished file to its *path*, two folders deep; returns the folders to sync, in order.

    Over a file that is there already: the bytes are the same, or it was damaged.
    """
    folder = os.path.dirname(path)
    prefix = os.path.dirname(folder)
    changed = [folder, prefix]
    try:
        make(folder)
    except FileNotFoundError:
        make(prefix)
        make(folder)
        changed.append(os.path.dirname(prefix))
    os.replace(incoming, path)
    return changed


def create(path: str, incoming: str, content: bytes) -> None:
    """Make *path* be *content*, by way of *incoming*, unless there is such a file."""
    file = os.open(incoming, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        lock(file)
        write(file, [content])
        os.fsync(file)
        with suppress(FileExistsError):
            os.link(incoming, path)
        sync_folder(os.path.dirname(path))
    finally:
        os.close(file)
        remove(incoming)


def start_writing(file: int) -> None:
    """Set the file's bytes on their way to the disk, without waiting: a hint for a later fsync.

    So the journal of a file system takes in many files at once, and the first fsync waits for all.
    """
    _LIBC.sync_file_range(file, ctypes.c_int64(0), ctypes.c_int64(0), _SYNC_FILE_RANGE_WRITE)


def sync_folder(folder: str) -> None:
    file = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def remove(path: str) -> bool:
    try:
        os.unlink(path)
    except FileNotFoundError:
        return False
    return True


def remove_abandoned(path: str) -> None:
    file = os.open(path, os.O_RDWR)
    try:
        lock(file)
        remove(path)
    except UploadBusy:
        pass  # Another server on this folder is writing it.
    finally:
        os.close(file)


def prefixes(folder: str) -> list[str]:
    """The folders of digests that begin alike; whatever else lies there is not ours."""
    return sorted(name for name in os.listdir(folder) if _PREFIX.fullmatch(name))


def finished(folder: str, length: int) -> list[str]:
    """The digests in *folder*, of *length* digits, that have content."""
    if not os.path.isdir(folder):
        return []
    return [
        name
        for name in os.listdir(folder)
        if len(name) == length
        and _DIGITS.fullmatch(name)
        and os.path.isfile(f"{folder}/{name}/data")
    ]
