"""The two directions of a connection, each of which stops when the other side is slower."""

import asyncio
import sys
from abc import ABC, abstractmethod
from fcntl import ioctl
from termios import TIOCOUTQ
from typing import Any, Final, cast

from entrepot.server.roster import Queue, Roster

# Bodies up to here are copied behind their head, and sent with it; and what TLS gets of longer
# ones at a time, as it encrypts all that it gets at once.
_TOGETHER: Final = 64 * 1024


class Flow(asyncio.Protocol, ABC):
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
        # What is being written, and how much of it must wait until more of it has gone.
        self._piece = b""
        self._kept_back = 0
        self._encrypts = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports have the methods, not the class.
        self.transport = cast("asyncio.Transport", transport)
        self.peer = _address(transport.get_extra_info("peername"))
        self.local = _address(transport.get_extra_info("sockname"))
        self._encrypts = transport.get_extra_info("sslcontext") is not None
        # Whatever the client leaves counts, to its last byte.
        self.transport.set_write_buffer_limits(high=1, low=0)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        self.gone = True
        self.roster.leave(self)
        self._unblock()

    def pause_writing(self) -> None:
        self.blocked = self.loop.create_future()
        # The piece is held to its end, whatever part of it has gone.
        self.roster.left(self, self._piece)

    def resume_writing(self) -> None:
        self.roster.took(self)
        self._unblock()

    def write(self, head: bytes, body: bytes) -> bytes | None:
        """Write the next bytes of an answer; a body that is returned is for `write_in_parts`."""
        if len(body) <= _TOGETHER:
            if head or body:
                self._write(head + body)
        elif self._encrypts:
            if head:
                self._write(head)
            return body
        else:
            self._piece = body
            self.transport.writelines((head, body))
            self._piece = b""
        return None

    async def write_in_parts(self, body: bytes) -> None:
        """Write a body as the client takes it."""
        view = memoryview(body)
        for start in range(0, len(view), _TOGETHER):
            part = view[start : start + _TOGETHER]
            self._kept_back = len(view) - start - len(part)
            self._write(body, part)
            if self.blocked is not None:
                await self.blocked
            if self.gone:
                return

    def _write(self, piece: bytes, part: memoryview | None = None) -> None:
        """Write a piece, or a part of it; `pause_writing` is called meanwhile."""
        self._piece = piece
        self.transport.write(piece if part is None else part)
        self._piece = b""

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
        ours: int = self.transport.get_write_buffer_size() + self._kept_back
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

    # What the roster asks of a connection (`roster.Guest`).

    @abstractmethod
    def expire(self) -> None: ...

    @abstractmethod
    def judge(self, seconds: float) -> None: ...

    @abstractmethod
    def rate(self) -> float | None: ...

    @abstractmethod
    def close_idle(self) -> None: ...

    @abstractmethod
    def cancel(self) -> None: ...


def _address(name: Any) -> tuple[str, int] | None:  # noqa: ANN401 - what the loop knows of a socket
    return (str(name[0]), int(name[1])) if isinstance(name, tuple) and len(name) >= 2 else None
