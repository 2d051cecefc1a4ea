"""The way in through TLS: a connection counts, and is given up, from before its handshake."""

import asyncio
import socket
import ssl
from collections.abc import Callable
from typing import Final

from entrepot.observe import logs
from entrepot.server.connection import Connection
from entrepot.server.roster import Queue

# How long nothing is accepted after the system refused to, as it does without descriptors.
_PAUSE_SECONDS: Final = 1.0


class Doors:
    """Accepts connections of a listener; each begins with a handshake.

    asyncio's server tells of a connection only after its handshake, and `start_tls` may come after
    the client's first bytes.
    """

    def __init__(
        self,
        listener: socket.socket,
        tls: ssl.SSLContext,
        inside: Callable[[], Connection],
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self._listener = listener
        self._tls = tls
        self._inside = inside
        self._loop = loop
        self._resuming: asyncio.TimerHandle | None = None
        self._open()

    def _open(self) -> None:
        self._loop.add_reader(self._listener, self._accept)

    def close(self) -> None:
        """Accept no more connections."""
        if self._resuming is not None:
            self._resuming.cancel()
        if self._listener.fileno() >= 0:
            self._loop.remove_reader(self._listener)
            self._listener.close()

    def _accept(self) -> None:
        # One at a time: other workers that wait for the same listener take the next.
        try:
            accepted, peer = self._listener.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return
        except OSError as error:
            logs.get(__name__).warning("connections cannot be accepted", reason=error.strerror)
            self._loop.remove_reader(self._listener)
            self._resuming = self._loop.call_later(_PAUSE_SECONDS, self._open)
            return
        accepted.setblocking(False)  # noqa: FBT003 - its only parameter
        Door(self._inside(), self._tls, accepted).enter(str(peer[0]))


class Door(asyncio.Protocol):
    """A connection whose TLS handshake is not done."""

    def __init__(self, inside: Connection, tls: ssl.SSLContext, accepted: socket.socket) -> None:
        self.queue: Queue | None = None
        self.network: str | None = None
        self._inside = inside
        self._tls = tls
        self._accepted = accepted
        self._roster = inside.roster
        self._task: asyncio.Task[object] | None = None

    def enter(self, address: str) -> None:
        """Begin the handshake, if there is a place."""
        if not self._roster.admit(self, address):
            self._roster.leave(self)
            self._accepted.close()
            return
        self._roster.wait(self, self._roster.heads)
        self._task = self._inside.loop.create_task(self._shake_hands())
        self._task.add_done_callback(self._ended)

    async def _shake_hands(self) -> None:
        await self._inside.loop.connect_accepted_socket(
            lambda: self,
            self._accepted,
            ssl=self._tls,
            ssl_handshake_timeout=self._roster.limits.head_seconds,
            ssl_shutdown_timeout=self._roster.limits.head_seconds,
        )

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Let the connection in: the handshake is done."""
        self._roster.leave(self)
        transport.set_protocol(self._inside)
        self._inside.connection_made(transport)

    def _ended(self, task: "asyncio.Task[object]") -> None:
        self._roster.leave(self)
        error = None if task.cancelled() else task.exception()
        if task.cancelled() or error is not None:
            self._accepted.close()
        # What a stranger sends instead of a handshake is not worth a line.
        if error is not None and not isinstance(error, (OSError, EOFError)):
            logs.get(__name__).error("handshake failed", exc_info=error)

    # What the roster calls.

    def expire(self) -> None:
        self.make_room()

    def judge(self, seconds: float) -> None:
        """There is no rate before there is a request."""

    def rate(self) -> None:
        """There is none, as for `judge`."""

    def make_room(self) -> None:
        if self._task is not None:
            self._task.cancel()

    def close_idle(self) -> None:
        self.make_room()

    def cancel(self) -> None:
        self.make_room()
