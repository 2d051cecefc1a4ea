"""Requests as they are read: their heads, bodies, order and end (RFC 9112)."""

import asyncio
import json
from typing import Final

import pytest

from entrepot.server.asgi import Receive, Scope, Send
from entrepot.server.limits import Limits
from entrepot.wire.bodies import Body
from tests.server.stage import Echo, Stage, answer, head, play, sized, stage

CHUNKED: Final = "Transfer-Encoding: chunked"

REFUSED: Final = {
    "no-host": (b"GET / HTTP/1.1\r\n\r\n", 400),
    "two-hosts": (head("GET", "/", "Host: b"), 400),
    "host-with-space": (b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
    "host-with-quote": (b'GET / HTTP/1.1\r\nHost: a"c\r\n\r\n', 400),
    "garbage": (b"\x16\x03\x01\x02\x00\x01\x00", 400),
    "unknown-method": (head("BREW", "/"), 405),
    "connect": (head("CONNECT", "registry.test:443"), 400),
    "target-without-slash": (head("GET", "x"), 400),
    "star": (head("GET", "*"), 400),
    "version-2": (head("GET", "/", version="HTTP/2.0"), 400),
    "bare-line-feed": (b"GET / HTTP/1.1\nHost: a\n\n", 400),
    "folded": (head("GET", "/", "X: a\r\n b"), 400),
    "nul": (head("GET", "/", "X: a\0"), 400),
    "space-before-colon": (head("GET", "/", "X : a"), 400),
    "length-and-chunks": (head("POST", "/", "Content-Length: 3", CHUNKED) + b"0\r\n\r\n", 400),
    "two-lengths": (head("POST", "/", "Content-Length: 3", "Content-Length: 3") + b"abc", 400),
    "gzip": (head("POST", "/", "Transfer-Encoding: gzip") + b"abc", 400),
    "gzip-and-chunks": (head("POST", "/", "Transfer-Encoding: gzip, chunked"), 400),
    "chunks-of-1.0": (head("POST", "/", CHUNKED, version="HTTP/1.0") + b"0\r\n\r\n", 400),
    "target-too-long": (head("GET", "/" + "a" * 20_000), 414),
    "header-too-long": (head("GET", "/", "X: " + "a" * 70_000), 431),
    "header-without-end": (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 70_000, 431),
    "too-many-headers": (head("GET", "/", *(["X: a"] * 101)), 431),
}


@pytest.mark.parametrize(("sent", "status"), REFUSED.values(), ids=REFUSED.keys())
def test_a_request_that_is_refused(sent: bytes, status: int) -> None:
    async def scene() -> None:
        app = Echo()
        async with stage(app) as server:
            client = await server.connect()
            await client.send(sent)
            got, fields, body = await client.answer()
            assert got == status
            assert json.loads(body)["errors"][0].keys() == {"code", "message"}
            assert fields["connection"] == "close"
            assert await client.is_closed()
        assert app.scopes == []

    play(scene())


def test_a_scope() -> None:
    async def scene() -> None:
        app = Echo()
        async with stage(app) as server:
            client = await server.connect()
            await client.send(head("GET", "/a%20b/%C3%A9?x=%20&y", "X-A:  b ", "x-a: c"))
            status, fields, body = await client.answer()
        assert (status, body) == (200, "/a b/é".encode())
        assert fields["date"] == "mon, 12 jan 1970 13:46:40 gmt"
        assert fields["keep-alive"] == "timeout=75"
        assert "server" not in fields
        scope = app.scopes[0]
        assert (scope["path"], scope["raw_path"]) == ("/a b/é", b"/a%20b/%C3%A9")
        assert (scope["query_string"], scope["scheme"]) == (b"x=%20&y", "http")
        assert scope["headers"] == [(b"host", b"registry.test"), (b"x-a", b"b"), (b"x-a", b"c")]
        assert scope["client"][0] == "127.0.0.1"

    play(scene())


def test_a_whole_address_has_its_own_host() -> None:
    async def scene() -> None:
        app = Echo()
        async with stage(app) as server:
            client = await server.connect()
            await client.send(head("GET", "http://other.test:80/a?b"))
            await client.answer()
        assert app.scopes[0]["headers"] == [(b"host", b"other.test:80")]
        assert (app.scopes[0]["path"], app.scopes[0]["query_string"]) == ("/a", b"b")

    play(scene())


@pytest.mark.parametrize("step", [1, 7, 100_000])
def test_requests_in_pieces_of_any_size(step: int) -> None:
    sent = head("GET", "/one") + sized("POST", "/", b"two")
    sent += head("POST", "/", CHUNKED) + b"2;x=y\r\nth\r\n3\r\nree\r\n0\r\nX: trailer\r\n\r\n"
    sent += head("GET", "/four", "Connection: close")

    async def scene() -> None:
        app = Echo()
        async with stage(app) as server:
            client = await server.connect()
            tail = b"and more" if step > len(sent) else b""
            for at in range(0, len(sent), step):
                client.writer.write(sent[at : at + step] + tail)
                await asyncio.sleep(0)
            answers = [await client.answer() for _ in range(4)]
            assert [body for _, _, body in answers] == [b"/one", b"two", b"three", b"/four"]
            assert answers[3][1]["connection"] == "close"
            assert await client.is_closed()

    play(scene())


def test_pipelined_requests_are_bounded() -> None:
    async def scene() -> None:
        app = Echo()
        app.may_answer.clear()
        async with stage(app, Limits(pipelined=5)) as server:
            client = await server.connect()
            await client.send(head("GET", "/") * 20)
            await server.until(lambda: bool(app.bodies))
            app.may_answer.set()
            statuses = [(await client.answer())[0] for _ in range(7)]
            assert statuses == [200] * 6 + [503]
            assert await client.is_closed()
        assert len(app.scopes) == 6

    play(scene())


def test_a_client_is_invited_to_send_a_body() -> None:
    async def scene() -> None:
        async with stage(Echo()) as server:
            client = await server.connect()
            await client.send(head("POST", "/", "Content-Length: 3", "Expect: 100-continue"))
            assert await client.read(25) == b"HTTP/1.1 100 Continue\r\n\r\n"
            await client.send(b"abc")
            assert (await client.answer())[2] == b"abc"

    play(scene())


@pytest.mark.parametrize("upgrade", ["websocket", "h2c"])
def test_an_upgrade_is_ignored(upgrade: str) -> None:
    fields = ["Connection: Upgrade", f"Upgrade: {upgrade}"]
    sent = head("GET", "/a", *fields) + sized("POST", "/", b"abc", *fields)
    sent += head("POST", "/", *fields, CHUNKED) + b"2\r\nde\r\n0\r\n\r\n" + head("GET", "/b")

    async def scene() -> None:
        async with stage(Echo()) as server:
            client = await server.connect()
            await client.send(sent)
            assert [(await client.answer())[2] for _ in range(4)] == [b"/a", b"abc", b"de", b"/b"]

    play(scene())


BROKEN: Final = {
    "length": head("POST", "/", "Content-Length: 5") + b"abc",
    "chunks": head("POST", "/", CHUNKED) + b"3\r\nabc\r\n",
    "not-chunks": head("POST", "/", CHUNKED) + b"3\r\nabc\r\nzz",
    "endless-trailer": head("POST", "/", CHUNKED) + b"3\r\nabc\r\n0\r\nX: " + b"a" * 400_000,
}


@pytest.mark.parametrize("sent", BROKEN.values(), ids=BROKEN.keys())
def test_a_body_that_breaks_off(sent: bytes) -> None:
    """What came of it is told first, and that it is not all; a client that listens is answered."""

    async def scene() -> None:
        app = Echo()
        async with stage(app) as server:
            client = await server.connect()
            await client.send(sent)
            client.writer.write_eof()
            assert (await client.answer())[2] == b"abc"
            assert await client.is_closed()
        assert (app.bodies, app.ends) == ([b"abc"], ["http.disconnect"])

    play(scene())


def test_a_client_that_only_listens_is_answered() -> None:
    async def scene() -> None:
        app = Echo()
        app.may_answer.clear()
        async with stage(app) as server:
            client = await server.connect()
            await client.send(head("GET", "/a") + head("GET", "/b"))
            client.writer.write_eof()
            await server.until(lambda: bool(app.bodies))
            app.may_answer.set()
            assert [(await client.answer())[2] for _ in range(2)] == [b"/a", b"/b"]
            assert await client.is_closed()

    play(scene())


def test_hanging_up_is_told_after_what_arrived() -> None:
    async def scene() -> None:
        app = Echo()
        app.may_read.clear()
        async with stage(app) as server:
            client = await server.connect()
            await client.send(head("POST", "/", "Content-Length: 5") + b"abc")
            await server.until(lambda: bool(app.scopes))
            client.writer.transport.abort()
            app.may_read.set()
            await server.until(lambda: bool(app.ends))
        assert (app.bodies, app.ends) == ([b"abc"], ["http.disconnect"])

    play(scene())


def test_little_of_a_body_is_read_before_it_is_asked_for() -> None:
    async def scene() -> None:
        app = Echo()
        app.may_read.clear()
        async with stage(app) as server:
            client = await server.connect()
            client.writer.write(head("POST", "/", f"Content-Length: {2**22}"))
            client.writer.write(bytes(2**22))
            await server.until(lambda: server.roster.held_bytes > 0)
            for _ in range(100):
                await asyncio.sleep(0)
            assert server.roster.held_bytes < 2**20
            app.may_read.set()
            assert len((await client.answer())[2]) == 2**22

    play(scene())


def test_a_body_that_nobody_reads_does_not_stop_the_next_request() -> None:
    """Its reading was stopped when enough of it had arrived, and nobody asked for more."""
    arrived = asyncio.Event()

    async def unreading(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == "POST":
            await arrived.wait()
        await answer(send, scope["path"].encode())

    async def scene() -> None:
        limits = Limits(bodies=lambda *_: Body.CONTENT)
        async with stage(unreading, limits) as server:
            client = await server.connect()
            await client.send(sized("POST", "/first", b"a" * (limits.read_bytes + 1)))
            await server.until(lambda: client_is_paused(server))
            arrived.set()
            assert (await client.answer())[2] == b"/first"
            await client.send(head("GET", "/second"))
            assert (await client.answer())[2] == b"/second"

    play(scene())


def client_is_paused(server: Stage) -> bool:
    return any(getattr(guest, "paused", False) for guest in server.roster.guests)
