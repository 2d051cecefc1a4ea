"""Who makes room when all places are taken by connections that send or take much."""

import json
import math
from dataclasses import dataclass

import pytest

from entrepot.server.limits import Limits, Pace
from entrepot.server.roster import Roster
from entrepot.server.slowest import is_slow, ranked
from entrepot.wire.bodies import Body
from tests.server.stage import Client, Echo, Stage, head, play, stage


def uploads(method: str, _path: str) -> Body:
    return Body.DOCUMENT if method == "PUT" else Body.SMALL


async def uploading(server: Stage, app: Echo, address: str = "127.0.0.1") -> Client:
    """A client whose long body the application waits for."""
    client = await server.connect(address)
    before = len(app.scopes)
    await client.send(head("PUT", "/", "Content-Length: 1000000") + b"{")
    await server.until(lambda: len(app.scopes) > before)
    return client


async def is_answered(server: Stage, address: str) -> bool:
    client = await server.connect(address)
    await client.send(head("GET", "/livez"))
    return (await client.answer())[0] == 200


def test_a_slow_upload_makes_room_and_a_fast_one_does_not() -> None:
    async def scene() -> None:
        app = Echo()
        async with stage(app, Limits(connections=2, bodies=uploads)) as server:
            # Each has an address of its own.
            fast = await uploading(server, app, "127.0.0.2")
            slow = await uploading(server, app, "127.0.0.3")
            for _ in range(6):
                await fast.send(b"a" * 2000)
                await server.until(lambda: server.roster.held_bytes % 2000 == 2)
                server.pass_time(1)
            assert await is_answered(server, "127.0.0.4")
            assert await slow.is_closed()
            await fast.send(b"a" * (1_000_000 - 12_001))
            assert (await fast.answer())[0] == 200

    play(scene())


def test_addresses_with_many_uploads_make_room_for_others() -> None:
    async def scene() -> None:
        app = Echo()
        async with stage(app, Limits(connections=5, bodies=uploads)) as server:
            alone = await uploading(server, app, "127.0.0.2")
            many = [await uploading(server, app, f"127.0.0.{3 + n % 2}") for n in range(4)]
            # None is known to be slow: they have just begun.
            refused = await server.connect("127.0.0.3")
            status, _, body = await refused.answer()
            assert (status, json.loads(body)["errors"][0]["code"]) == (503, "UNAVAILABLE")
            assert await refused.is_closed()
            refused.writer.close()
            await server.until(lambda: len(server.roster.guests) == 5)
            assert await is_answered(server, "127.0.0.9")
            await server.until(lambda: len(server.roster.guests) == 5)
            await alone.send(b"a" * 999_999)
            assert (await alone.answer())[0] == 200
            assert len(many) == 4

    play(scene())


def test_what_is_processed_is_not_ended() -> None:
    async def scene() -> None:
        app = Echo()
        app.may_answer.clear()
        async with stage(app, Limits(connections=2, bodies=uploads)) as server:
            clients = [await uploading(server, app, "127.0.0.2") for _ in range(2)]
            for client in clients:
                await client.send(b"a" * 999_999)
            await server.until(lambda: len(app.bodies) == 2)
            assert (await (await server.connect("127.0.0.3")).answer())[0] == 503
            app.may_answer.set()
            for client in clients:
                assert (await client.answer())[0] == 200

    play(scene())


def test_of_one_address_a_slow_upload_makes_room() -> None:
    async def scene() -> None:
        app = Echo()
        limits = Limits(connections_per_address=2, bodies=uploads)
        async with stage(app, limits) as server:
            slower, slow = [await uploading(server, app) for _ in range(2)]
            await slow.send(b"a" * 98)
            await server.until(lambda: server.roster.held_bytes == 100)
            server.pass_time(6)
            assert await is_answered(server, "127.0.0.1")
            assert await slower.is_closed()
            await slow.send(b"a" * (1_000_000 - 99))
            assert (await slow.answer())[0] == 200

    play(scene())


@dataclass(frozen=True)
class One:
    """A connection with a rate, of an address with a number of connections."""

    speed: float | None
    share: int = 1

    def rate(self) -> float | None:
        return self.speed


def test_the_order() -> None:
    waits, slower, slow = One(None, 9), One(0.0), One(9.0)
    first, few, fast, new = One(20.0, 7), One(50.0, 2), One(90.0, 7), One(math.inf, 7)
    found = ranked([fast, new, slow, waits, few, first, slower], lambda one: one.share, 10)
    assert found[::-1] == [slower, slow, first, fast, new, few]
    assert [one for one in (waits, slow, slower, first, new) if is_slow(one, 10)] == [slow, slower]


def test_a_pace_tells_a_rate_once_it_is_known() -> None:
    pace = Pace()
    pace.is_slow(300, 3, waiting=True, rate=1, window=60)
    assert pace.rate(5) == math.inf
    pace.is_slow(500, 2, waiting=True, rate=1, window=60)
    assert pace.rate(5) == 100


@pytest.mark.parametrize("newcomers", [1, 50])
def test_thousands_are_ordered_once(newcomers: int, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    class Guest:
        queue = network = None

        def rate(self) -> float:
            asked.append(1)
            return 0.0

        def make_room(self) -> None:
            """Nothing more comes of it here."""

    roster = Roster(Limits(connections=2000), lambda: 0.0, lambda: 0.0)
    for number in range(2000):
        guest = Guest()
        roster.admit(guest, f"192.0.2.{number % 5}")  # type: ignore[arg-type]
        roster.moving[guest] = None  # type: ignore[index]
    for _ in range(newcomers):
        assert roster.admit(Guest(), "198.51.100.1")  # type: ignore[arg-type]
    assert len(roster.guests) == 2000
    assert len(asked) <= 2000 + 2 * newcomers
