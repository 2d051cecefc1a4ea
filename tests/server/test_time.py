"""What a client may take its time for, and how long (by a clock that the test moves)."""

import asyncio
import json

from entrepot.server.limits import Limits, Pace
from entrepot.wire.bodies import Body
from tests.server.stage import Client, Echo, Stage, answer, head, play, sized, stage


def uploads(_method: str, _path: str) -> Body:
    return Body.CONTENT


async def begun(server: Stage, app: Echo, sent: bytes) -> Client:
    """A client whose request the application has begun to read."""
    client = await server.connect()
    before = len(app.scopes)
    await client.send(sent)
    await server.until(lambda: len(app.scopes) > before)
    for _ in range(10):
        await asyncio.sleep(0)
    return client


def test_a_connection_that_sends_nothing_is_closed() -> None:
    async def scene() -> None:
        async with stage(Echo()) as server:
            client = await server.connect()
            server.pass_time(9)
            assert server.roster.guests
            server.pass_time(1)
            assert await client.is_closed()

    play(scene())


def test_a_head_that_does_not_end_is_given_up() -> None:
    async def scene() -> None:
        async with stage(Echo()) as server:
            client = await server.connect()
            for _ in range(10):
                await client.send(
                    b"GET / HTTP/1.1\r\nHost: a\r\n" if server.now % 10 == 0 else b"X"
                )
                await asyncio.sleep(0)
                server.pass_time(1)
            status, _, body = await client.answer()
            assert (status, json.loads(body)["errors"][0]["code"]) == (408, "SIZE_INVALID")
            assert await client.is_closed()

    play(scene())


def test_an_idle_connection_is_closed_after_a_while() -> None:
    async def scene() -> None:
        async with stage(Echo(), Limits(keep_alive_seconds=75)) as server:
            client = await server.connect()
            for _ in range(3):
                await client.send(head("GET", "/"))
                assert (await client.answer())[0] == 200
                server.pass_time(74)
                assert server.roster.guests
            server.pass_time(1)
            assert await client.is_closed()

    play(scene())


def test_a_head_after_rest_has_its_own_time() -> None:
    async def scene() -> None:
        async with stage(Echo()) as server:
            client = await server.connect()
            await client.send(head("GET", "/"))
            await client.answer()
            server.pass_time(70)
            await client.send(b"GET /")
            await server.until(lambda: bool(server.roster.heads))
            server.pass_time(9)
            assert server.roster.guests
            server.pass_time(1)
            assert (await client.answer())[0] == 408

    play(scene())


def test_a_small_body_has_a_deadline() -> None:
    async def scene() -> None:
        app = Echo()
        async with stage(app) as server:
            client = await begun(server, app, head("POST", "/login", "Content-Length: 9") + b"abc")
            server.pass_time(19)
            assert app.ends == []
            server.pass_time(1)
            status, fields, body = await client.answer()
            assert (status, json.loads(body)["errors"][0]["code"]) == (408, "SIZE_INVALID")
            assert fields["connection"] == "close"
            assert await client.is_closed()
        assert app.ends == ["http.disconnect"]

    play(scene())


def test_time_in_which_the_server_does_not_read_is_not_the_clients() -> None:
    async def scene() -> None:
        app = Echo()
        app.may_read.clear()
        async with stage(app, Limits(read_bytes=10)) as server:
            client = await begun(server, app, head("POST", "/", "Content-Length: 20") + b"a" * 15)
            server.pass_time(300)
            app.may_read.set()
            await client.send(b"a" * 5)
            assert (await client.answer())[2] == b"a" * 20

    play(scene())


def test_an_upload_may_last_as_long_as_it_has_its_rate() -> None:
    async def scene() -> None:
        app = Echo()
        async with stage(app, Limits(bodies=uploads, minimum_rate=10)) as server:
            client = await begun(server, app, head("PATCH", "/", "Content-Length: 100000"))
            for _ in range(5):
                await client.send(b"a" * 600)
                await asyncio.sleep(0)
                server.pass_time(60)
                assert app.ends == []
            server.pass_time(60)
            status, _, _ = await client.answer()
            assert status == 408
        # What arrived can be kept.
        assert (app.bodies, app.ends) == ([b"a" * 3000], ["http.disconnect"])

    play(scene())


def test_a_client_that_does_not_read_is_cut_off() -> None:
    async def scene() -> None:
        app = Echo()
        async with stage(app) as server:
            client = await server.connect()
            client.writer.transport.pause_reading()  # type: ignore[attr-defined]
            await client.send(sized("POST", "/", bytes(2**23)))
            await server.until(lambda: bool(server.roster.unsent))
            server.pass_time(59)
            assert server.roster.guests
            server.pass_time(2)
            await server.until(lambda: not server.roster.guests)

    play(scene())


def test_a_client_that_reads_slowly_gets_all() -> None:
    async def scene() -> None:
        async with stage(Echo()) as server:
            client = await server.connect()
            await client.send(sized("POST", "/", bytes(2**23)))
            await server.until(lambda: bool(server.roster.unsent))
            await client.head()
            left = 2**23
            while left:
                server.pass_time(59)
                left -= len(await client.read(min(left, 2**20)))

    play(scene())


def test_memory_stays_when_a_client_does_not_read() -> None:
    async def app(scope, receive, send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while True:
            sent.append(2**16)
            await send({"type": "http.response.body", "body": bytes(2**16), "more_body": True})

    sent: list[int] = []

    async def scene() -> None:
        async with stage(app) as server:
            client = await server.connect()
            client.writer.transport.pause_reading()  # type: ignore[attr-defined]
            await client.send(head("GET", "/"))
            await server.until(lambda: bool(server.roster.unsent))
            for _ in range(100):
                await asyncio.sleep(0)
            assert server.roster.unsent_bytes < 2**20
            before = len(sent)
            for _ in range(100):
                await asyncio.sleep(0)
            assert len(sent) == before

    play(scene())


def test_who_does_not_take_a_refusal_is_not_waited_for() -> None:
    async def scene() -> None:
        async with stage(Refusing()) as server:
            client = await server.connect()
            await client.send(head("POST", "/", "Content-Length: 100") + b"abc")
            assert (await client.answer())[0] == 403
            server.pass_time(29)
            assert server.roster.guests
            server.pass_time(1)
            await server.until(lambda: not server.roster.guests)

    play(scene())


def test_a_refusal_is_read_by_who_is_still_sending() -> None:
    """Nothing is kept of what it sends, and it is not reset (RFC 9112, 9.6)."""

    async def scene() -> None:
        async with stage(Refusing(), Limits(linger_bytes=2**23)) as server:
            client = await server.connect()
            client.writer.write(sized("PUT", "/", bytes(2**22)))
            status, fields, _ = await client.answer()
            assert (status, fields["connection"]) == (403, "close")
            assert await client.is_closed()
            assert server.roster.held_bytes == 0

    play(scene())


class Refusing:
    """An application that answers without having read."""

    async def __call__(self, scope, receive, send) -> None:
        await answer(send, b"no", status=403)


def test_a_pace_counts_only_time_of_waiting() -> None:
    pace = Pace()
    for _ in range(100):
        assert not pace.is_slow(0, 10, waiting=False, rate=10, window=60)
    assert not pace.is_slow(500, 50, waiting=True, rate=10, window=60)
    assert not pace.is_slow(600, 10, waiting=True, rate=10, window=60)
    assert not pace.is_slow(1199, 59, waiting=True, rate=10, window=60)
    assert pace.is_slow(1199, 1, waiting=True, rate=10, window=60)
    assert not Pace().is_slow(0, 60, waiting=True, rate=0, window=60)
