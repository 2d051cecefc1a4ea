"""What is closed when there are too many connections, or too much is held for them."""

import asyncio
import json
from collections.abc import Iterable
from functools import partial

from entrepot.server.limits import Limits, network_of
from entrepot.wire.bodies import Body
from tests.server.stage import Client, Echo, Stage, answer, head, play, sized, stage


def by_path(_method: str, path: str) -> Body:
    return Body.CONTENT if path == "/upload" else Body.SMALL


def holds(server: Stage, size: int) -> bool:
    return server.roster.held_bytes == size


def differs(now: Iterable[object], before: set[object]) -> bool:
    return bool(set(now) - before)


async def closed(client: Client) -> bool:
    return await client.is_closed()


def test_the_longest_waiting_is_closed_for_a_new_one() -> None:
    async def scene() -> None:
        async with stage(Echo(), Limits(connections=4)) as server:
            idle = await server.connect()
            await idle.send(head("GET", "/"))
            await idle.answer()
            silent = [await server.connect()]
            await silent[0].send(b"GET / HT")
            for _ in range(2):
                server.pass_time(1)
                silent.append(await server.connect())
            server.pass_time(1)
            # The idle one was last used before the others came.
            new = await server.connect()
            assert await closed(idle)
            newer = await server.connect()
            assert await closed(silent[0])
            for client in (new, newer, silent[2]):
                await client.send(head("GET", "/"))
                assert (await client.answer())[0] == 200
            assert len(server.roster.guests) == 4

    play(scene())


def test_what_works_or_moves_is_not_closed() -> None:
    async def scene() -> None:
        app = Echo()
        app.may_answer.clear()
        async with stage(app, Limits(connections=2, bodies=by_path)) as server:
            working = await server.connect()
            await working.send(head("GET", "/"))
            await server.until(lambda: bool(app.bodies))
            uploading = await server.connect()
            await uploading.send(head("PATCH", "/upload", "Content-Length: 6") + b"abc")
            await server.until(lambda: len(app.scopes) == 2)
            new = await server.connect()
            status, fields, body = await new.answer()
            assert (status, json.loads(body)["errors"][0]["code"]) == (503, "UNAVAILABLE")
            assert fields["retry-after"] == "5"
            assert await closed(new)
            await uploading.send(b"def")
            app.may_answer.set()
            assert (await uploading.answer())[2] == b"abcdef"
            assert (await working.answer())[2] == b"/"

    play(scene())


def test_a_small_body_that_does_not_come_makes_room() -> None:
    async def scene() -> None:
        app = Echo()
        async with stage(app, Limits(connections=1)) as server:
            slow = await server.connect()
            await slow.send(head("POST", "/login", "Content-Length: 6") + b"abc")
            await server.until(lambda: bool(server.roster.bodies))
            new = await server.connect()
            assert await closed(slow)
            await new.send(head("GET", "/"))
            assert (await new.answer())[0] == 200

    play(scene())


def test_connections_of_one_address() -> None:
    async def scene() -> None:
        async with stage(Echo(), Limits(connections_per_address=2)) as server:
            other = await server.connect("127.0.0.2")
            first = await server.connect()
            server.pass_time(1)
            second = await server.connect()
            third = await server.connect()
            assert await closed(first)
            for client in (other, second, third):
                await client.send(head("GET", "/"))
                assert (await client.answer())[0] == 200

    play(scene())


def test_an_address_whose_connections_all_work_gets_no_more() -> None:
    async def scene() -> None:
        app = Echo()
        app.may_answer.clear()
        async with stage(app, Limits(connections_per_address=1)) as server:
            first = await server.connect()
            await first.send(head("GET", "/"))
            await server.until(lambda: bool(app.bodies))
            assert (await (await server.connect()).answer())[0] == 503
            app.may_answer.set()
            assert (await first.answer())[0] == 200
            other = await server.connect("127.0.0.2")
            await other.send(head("GET", "/"))
            assert (await other.answer())[0] == 200

    play(scene())


