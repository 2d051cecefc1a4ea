"""The way in through TLS: a connection counts, and is given up, from before its handshake."""

import asyncio
import ssl
from typing import cast

from entrepot.server.connection import Connection
from entrepot.server.roster import Queue


class Door(asyncio.Protocol):
    """A connection whose TLS handshake is not done."""

    def __init__(self, inside: Connection, tls: ssl.SSLContext) -> None:
        self.queue: Queue | None = None
        self.network: str | None = None
        self._inside = inside
        self._tls = tls
        self._roster = inside.roster
        self._transport: asyncio.Transport | None = None
        self._task: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports have the methods, not the class.
        transport = cast("asyncio.Transport", transport)
        self._transport = transport
        peer = transport.get_extra_info("peername")
        address = str(peer[0]) if isinstance(peer, tuple) else ""
        if not self._roster.admit(self, address):
            self._roster.leave(self)
            transport.abort()
            return
        self._roster.wait(self, self._roster.heads)
        self._task = self._inside.loop.create_task(self._shake_hands(transport))

    async def _shake_hands(self, transport: asyncio.Transport) -> None:
        inside = self._inside
        try:
            secured = await inside.loop.start_tls(
                transport,
                inside,
                self._tls,
                server_side=True,
                ssl_handshake_timeout=self._roster.limits.head_seconds,
                ssl_shutdown_timeout=self._roster.limits.head_seconds,
            )
        except (OSError, EOFError, asyncio.CancelledError):
            secured = None
        self._roster.leave(self)
        if secured is None:
            transport.abort()
        else:
            inside.connection_made(secured)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        self._roster.leave(self)

    # What the roster calls.

    def expire(self) -> None:
        self.make_room()

    def judge(self, seconds: float) -> None:
        """There is no rate before there is a request."""

    def make_room(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def close_idle(self) -> None:
        self.make_room()

    def cancel(self) -> None:
        self.make_room()
