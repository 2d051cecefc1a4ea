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
    # What is answered in the other's place, and how many bytes of an answer get through.
    answer: bytes | None = None
    torn: int | None = None


@asynccontextmanager
async def relaying(url: str) -> AsyncIterator[Relay]:
    """A relay to *url*, on a free port."""
    relay = Relay()
    there = urlsplit(url)
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        back, forth = await asyncio.open_connection(there.hostname, there.port)
        answers = asyncio.ensure_future(_copy(relay, back, writer))
        try:
            while await _pass_on(relay, reader, forth, writer):
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


async def _pass_on(
    relay: Relay,
    reader: asyncio.StreamReader,
    forth: asyncio.StreamWriter,
    writer: asyncio.StreamWriter,
) -> bool:
    head = await reader.readuntil(b"\r\n\r\n")
    request = Request.parse(head)
    relay.requests.append(request)
    if not relay.passes(relay):
        return False
    if relay.answer is not None:
        await reader.readexactly(request.length)
        writer.write(relay.answer)
        await writer.drain()
        return True
    forth.write(head)
    left = request.length
    while left:
        piece = await reader.readexactly(min(left, _PIECE))
        forth.write(piece)
        await forth.drain()
        left -= len(piece)
    return True


async def _copy(relay: Relay, back: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    passed = 0
    while piece := await back.read(_PIECE):
        passed += len(piece)
        if relay.torn is not None and passed > relay.torn:
            relay.torn = None
            writer.close()
            return
        writer.write(piece)
        await writer.drain()
