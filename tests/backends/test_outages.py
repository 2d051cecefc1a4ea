"""The database and the store fail under load: 503 at most, nothing lost, two lines in the log."""

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import httpx
import pytest

from entrepot.observe import outage
from tests.backends.load import Load
from tests.backends.places import in_s3
from tests.blobs.relay import Relay, relaying
from tests.programs.ceph import Ceph
from tests.programs.entrepot import Entrepot, entrepot
from tests.programs.postgres import restarted
from tests.programs.waiting import PATIENCE, until

# Requests wait out an outage of these seconds; on a busy machine a restart may take longer.
SHORT = 0.8 * outage.PATIENCE
SLOW_DOWN = b"HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\n\r\n"


def lines(server: Entrepot, event: str) -> list[str]:
    return [line for line in server.log().splitlines() if event in line]


def outages(server: Entrepot, part: str) -> tuple[int, int]:
    """How many have begun, and how many have ended."""
    begun, ended = lines(server, f"{part} unavailable"), lines(server, f"{part} available again")
    return len(begun), len(ended)


def begun(server: Entrepot, part: str, number: int) -> bool:
    return outages(server, part)[0] == number


def longest(server: Entrepot) -> float:
    """How many seconds the longest outage took."""
    told = [json.loads(line) for line in lines(server, "available again")]
    return max((line["seconds"] for line in told), default=0)


def unready(server: Entrepot, part: str, gauge: str) -> None:
    """In an outage the process lives, is not ready, and says why."""
    assert httpx.get(f"{server.url}/livez", timeout=PATIENCE).status_code == 200
    ready = httpx.get(f"{server.url}/readyz", timeout=PATIENCE)
    assert ready.status_code == 503
    assert ready.json()["failing"] == {part: "UNAVAILABLE"}
    assert (
        f'entrepot_up{{part="{gauge}"}} 0.0'
        in httpx.get(f"{server.url}/metrics", timeout=PATIENCE).text
    )


def recovered(server: Entrepot, gauge: str) -> None:
    assert httpx.get(f"{server.url}/readyz", timeout=PATIENCE).status_code == 200
    told = httpx.get(f"{server.url}/metrics", timeout=PATIENCE).text
    assert f'entrepot_up{{part="{gauge}"}} 1.0' in told
    (refused,) = [
        line
        for line in told.splitlines()
        if line.startswith(f'entrepot_refused_requests_total{{part="{gauge}"}}')
    ]
    assert float(refused.split()[-1]) >= 1
    assert "Traceback" not in server.log()


def test_postgres_restarts_under_load(tmp_path: Path) -> None:
    with restarted(tmp_path) as cluster:
        settings = {"database__url": cluster.start().create_database()}
        with entrepot(tmp_path / "data", settings=settings) as server:
            load = Load(server.url, layer=20_000)
            with load.running():
                load.more()
                for number, mode in enumerate(("fast", "immediate"), 1):
                    cluster.stop(mode)
                    until(partial(begun, server, "database", number))
                    cluster.start()
                    load.more()
                # Who was in the middle of a commit cannot be told anything else.
                assert load.statuses[503] <= 2 * 5 or longest(server) > SHORT
                cluster.stop("fast")
                seen = load.statuses[503]
                until(lambda: load.statuses[503] > seen + 10)
                unready(server, "metadata", "database")
                cluster.start()
                load.more()
            load.check(server)
            recovered(server, "database")
            assert outages(server, "database") == (3, 3)


@contextmanager
def relay_to(url: str) -> Iterator[Relay]:
    """A relay that runs beside the test."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    place = relaying(url)
    try:
        yield asyncio.run_coroutine_threadsafe(place.__aenter__(), loop).result()
    finally:
        asyncio.run_coroutine_threadsafe(place.__aexit__(None, None, None), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def test_s3_fails_under_load(objects: Ceph, tmp_path: Path) -> None:
    with relay_to(objects.endpoint) as relay:
        settings = in_s3(objects, "outages") | {"blobs__s3__endpoint": relay.url}
        with entrepot(tmp_path, settings=settings) as server:
            load = Load(server.url, layer=2_500_000)
            with load.running():
                load.more()
                for number in range(3):
                    relay.torn = 300_000 * (number + 1)
                    until(lambda: relay.torn is None)
                assert outages(server, "storage") == (0, 0)
                relay.answer = SLOW_DOWN
                until(lambda: outages(server, "storage")[0] == 1)
                relay.answer = None
                load.more()
                relay.passes = lambda _: False
                seen = load.statuses[503]
                until(lambda: load.statuses[503] > seen + 5)
                unready(server, "blobs", "storage")
                relay.passes = lambda _: True
                load.more()
            load.check(server)
            # Clients that try again and again leave no uploads behind that they cannot fill.
            assert not load.statuses[429]
            recovered(server, "storage")
            assert outages(server, "storage") == (2, 2)


def test_a_server_without_its_database_does_not_start(tmp_path: Path) -> None:
    settings = {"database__url": "postgresql://app@127.0.0.1:1/nothing"}
    with pytest.raises(Exception, match="ended with 2"), entrepot(tmp_path, settings=settings):
        pass
    assert "the database cannot be used" in (tmp_path / "serve.log").read_text()
