"""What one worker process runs: an application, behind sockets, until it is told to stop."""

import asyncio
import socket
import ssl
import time
from collections.abc import Callable, Sequence
from typing import Final

from entrepot.server.asgi import Asgi
from entrepot.server.connection import Connection
from entrepot.server.door import Doors
from entrepot.server.lifespan import Lifespan
from entrepot.server.limits import Limits
from entrepot.server.roster import Roster

_SWEEP_SECONDS: Final = 1.0
# How long what was cancelled may take to end.
_AFTERWARDS: Final = 5.0
_POLL: Final = 0.05


async def serve(
    app: Asgi,
    sockets: Sequence[socket.socket],
    *,
    limits: Limits,
    tls: ssl.SSLContext | None,
    started: Callable[[], None],
    stopping: asyncio.Event,
) -> None:
    """Serve *app* on *sockets* until *stopping* is set and running requests have ended.

    `started` is called once connections are accepted. StartFailed when the application does not
    start. A certificate that is loaded into *tls* later is used for new connections.
    """
    loop = asyncio.get_running_loop()
    roster = Roster(limits, loop.time, time.time)
    lifespan = Lifespan(app)
    await lifespan.start()
    listeners: list[asyncio.Server | Doors] = []
    try:
        listeners += [await listen(app, roster, loop, tls, listener) for listener in sockets]
        sweeper = asyncio.create_task(_sweep(roster))
        started()
        await stopping.wait()
        _close(listeners)
        await _end(roster)
        sweeper.cancel()
    finally:
        _close(listeners)
        await lifespan.stop()


def _close(listeners: list[asyncio.Server | Doors]) -> None:
    for listener in listeners:
        listener.close()


async def listen(
    app: Asgi,
    roster: Roster,
    loop: asyncio.AbstractEventLoop,
    tls: ssl.SSLContext | None,
    listener: socket.socket,
) -> asyncio.Server | Doors:
    """Accept connections of *listener* from now on, until what is returned is closed."""
    backlog = roster.limits.backlog
    if tls is None:
        return await loop.create_server(
            lambda: Connection(app, roster, loop, "http"), sock=listener, backlog=backlog
        )
    listener.listen(backlog)
    return Doors(listener, tls, lambda: Connection(app, roster, loop, "https"), loop)


async def _sweep(roster: Roster) -> None:
    while True:
        await asyncio.sleep(_SWEEP_SECONDS)
        roster.sweep()


async def _end(roster: Roster) -> None:
    """Let running requests end, for a while; then cancel them."""
    roster.end()
    await _wait_until_empty(roster, roster.limits.shutdown_seconds)
    for guest in list(roster.guests):
        guest.cancel()
    await _wait_until_empty(roster, _AFTERWARDS)


async def _wait_until_empty(roster: Roster, seconds: float) -> None:
    end = roster.clock() + seconds
    while roster.guests and roster.clock() < end:  # noqa: ASYNC110 - it is done once, at the end
        await asyncio.sleep(_POLL)
