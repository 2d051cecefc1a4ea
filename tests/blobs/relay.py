"""A port that passes HTTP/1.1 requests on to another one, and remembers them."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

_PIECE = 64 * 1024


@dataclass(frozen=True, slots=True)
class Request:
    """What stood before the body."""

    method: str
    target: str
    headers: dict[str, str]

    @classmethod
    def parse(cls, head: bytes) -> "Request":
        first, *lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")
        method, target, _ = first.split(" ")
        pairs = (line.split(":", 1) for line in lines)
        return cls(method, target, {name.lower(): value.strip() for name, value in pairs})

    @property
    def length(self) -> int:
        return int(self.headers.get("content-length", "0"))


@dataclass(slots=True)
class Relay:
    """Its address, what passed, and whom to ask before a request goes on."""

    url: str = ""
    requests: list[Request] = field(default_factory=list)
    passes: Callable[["Relay"], bool] = lambda _: True


@asynccontextmanager
async def relaying(url: str) -> AsyncIterator[Relay]:
    """A relay to *url*, on a free port."""
    relay = Relay()
    there = urlsplit(url)
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        back, forth = await asyncio.open_connection(there.hostname, there.port)
        answers = asyncio.ensure_future(_copy(back, writer))
        try:
            while await _pass_on(relay, reader, forth):
                pass
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            answers.cancel()
            forth.close()
            writer.close()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(serve(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    relay.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield relay
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _pass_on(relay: Relay, reader: asyncio.StreamReader, forth: asyncio.StreamWriter) -> bool:
    head = await reader.readuntil(b"\r\n\r\n")
    request = Request.parse(head)
    relay.requests.append(request)
    if not relay.passes(relay):
        return False
    forth.write(head)
    left = request.length
    while left:
        piece = await reader.readexactly(min(left, _PIECE))
        forth.write(piece)
        await forth.drain()
        left -= len(piece)
    return True


async def _copy(back: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while piece := await back.read(_PIECE):
        writer.write(piece)
        await writer.drain()