def test_proxies_are_not_counted() -> None:
    async def scene() -> None:
        limits = Limits(connections_per_address=1, proxies=("127.0.0.0/8",))
        async with stage(Echo(), limits) as server:
            clients = [await server.connect() for _ in range(3)]
            for client in clients:
                await client.send(head("GET", "/"))
                assert (await client.answer())[0] == 200

    play(scene())


def test_networks() -> None:
    assert network_of("192.0.2.7", ()) == "192.0.2.7"
    assert network_of("::ffff:192.0.2.7", ()) == "192.0.2.7"
    assert network_of("2001:db8:1:2:3::4", ()) == "2001:db8:1:2::"
    assert network_of("fe80::1%eth0", ()) == "fe80::"
    assert network_of("192.0.2.7", ("192.0.2.0/24",)) is None
    assert network_of("", ()) is None


def test_a_full_memory_gives_up_the_body_that_waits_longest() -> None:
    async def scene() -> None:
        app = Echo()
        async with stage(app, Limits(body_memory=2500)) as server:
            slow = []
            for number in range(2):
                slow.append(await server.connect())
                await slow[-1].send(head("POST", "/", "Content-Length: 1001") + b"a" * 1000)
                await server.until(partial(holds, server, 1000 * (number + 1)))
            new = await server.connect()
            await new.send(sized("POST", "/", b"b" * 1000))
            assert (await new.answer())[2] == b"b" * 1000
            status, fields, body = await slow[0].answer()
            assert (status, json.loads(body)["errors"][0]["code"]) == (503, "UNAVAILABLE")
            assert fields["retry-after"] == "5"
            await slow[1].send(b"a")
            assert (await slow[1].answer())[2] == b"a" * 1001
            assert server.roster.held_bytes == 0

    play(scene())


def test_a_body_beyond_all_memory_is_refused() -> None:
    async def scene() -> None:
        async with stage(Echo(), Limits(body_memory=1000, bodies=by_path)) as server:
            client = await server.connect()
            await client.send(sized("POST", "/", b"b" * 2000))
            assert (await client.answer())[0] == 503
            client = await server.connect()
            await client.send(sized("POST", "/upload", b"b" * 2000))
            assert (await client.answer())[0] == 200
            await server.until(lambda: server.roster.held_bytes == 0)

    play(scene())


def test_the_slowest_reader_is_closed_when_answers_fill_the_memory() -> None:
    async def scene() -> None:
        async def app(scope, receive, send) -> None:
            await answer(send, bytes(2**23))

        async with stage(app, Limits(answer_memory=2**23)) as server:
            clients = []
            for _ in range(3):
                client = await server.connect()
                client.writer.transport.pause_reading()  # type: ignore[attr-defined]
                known: set[object] = set(server.roster.unsent)
                clients.append(client)
                await client.send(head("GET", "/"))
                await server.until(partial(differs, server.roster.unsent, known))
            assert server.roster.unsent_bytes <= 2**23
            await server.until(lambda: len(server.roster.guests) < 3)
            clients[-1].writer.transport.resume_reading()  # type: ignore[attr-defined]
            assert len((await clients[-1].answer())[2]) == 2**23

    play(scene())


def test_hundreds_of_silent_connections_do_not_keep_others_out() -> None:
    async def scene() -> None:
        async with stage(Echo(), Limits(connections=50)) as server:
            silent = [await server.connect() for _ in range(200)]
            await silent[-1].send(b"GET /")
            new = await server.connect()
            await new.send(head("GET", "/livez"))
            assert (await new.answer())[2] == b"/livez"
            await asyncio.gather(*[closed(client) for client in silent[:150]])

    play(scene())


def test_connections_stay_below_the_descriptors() -> None:
    assert Limits(connections=4096).within(1024).connections == 768
    assert Limits(connections=4096).within(1_000_000).connections == 4096
