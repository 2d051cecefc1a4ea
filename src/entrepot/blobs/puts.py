"""Small contents on their way to their places: one thread, and all that wait go together.

Many threads that each write, sync and rename one file spend most of their time on waiting for each
other: for Python's lock, for the folder that all of them write to, for the disk. One thread takes
what waits, starts all of it on its way to the disk, and then waits once.
"""

import asyncio
import errno
import mmap
import os
import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Final

from entrepot.blobs import files

_TOGETHER: Final = 32
# Contents of these lengths are written past the page cache (docs/decisions/0014).
DIRECT: Final = 128 * 1024
LARGEST: Final = 1024 * 1024
_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL
_buffers: Final = threading.local()


@dataclass(frozen=True, slots=True)
class Put:
    """Content, where it goes, and the upload's file that it takes the place of."""

    chunks: Sequence[bytes]
    path: str
    instead_of: str | None


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A put, and who waits for it."""

    put: Put
    loop: asyncio.AbstractEventLoop
    done: "asyncio.Future[None]"


class Puts:
    """The one thread of a store that puts; it starts with the first of them."""

    def __init__(self, incoming: str) -> None:
        self._incoming = incoming
        self._waiting: queue.SimpleQueue[_Waiting] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    async def put(self, chunks: Sequence[bytes], path: str, instead_of: str | None) -> None:
        """Return when *path* durably is *chunks*; OSError when it cannot be."""
        loop = asyncio.get_running_loop()
        waiting = _Waiting(Put(chunks, path, instead_of), loop, loop.create_future())
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="puts", daemon=True)
            self._thread.start()
        self._waiting.put(waiting)
        await waiting.done

    def put_alone(self, chunks: Sequence[bytes], path: str, instead_of: str | None) -> None:
        """Do the same on this thread."""
        (error,) = self._outcomes([Put(chunks, path, instead_of)])
        if error is not None:
            raise error

    def _run(self) -> None:
        while True:
            waiting = [self._waiting.get()]
            while len(waiting) < _TOGETHER and not self._waiting.empty():
                waiting.append(self._waiting.get())
            _tell(waiting, self._outcomes([each.put for each in waiting]))

    def _outcomes(self, puts: Sequence[Put]) -> list[BaseException | None]:
        batch = [_Step(put, f"{self._incoming}/put-{os.urandom(12).hex()}") for put in puts]
        try:
            _store(batch)
        except BaseException as error:  # noqa: BLE001 - told to every caller; the thread lives on
            for step in batch:
                step.error = step.error or error
        for step in batch:
            _attempt(step, step.end)
        return [step.error for step in batch]


class _Step:
    """One put of a batch: what was made for it, and what went wrong."""

    def __init__(self, put: Put, incoming: str) -> None:
        self.put = put
        self.incoming = incoming
        self.file = -1
        self.error: BaseException | None = None

    def write(self) -> None:
        if DIRECT <= sum(map(len, self.put.chunks)) <= LARGEST and self._write_past_cache():
            return
        self.file = os.open(self.incoming, _NEW, 0o600)
        files.lock(self.file)
        files.write(self.file, self.put.chunks)

    def _write_past_cache(self) -> bool:
        """False where the file system cannot (open(2), O_DIRECT)."""
        try:
            self.file = os.open(self.incoming, _NEW | os.O_DIRECT, 0o600)
            files.lock(self.file)
            files.write_past_cache(self.file, self.put.chunks, _buffer())
        except OSError as error:
            if error.errno != errno.EINVAL:
                raise
            self.end_file()
            files.remove(self.incoming)
            return False
        return True

    def sync(self) -> None:
        os.fsync(self.file)

    def place(self, changed: dict[str, None]) -> None:
        changed.update(dict.fromkeys(files.place(self.incoming, self.put.path)))

    def end_file(self) -> None:
        if self.file >= 0:
            os.close(self.file)
            self.file = -1

    def end(self) -> None:
        self.end_file()
        if self.error is not None:
            files.remove(self.incoming)
        elif self.put.instead_of is not None:
            files.remove(self.put.instead_of)


def _store(batch: Sequence[_Step]) -> None:
    for step in batch:
        _attempt(step, step.write)
    if len(batch) > 1:
        for step in _good(batch):
            files.start_writing(step.file)
    for step in _good(batch):
        _attempt(step, step.sync)
    changed: dict[str, None] = {}
    for step in _good(batch):
        _attempt(step, partial(step.place, changed))
    for folder in changed:
        files.sync_folder(folder)


def _good(batch: Sequence[_Step]) -> Iterator[_Step]:
    return (step for step in batch if step.error is None)


def _attempt(step: _Step, what: Callable[[], object]) -> None:
    try:
        what()
    except Exception as error:  # noqa: BLE001 - told to the caller; the others go on
        step.error = step.error or error


def _buffer() -> mmap.mmap:
    """Memory of the running thread to write from, aligned as O_DIRECT wants it."""
    found: mmap.mmap | None = getattr(_buffers, "own", None)
    if found is None:
        found = _buffers.own = mmap.mmap(-1, LARGEST)
    return found


def _tell(waiting: Sequence[_Waiting], outcomes: Sequence[BaseException | None]) -> None:
    """Tell all callers, each loop once."""
    told = list(zip(waiting, outcomes, strict=True))
    for loop in {each.loop for each in waiting}:
        mine = [(each.done, error) for each, error in told if each.loop is loop]
        # A loop that was closed: nobody waits any more.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(_settle, mine)


def _settle(told: "Sequence[tuple[asyncio.Future[None], BaseException | None]]") -> None:
    for done, error in told:
        if done.done():
            continue
        if error is None:
            done.set_result(None)
        else:
            done.set_exception(error)
