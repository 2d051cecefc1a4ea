"""A server on a real socket around a small application, with a clock that a test moves."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, Final, TypeVar

import uvloop

from entrepot.server.asgi import Asgi, Message, Receive, Scope, Send
from entrepot.server.limits import Limits
from entrepot.server.roster import Roster
from entrepot.server.worker import listen
from tests.programs.waiting import PATIENCE

T = TypeVar("T")
START: Final = 1_000_000.0


def play(scene: Coroutine[Any, Any, T]) -> T:
    """Run *scene* on the loop that the server has."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(asyncio.wait_for(scene, PATIENCE))


class Client:
    """One connection, written to byte by byte."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self.writer = writer

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def answer(self) -> tuple[int, dict[str, str], bytes]:
        """The next answer whose length is told: its status, headers and body."""
        status, fields = await self.head()
        return status, fields, await self.read(int(fields.get("content-length", "0")))

    async def head(self) -> tuple[int, dict[str, str]]:
        """The head of the next answer."""
        lines = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        fields = dict(line.lower().split(": ", 1) for line in lines[1:] if line)
        return int(lines[0].split()[1]), fields

    async def read(self, size: int) -> bytes:
        return await self._reader.readexactly(size)

    async def rest(self) -> bytes:
        """All that comes until the server closes."""
        try:
            return await self._reader.read()
        except ConnectionResetError:
            return b""

    async def is_closed(self) -> bool:
        """Wait until the server closes, which sends nothing more."""
        return await self.rest() == b""


class Stage:
    """A running server."""

    def __init__(self, roster: Roster, port: int, tls: ssl.SSLContext | None) -> None:
        self.roster = roster
        self.port = port
        self._tls = tls
        self.now = START
        self.clients: list[Client] = []

    async def connect(self, address: str = "127.0.0.1") -> Client:
        """A new connection, which the server knows."""
        known = set(self.roster.guests)
        client = Client(
            *await asyncio.open_connection(
                "127.0.0.1", self.port, local_addr=(address, 0), ssl=self._tls
            )
        )
        self.clients.append(client)
        await self.until(lambda: bool(set(self.roster.guests) - known))
        return client

    async def until(self, happened: Callable[[], bool]) -> None:
        """Wait until something has *happened*."""
        while not happened():
            await asyncio.sleep(0)

    def pass_time(self, seconds: float, step: float = 1) -> None:
        """Let *seconds* pass, and have the server look at its clock every *step*."""
        end = self.now + seconds
        while self.now < end:
            self.now = min(end, self.now + step)
            self.roster.sweep()


@asynccontextmanager
async def stage(
    app: Asgi,
    limits: Limits | None = None,
    *,
    tls: ssl.SSLContext | None = None,
    trust: ssl.SSLContext | None = None,
) -> AsyncIterator[Stage]:
    """Serve *app* on a free port until the test is over."""
    loop = asyncio.get_running_loop()
    listening = socket.create_server(("127.0.0.1", 0))
    port: int = listening.getsockname()[1]
    running: list[Stage] = []
    roster = Roster(limits or Limits(), lambda: running[0].now if running else START, lambda: START)
    running.append(Stage(roster, port, trust))
    listening.settimeout(0)
    server = await listen(app, roster, loop, tls, listening)
    try:
        yield running[0]
    finally:
        server.close()
        for client in running[0].clients:
            client.writer.transport.abort()
        await running[0].until(lambda: not roster.guests)


class Echo:
    """An application that answers with what it was sent, and notes what happened to it."""

    def __init__(self) -> None:
        self.scopes: list[Scope] = []
        self.bodies: list[bytes] = []
        self.ends: list[str] = []
        self.may_read = asyncio.Event()
        self.may_read.set()
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scopes.append(scope)
        await self.may_read.wait()
        body, end = await read(receive)
        self.bodies.append(body)
        self.ends.append(end)
        await self.may_answer.wait()
        await answer(send, body or scope["path"].encode())


async def read(receive: Receive) -> tuple[bytes, str]:
    """The whole body, and the type of the message that ended it."""
    pieces: list[bytes] = []
    while True:
        message = await receive()
        pieces.append(message.get("body", b""))
        if message["type"] != "http.request" or not message.get("more_body"):
            return b"".join(pieces), message["type"]


async def answer(send: Send, body: bytes, status: int = 200) -> None:
    """A whole answer of a known length."""
    start: Message = {"type": "http.response.start", "status": status}
    await send({**start, "headers": [(b"content-length", b"%d" % len(body))]})
    await send({"type": "http.response.body", "body": body})


def head(method: str, target: str, *fields: str, version: str = "HTTP/1.1") -> bytes:
    """A request's line and headers; *fields* in the order given, Host before them."""
    lines = [f"{method} {target} {version}", "Host: registry.test", *fields, "", ""]
    return "\r\n".join(lines).encode("latin-1")


def sized(method: str, target: str, body: bytes, *fields: str) -> bytes:
    """A request with a body of the length that it says."""
    return head(method, target, f"Content-Length: {len(body)}", *fields) + body
