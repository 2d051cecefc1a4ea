"""A worker from its start to its end."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from entrepot.server.asgi import Receive, Scope, Send
from entrepot.server.lifespan import StartFailed
from entrepot.server.limits import Limits
from entrepot.server.worker import serve
from tests.server.stage import Client, Echo, head, play, stage


class Living(Echo):
    """An application that notes its start and its end."""

    def __init__(self, answer: str = "complete") -> None:
        super().__init__()
        self.life: list[str] = []
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await super().__call__(scope, receive, send)
            return
        self.life.append((await receive())["type"])
        await send({"type": f"lifespan.startup.{self._answer}", "message": "no disk"})
        self.life.append((await receive())["type"])
        await send({"type": "lifespan.shutdown.complete"})


class Running:
    """A worker that serves, and the way to stop it."""

    def __init__(self, port: int, stopping: asyncio.Event, task: "asyncio.Task[None]") -> None:
        self.port = port
        self.stopping = stopping
        self.task = task
        self.clients: list[Client] = []

    async def connect(self) -> Client:
        client = Client(*await asyncio.open_connection("127.0.0.1", self.port))
        self.clients.append(client)
        return client

    async def is_refused(self) -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", self.port)
        except ConnectionRefusedError:
            return True
        writer.close()
        return False


@asynccontextmanager
async def worker(app: Living, limits: Limits | None = None) -> AsyncIterator[Running]:
    listening = socket.create_server(("127.0.0.1", 0))
    port: int = listening.getsockname()[1]
    started, stopping = asyncio.Event(), asyncio.Event()
    task = asyncio.create_task(
        serve(
            app,
            [listening],
            limits=limits or Limits(),
            tls=None,
            started=started.set,
            stopping=stopping,
        )
    )
    await started.wait()
    assert app.life == ["lifespan.startup"]
    running = Running(port, stopping, task)
    try:
        yield running
    finally:
        stopping.set()
        app.may_answer.set()
        await task
        for client in running.clients:
            client.writer.close()
    assert app.life == ["lifespan.startup", "lifespan.shutdown"]


def test_a_running_request_ends_and_idle_connections_are_closed() -> None:
    async def scene() -> None:
        app = Living()
        app.may_answer.clear()
        async with worker(app) as running:
            idle, silent, working = [await running.connect() for _ in range(3)]
            await working.send(head("GET", "/a") + head("GET", "/b"))
            while not app.bodies:
                await asyncio.sleep(0)
            running.stopping.set()
            assert await idle.is_closed()
            assert await silent.is_closed()
            assert await running.is_refused()
            assert not running.task.done()
            app.may_answer.set()
            status, fields, body = await working.answer()
            assert (status, body, fields["connection"]) == (200, b"/a", "close")
            assert await working.is_closed()
            await running.task

    play(scene())


def test_what_does_not_end_is_cancelled() -> None:
    async def scene() -> None:
        app = Living()
        app.may_answer.clear()
        async with worker(app, Limits(shutdown_seconds=0)) as running:
            client = await running.connect()
            await client.send(head("GET", "/"))
            while not app.bodies:
                await asyncio.sleep(0)
            running.stopping.set()
            assert await client.is_closed()
            await running.task

    play(scene())


def test_an_application_that_does_not_start() -> None:
    async def scene() -> None:
        listening = socket.create_server(("127.0.0.1", 0))
        started: list[bool] = []
        with pytest.raises(StartFailed, match="no disk"):
            await serve(
                Living("failed"),
                [listening],
                limits=Limits(),
                tls=None,
                started=lambda: started.append(True),
                stopping=asyncio.Event(),
            )
        assert started == []
        listening.close()

    play(scene())


def test_https(contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    async def scene() -> None:
        app = Echo()
        async with stage(app, tls=contexts[0], trust=contexts[1]) as server:
            client = await server.connect()
            for path in ("/a", "/b"):
                await client.send(head("GET", path))
                assert (await client.answer())[2] == path.encode()
            await client.send(head("POST", "/", "Content-Length: 3", "Connection: close") + b"abc")
            assert (await client.answer())[2] == b"abc"
            assert await client.is_closed()
        assert {scope["scheme"] for scope in app.scopes} == {"https"}

    play(scene())


def test_a_handshake_that_does_not_come_is_given_up(
    contexts: tuple[ssl.SSLContext, ssl.SSLContext],
) -> None:
    """It counts as a connection all the while, and makes room for others."""

    async def scene() -> None:
        async with stage(Echo(), Limits(connections=2), tls=contexts[0]) as server:
            silent = [await server.connect() for _ in range(3)]
            assert await silent[0].is_closed()
            assert len(server.roster.guests) == 2
            server.pass_time(10)
            assert await silent[1].is_closed()
            assert await silent[2].is_closed()

    play(scene())
