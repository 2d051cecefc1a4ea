"""Signals as something to wait for, so that none is lost, whenever it comes."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Final, Self

_NUMBERS: Final = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD})
_MANY: Final = 4096


class Signals:
    """The signals that a main process obeys, each a byte in a pipe."""

    def __init__(self) -> None:
        self._read, self._write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        with blocked():
            signal.set_wakeup_fd(self._write, warn_on_full_buffer=False)
            for number in _NUMBERS:
                signal.signal(number, _noted)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def fileno(self) -> int:
        return self._read

    def take(self) -> set[int]:
        """Return the signals that came since the last call."""
        with suppress(BlockingIOError):
            return set(os.read(self._read, _MANY)) & _NUMBERS
        return set()

    def close(self) -> None:
        """Give every signal its default action again."""
        signal.set_wakeup_fd(-1)
        for number in _NUMBERS:
            signal.signal(number, signal.SIG_DFL)
        self.release()

    def release(self) -> None:
        """Close the pipe; in a forked process, which has actions of its own."""
        os.close(self._read)
        os.close(self._write)


@contextmanager
def blocked() -> Iterator[None]:
    """Delay all signals until the end of the block."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _noted(_: int, __: FrameType | None) -> None:
    """Do nothing: the signal's byte is already in the pipe."""
