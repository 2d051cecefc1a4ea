"""Whether there is room for a push, and for what makes room again."""

import errno
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, Protocol

from entrepot.disk.reserve import Reserve
from entrepot.disk.space import Space, default_keep_free, default_reserve, measure
from entrepot.errors import Problem, StorageFull, StorageReadOnly
from entrepot.model.size import sized
from entrepot.observe import logs

# Without room for one more page of the memory that SQLite's processes share.
_NEARLY_NOTHING: Final = 64 * 1024
_NOT_WRITABLE: Final = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})
FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})


@dataclass(frozen=True, slots=True)
class State:
    """What there is to say about the disk."""

    folder: str
    total: int
    free: int
    keep_free: int
    reserve: int
    reserve_held: int
    few_files: bool
    read_only: bool

    @property
    def kept(self) -> int:
        """What pushes leave free: `keep_free`, and what the reserve lacks."""
        return self.keep_free + self.reserve - self.reserve_held

    @property
    def left(self) -> int:
        """What pushes may still use; below 0 where others have taken more."""
        return self.free - self.kept

    @property
    def full(self) -> bool:
        """Whether pushes are refused."""
        return self.left <= 0 or self.few_files

    @property
    def reserve_fits(self) -> bool:
        """Whether the reserve can be created again, with some room for other writes to spare."""
        missing = self.reserve - self.reserve_held
        return missing > 0 and self.free - missing > self.keep_free // 2


class Room(Protocol):
    """What pushes, the database and the pages ask of the place where data is kept."""

    def require(self, size: int = 0) -> None:
        """StorageFull where *size* more bytes leave less free than is kept; StorageReadOnly."""

    def state(self) -> State | None:
        """How it is now; None where it is not known, as of a database server and a bucket."""

    def fault(self) -> Problem | None:
        """What is wrong with the disk, where a write failed; None where it is not the disk."""

    def release(self) -> bool:
        """Give up the reserve; whether a write that found the disk full may be tried again."""

    def restore(self) -> bool:
        """Create the reserve where it is missing and there is room; whether that was done."""


class Unbounded:
    """Room that others watch over: a database server, a bucket."""

    def require(self, size: int = 0) -> None:
        pass

    def state(self) -> State | None:
        return None

    def fault(self) -> Problem | None:
        return None

    def release(self) -> bool:
        return False

    def restore(self) -> bool:
        return False


UNBOUNDED: Final = Unbounded()


class Disk:
    """The file system of the data folder."""

    def __init__(
        self,
        folder: Path,
        *,
        keep_free: int | None = None,
        reserve: int | None = None,
        holds_blobs: bool = True,
        measure: Callable[[Path], Space] = measure,
    ) -> None:
        self._folder = folder
        self._named = os.path.abspath(folder)
        self._measure = partial(measure, folder)
        self._holds_blobs = holds_blobs
        total = self._measure().total
        self._keep_free = default_keep_free(total) if keep_free is None else keep_free
        self._reserve = Reserve(folder, default_reserve(total) if reserve is None else reserve)
        self._refused = False

    def require(self, size: int = 0) -> None:
        asked, state = size if self._holds_blobs else 0, self.state()
        if not _takes(state, asked):
            raise _refusal(state, asked)

    def state(self) -> State:
        space = self._measure()
        return State(
            folder=self._named,
            total=space.total,
            free=space.free,
            keep_free=self._keep_free,
            reserve=self._reserve.size,
            reserve_held=self._reserve.held(),
            few_files=space.few_files,
            read_only=space.read_only or self._is_refused(),
        )

    def fault(self) -> Problem | None:
        state = self.state()
        if not state.read_only and state.free < _NEARLY_NOTHING:
            return StorageFull()
        # A file system that gave up after an error of the disk does not say so otherwise.
        self._refused = True
        return StorageReadOnly() if self._is_refused() else None

    def _is_refused(self) -> bool:
        """Whether writes were refused, and still are."""
        if self._refused:
            path = self._folder / f"probe-{os.urandom(8).hex()}"
            try:
                os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
                path.unlink()
            except OSError as error:
                self._refused = error.errno in _NOT_WRITABLE
            else:
                self._refused = False
        return self._refused

    def release(self) -> bool:
        with suppress(OSError):
            if self._reserve.release():
                logs.get(__name__).warning("the disk is full: the reserve was released")
            # Where another process released it, this one tries again as well.
            return self._reserve.size > 0
        return False

    def restore(self) -> bool:
        state = self.state()
        return not state.read_only and state.reserve_fits and self._reserve.create()


def _takes(state: State, size: int) -> bool:
    return not state.read_only and not state.full and size <= state.left


def _refusal(state: State, size: int) -> Problem:
    if state.read_only:
        return StorageReadOnly()
    folder, free, kept = state.folder, sized(state.free), sized(state.kept)
    if state.few_files:
        return StorageFull(
            f"The disk of {folder} is full: hardly any more files can be created on it. Nothing"
            " was kept of this request. Delete images and run `entrepot gc`, or remove other files"
            " from the disk."
        )
    if state.full:
        return StorageFull(
            f"The disk of {folder} is full: {free} are free, and {kept} are kept free"
            " (storage.keep_free, storage.reserve). Nothing was kept of this request. Delete images"
            " and run `entrepot gc`, or make room on the disk."
        )
    return StorageFull(
        f"{sized(size)} do not fit on the disk of {folder}, which is nearly full: {free} are free,"
        f" and {kept} are kept free (storage.keep_free, storage.reserve). Nothing was kept of this"
        " request. Delete images and run `entrepot gc`, or make room on the disk."
    )


def problem_of(error: OSError) -> Exception:
    """StorageFull or StorageReadOnly, where the disk is the reason; *error* itself otherwise."""
    if error.errno in FULL:
        return StorageFull()
    return StorageReadOnly() if error.errno == errno.EROFS else error
