"""Forked processes: how they begin and end, and what ties a worker to its supervisor."""

import asyncio
import ctypes
import os
import signal
import socket
import sys
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from typing import Any, Final, NoReturn, Protocol

import uvloop

from entrepot.observe import logs
from entrepot.server.signals import blocked

# prctl(2): PR_SET_PDEATHSIG.
_SET_PARENT_DEATH_SIGNAL: Final = 1
_STARTED: Final = b"s"
_FILES: Final = b"f"


class Serve(Protocol):
    """What a worker does on its event loop."""

    def __call__(
        self, *, started: Callable[[], None], stopping: asyncio.Event
    ) -> Coroutine[Any, Any, None]:
        """Call *started* once it serves, and return soon after *stopping* is set."""


def fork(work: Callable[[], int]) -> int:
    """Return the ID of a new process that ends with the status that *work* returns.

    The process gets SIGTERM when this one ends, however that happens.
    """
    parent = os.getpid()
    _flush()
    with blocked():
        pid = os.fork()
        if pid == 0:
            _run(work, parent)
    return pid


def _run(work: Callable[[], int], parent: int) -> NoReturn:
    status = 1
    try:
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGTERM, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        # These reach all processes of a terminal; the main process decides what follows.
        for number in (signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        ctypes.CDLL(None).prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGTERM)
        if os.getppid() == parent:
            signal.pthread_sigmask(signal.SIG_SETMASK, ())
            status = work()
    except BaseException:  # noqa: BLE001 - logged; the process ends
        logs.get(__name__).exception("process failed")
    finally:
        _flush()
        os._exit(status)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()


class Channel:
    """The supervisor's end, and the worker's, of what they tell each other."""

    def __init__(self) -> None:
        self._ours, self._theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)

    def fileno(self) -> int:
        return self._ours.fileno()

    def keep(self) -> None:
        """In the supervisor: leave the worker's end to the worker."""
        self._theirs.close()
        self._ours.settimeout(0)

    def take(self) -> None:
        """In the worker: leave the supervisor's end to the supervisor."""
        self._ours.close()
        self._ours = self._theirs
        self._ours.settimeout(0)

    def close(self) -> None:
        self._ours.close()
        self._theirs.close()

    def started(self) -> None:
        """Tell the supervisor that this worker serves."""
        with suppress(OSError):  # the supervisor has ended, and so will this worker
            self._ours.send(_STARTED)

    def has_started(self) -> bool:
        """Return whether the worker has just told that it serves."""
        with suppress(OSError):
            return self._ours.recv(1) == _STARTED
        return False

    def give(self, files: Sequence[int]) -> None:
        """Hand open files to the worker; one that has ended needs none."""
        with suppress(OSError):
            socket.send_fds(self._ours, [_FILES], files)

    def given(self, count: int) -> list[int]:
        """Return the next *count* open files; none when there are no more."""
        with suppress(BlockingIOError):
            _, files, _, _ = socket.recv_fds(self._ours, 1, count)
            return files
        return []


def serve(work: Serve, channel: Channel, files_given: Callable[[], None]) -> None:
    """Do *work* on an event loop until the supervisor ends it; *files_given* takes new files."""
    loop = uvloop.new_event_loop()
    asyncio.set_event_loop(loop)
    stopping = asyncio.Event()
    task = loop.create_task(work(started=channel.started, stopping=stopping))
    # Several of these are one: whoever ends a service may signal all of its processes.
    loop.add_signal_handler(signal.SIGTERM, stopping.set)
    loop.add_signal_handler(signal.SIGQUIT, task.cancel)
    loop.add_reader(channel.fileno(), files_given)
    with suppress(asyncio.CancelledError):
        loop.run_until_complete(task)
