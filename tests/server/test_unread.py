"""What clients do not take: it counts to its last byte, and no more is made meanwhile."""

import asyncio
import socket
import ssl
from collections.abc import Callable
from functools import partial

import pytest

from entrepot.server.flow import Flow
from entrepot.server.limits import Limits
from entrepot.server.roster import Roster
from tests.server.stage import Client, Stage, answer, head, play, stage

LARGE = 2**23


class Making:
    """An application that notes what it has made: for each request a body, or the same one."""

    def __init__(self, make: Callable[[], bytes]) -> None:
        self.make = make
        self.made: list[bytes] = []

    async def __call__(self, scope, receive, send) -> None:
        self.made.append(self.make())
        await answer(send, self.made[-1])


async def deaf(server: Stage, requests: int = 1, buffer: int | None = None) -> Client:
    """A client that asks and takes nothing, once the server has noticed."""
    known = set(server.roster.unsent)
    client = await server.connect()
    client.writer.transport.pause_reading()  # type: ignore[attr-defined]
    if buffer is not None:
        (guest,) = server.roster.guests
        assert isinstance(guest, Flow)
        plug = guest.transport.get_extra_info("socket")
        plug.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, buffer)
    await client.send(head("GET", "/") * requests)
    unsent = server.roster.unsent
    await server.until(lambda: any(len(unsent[guest]) > 999 for guest in set(unsent) - known))
    return client


def test_all_of_a_body_counts_whatever_part_of_it_has_gone() -> None:
    async def scene() -> None:
        async with stage(Making(partial(bytes, LARGE))) as server:
            client = await deaf(server)
            assert server.roster.unsent_bytes == LARGE
            client.writer.transport.resume_reading()  # type: ignore[attr-defined]
            assert len((await client.answer())[2]) == LARGE
            await server.until(lambda: not server.roster.unsent)
            assert server.roster.unsent_bytes == 0

    play(scene())


def test_a_body_that_is_sent_to_many_counts_once() -> None:
    async def scene() -> None:
        body = bytes(LARGE)
        async with stage(Making(lambda: body), Limits(answer_memory=LARGE)) as server:
            first, second = [await deaf(server) for _ in range(2)]
            assert server.roster.unsent_bytes == LARGE
            for client in (first, second):
                client.writer.transport.resume_reading()  # type: ignore[attr-defined]
                assert (await client.answer())[2] == body
            await server.until(lambda: server.roster.unsent_bytes == 0)

    play(scene())


def test_no_answer_is_made_before_the_last_has_gone() -> None:
    async def scene() -> None:
        app = Making(partial(bytes, LARGE))
        async with stage(app) as server:
            client = await deaf(server, requests=3)
            await client.send(head("GET", "/"))
            server.pass_time(3)
            assert len(app.made) == 1
            client.writer.transport.resume_reading()  # type: ignore[attr-defined]
            for _ in range(4):
                assert len((await client.answer())[2]) == LARGE

    play(scene())


def test_what_is_left_of_a_small_answer_counts_as_well() -> None:
    async def scene() -> None:
        app = Making(partial(bytes, 50_000))
        async with stage(app) as server:
            client = await deaf(server, requests=90, buffer=4096)
            made = len(app.made)
            assert made < 90
            assert 50_000 < server.roster.unsent_bytes < 51_000
            client.writer.transport.resume_reading()  # type: ignore[attr-defined]
            for _ in range(90):
                assert len((await client.answer())[2]) == 50_000

    play(scene())


def test_the_next_piece_is_made_once_the_last_has_gone() -> None:
    made: list[bytes] = []

    async def app(scope, receive, send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for number in range(200):
            made.append(b"%d" % number * 2**16)
            await send({"type": "http.response.body", "body": made[-1], "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def scene() -> None:
        async with stage(app) as server:
            await deaf(server)
            (waiting,) = server.roster.unsent.values()
            assert len(made) < 200
            # It is framed as a chunk, and the last that was made.
            assert made[-1] in waiting

    play(scene())


def test_the_slowest_ends_when_what_is_left_fills_the_memory() -> None:
    ended: list[str] = []

    class Guest:
        queue = network = None

        def __init__(self, name: str) -> None:
            self.make_room = lambda: ended.append(name)

    roster = Roster(Limits(answer_memory=10), lambda: 0.0, lambda: 0.0)
    first, second, third = map(Guest, ("first", "second", "third"))
    shared = bytes(4)
    roster.left(first, shared)  # type: ignore[arg-type]
    roster.left(second, shared)  # type: ignore[arg-type]
    roster.left(third, bytes(6))  # type: ignore[arg-type]
    assert (ended, roster.unsent_bytes) == ([], 10)
    roster.left(first, bytes(5))  # type: ignore[arg-type]
    assert (ended, roster.unsent_bytes) == (["second", "third"], 5)


@pytest.mark.parametrize("requests", [1, 3])
def test_https(contexts: tuple[ssl.SSLContext, ssl.SSLContext], requests: int) -> None:
    async def scene() -> None:
        app = Making(partial(bytes, LARGE))
        async with stage(app, tls=contexts[0], trust=contexts[1]) as server:
            client = await deaf(server, requests)
            assert (server.roster.unsent_bytes, len(app.made)) == (LARGE, 1)
            # What is not encrypted yet is not taken: the client keeps its rate.
            client.writer.transport.resume_reading()  # type: ignore[attr-defined]
            for _ in range(requests):
                await client.head()
                left = LARGE
                while left:
                    if server.roster.unsent:
                        server.pass_time(59)
                    left -= len(await client.read(min(left, 2**20)))

    play(scene())


def test_a_tls_client_that_takes_nothing_is_cut_off(
    contexts: tuple[ssl.SSLContext, ssl.SSLContext],
) -> None:
    async def scene() -> None:
        app = Making(partial(bytes, LARGE))
        async with stage(app, tls=contexts[0], trust=contexts[1]) as server:
            await deaf(server)
            server.pass_time(59)
            assert server.roster.guests
            # What the systems still pass on, reading or not, counts as taken.
            for _ in range(5):
                for _ in range(100):
                    await asyncio.sleep(0)
                server.pass_time(60)
            await server.until(lambda: not server.roster.guests)

    play(scene())
