"""A slow way to a server: a relay that lets only so many bytes through."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Final

_PIECE: Final = 16 * 1024


@dataclass(frozen=True, slots=True)
class _Way:
    host: str
    port: int
    rate: int


@contextmanager
def throttled(host: str, port: int, *, rate: int) -> Iterator[str]:
    """An address that leads to *host*:*port*; each connection sends *rate* bytes a second."""
    way, loop = _Way(host, port, rate), asyncio.new_event_loop()
    listener = socket.create_server(("127.0.0.1", 0))
    # What the kernel takes in for us, the client takes for sent.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2 * _PIECE)
    name, number = listener.getsockname()
    ended = asyncio.Event()
    thread = threading.Thread(target=loop.run_until_complete, args=(_serve(listener, way, ended),))
    thread.start()
    try:
        yield f"{name}:{number}"
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join()
        loop.close()


async def _serve(listener: socket.socket, way: _Way, ended: asyncio.Event) -> None:
    """Relay all connections until *ended*."""
    running: set[asyncio.Task[None]] = set()

    async def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(_relay(reader, writer, way))
        running.add(task)
        task.add_done_callback(running.discard)

    server = await asyncio.start_server(accepted, sock=listener)
    await ended.wait()
    server.close()
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    await server.wait_closed()


async def _relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, way: _Way) -> None:
    inner_reader, inner_writer = await asyncio.open_connection(way.host, way.port)
    try:
        with suppress(OSError):
            await asyncio.gather(
                _copy(reader, inner_writer, way.rate), _copy(inner_reader, writer, None)
            )
    finally:
        inner_writer.close()
        writer.close()


async def _copy(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, rate: int | None
) -> None:
    while piece := await reader.read(_PIECE):
        writer.write(piece)
        await writer.drain()
        if rate is not None:
            await asyncio.sleep(len(piece) / rate)
    if writer.can_write_eof():
        writer.write_eof()
