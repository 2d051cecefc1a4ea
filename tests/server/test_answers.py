"""Answers as they are sent: framing, HEAD, and what an application does wrong."""

import asyncio
from typing import Final

import pytest

from entrepot.server.asgi import Asgi, Receive, Scope, Send
from tests.server.stage import Echo, Stage, head, play, sized, stage

END: Final = {"type": "http.response.body", "body": b"", "more_body": False}


def sending(*pieces: bytes, status: int = 200, length: int | None = None) -> Asgi:
    """An application that sends *pieces*, the last of them as the end."""

    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        headers = [] if length is None else [(b"content-length", b"%d" % length)]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        for number, piece in enumerate(pieces):
            more = number + 1 < len(pieces)
            await send({"type": "http.response.body", "body": piece, "more_body": more})

    return app


async def said(server: Stage, method: str = "GET", version: str = "HTTP/1.1") -> bytes:
    """All that the server says to one request, without its Date."""
    client = await server.connect()
    await client.send(head(method, "/", "Connection: close", version=version))
    text = await client.rest()
    return b"\r\n".join(line for line in text.split(b"\r\n") if not line.startswith(b"date: "))


FRAMED: Final = {
    "whole": (sending(b"abc"), b"content-length: 3\r\n\r\nabc"),
    "whole-with-length": (sending(b"abc", length=3), b"content-length: 3\r\n\r\nabc"),
    "pieces": (
        sending(b"abc", b"", b"de", b""),
        b"transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
    ),
    "pieces-with-length": (sending(b"abc", b"de", length=5), b"content-length: 5\r\n\r\nabcde"),
    "longer-than-told": (sending(b"abc", b"de", length=4), b"content-length: 4\r\n\r\nabcd"),
    "empty": (sending(b""), b"content-length: 0\r\n\r\n"),
}


@pytest.mark.parametrize(("app", "expected"), FRAMED.values(), ids=FRAMED.keys())
def test_how_a_body_is_framed(app: Asgi, expected: bytes) -> None:
    async def scene() -> None:
        async with stage(app) as server:
            assert await said(server) == b"HTTP/1.1 200 OK\r\nconnection: close\r\n" + expected

    play(scene())


@pytest.mark.parametrize("length", [None, 5])
@pytest.mark.parametrize("pieces", [(b"abcde",), (b"abc", b"de"), (b"",)])
def test_a_head_request_gets_no_body(pieces: tuple[bytes, ...], length: int | None) -> None:
    async def scene() -> None:
        async with stage(sending(*pieces, length=length)) as server:
            answer = await said(server, "HEAD")
            assert answer.endswith(b"\r\n\r\n")
            assert answer.count(b"\r\n\r\n") == 1
            assert (b"content-length: 5" in answer) == (length == 5)

    play(scene())


@pytest.mark.parametrize("status", [204, 304])
def test_a_status_without_a_body(status: int) -> None:
    async def scene() -> None:
        async with stage(sending(b"abc", status=status)) as server:
            answer = await said(server)
            assert answer.endswith(b"connection: close\r\n\r\n")

    play(scene())


def test_a_body_of_unknown_length_ends_http_1_0() -> None:
    async def scene() -> None:
        async with stage(sending(b"abc", b"de")) as server:
            answer = await said(server, version="HTTP/1.0")
            assert answer == b"HTTP/1.0 200 OK\r\nconnection: close\r\n\r\nabcde"

    play(scene())


def test_an_answer_too_short_ends_the_connection() -> None:
    async def scene() -> None:
        async with stage(sending(b"abc", length=5)) as server:
            client = await server.connect()
            await client.send(head("GET", "/"))
            assert not (await client.rest()).endswith(b"abcde")

    play(scene())


def test_a_header_cannot_be_split() -> None:
    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        headers = [(b"location", b"/a\r\nset-cookie: b=c")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send(END)

    async def scene() -> None:
        async with stage(app) as server:
            answer = await said(server)
            assert answer.startswith(b"HTTP/1.1 500 ")
            assert b"set-cookie" not in answer

    play(scene())


@pytest.mark.parametrize("raises", [False, True])
def test_no_answer_is_a_500(raises: bool) -> None:
    async def app(_scope: Scope, _receive: Receive, _send: Send) -> None:
        if raises:
            raise RuntimeError("broken")

    async def scene() -> None:
        async with stage(app) as server:
            answer = await said(server)
            assert answer.startswith(b"HTTP/1.1 500 ")
            assert b'"UNKNOWN"' in answer
            assert b"broken" not in answer

    play(scene())


def test_half_an_answer_ends_the_connection() -> None:
    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"abc", "more_body": True})
        raise RuntimeError("broken")

    async def scene() -> None:
        async with stage(app) as server:
            assert not (await said(server)).endswith(b"0\r\n\r\n")

    play(scene())


def test_an_application_hears_that_nobody_listens() -> None:
    """It stops making what nobody takes; the end of an answer is no error."""
    ends: list[str] = []

    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        try:
            while True:
                await send({"type": "http.response.body", "body": bytes(2**16), "more_body": True})
        except OSError as error:
            ends.append(type(error).__name__)
            await send(END)
            raise

    async def scene() -> None:
        async with stage(app) as server:
            client = await server.connect()
            await client.send(head("GET", "/"))
            await client.read(10)
            client.writer.transport.abort()
            await server.until(lambda: bool(ends))
        assert ends == ["Disconnected"]

    play(scene())


def test_a_body_is_read_while_it_is_answered() -> None:
    async def app(_scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        more = True
        while more:
            message = await receive()
            more = message["more_body"]
            body = message["body"]
            await send({"type": "http.response.body", "body": body, "more_body": more})

    async def scene() -> None:
        async with stage(app) as server:
            client = await server.connect()
            await client.send(head("POST", "/", "Content-Length: 5") + b"abc")
            await client.head()
            assert await client.read(8) == b"3\r\nabc\r\n"
            await client.send(b"de")
            assert await client.rest() == b"2\r\nde\r\n0\r\n\r\n"

    play(scene())


def test_the_next_request_waits_for_the_end_of_the_application() -> None:
    async def scene() -> None:
        app = Echo()
        app.may_answer.clear()
        async with stage(app) as server:
            client = await server.connect()
            await client.send(sized("POST", "/", b"one") + sized("POST", "/", b"two"))
            for _ in range(20):
                await asyncio.sleep(0)
            assert app.bodies == [b"one"]
            app.may_answer.set()
            assert [(await client.answer())[2] for _ in range(2)] == [b"one", b"two"]

    play(scene())
