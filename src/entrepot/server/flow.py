"""The two directions of a connection, each of which stops when the other side is slower."""

import asyncio
import sys
from fcntl import ioctl
from termios import TIOCOUTQ
from typing import Any, cast

from entrepot.server.roster import Queue, Roster


class Flow(asyncio.Protocol):
    """A connection that can be told to read on or not, and that knows when it may write."""

    transport: asyncio.Transport

    def __init__(self, roster: Roster, loop: asyncio.AbstractEventLoop) -> None:
        self.roster = roster
        self.loop = loop
        self.peer: tuple[str, int] | None = None
        self.local: tuple[str, int] | None = None
        self.queue: Queue | None = None
        self.network: str | None = None
        self.gone = False
        self.paused = False
        # Set while the client does not take what it is sent.
        self.blocked: asyncio.Future[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports have the methods, not the class.
        self.transport = cast("asyncio.Transport", transport)
        self.peer = _address(transport.get_extra_info("peername"))
        self.local = _address(transport.get_extra_info("sockname"))

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        self.gone = True
        self.roster.leave(self)
        self._unblock()

    def pause_writing(self) -> None:
        self.blocked = self.loop.create_future()
        self.roster.left(self, self.transport.get_write_buffer_size())

    def resume_writing(self) -> None:
        self.roster.took(self)
        self._unblock()

    def pause_reading(self) -> None:
        if not self.paused:
            self.paused = True
            self.transport.pause_reading()

    def resume_reading(self) -> None:
        if self.paused and not self.gone:
            self.paused = False
            self.transport.resume_reading()

    def unsent(self) -> int:
        """Return the bytes that the client has not taken: of ours, and of the kernel's."""
        ours: int = self.transport.get_write_buffer_size()
        plug = self.transport.get_extra_info("socket")
        if plug is None or plug.fileno() < 0:
            return ours
        # A large socket buffer says that it has room only when much of it has gone.
        return ours + int.from_bytes(ioctl(plug.fileno(), TIOCOUTQ, bytes(4)), sys.byteorder)

    def abort(self) -> None:
        """End at once, whatever is not sent."""
        self.transport.abort()

    def make_room(self) -> None:
        """End at once, as another connection needs the place."""
        self.abort()

    def _unblock(self) -> None:
        blocked, self.blocked = self.blocked, None
        if blocked is not None and not blocked.done():
            blocked.set_result(None)

    # What the roster calls, and a connection answers.

    def expire(self) -> None:
        raise NotImplementedError

    def judge(self, seconds: float) -> None:
        raise NotImplementedError

    def close_idle(self) -> None:
        raise NotImplementedError

    def cancel(self) -> None:
        raise NotImplementedError


def _address(name: Any) -> tuple[str, int] | None:  # noqa: ANN401 - what the loop knows of a socket
    return (str(name[0]), int(name[1])) if isinstance(name, tuple) and len(name) >= 2 else None
