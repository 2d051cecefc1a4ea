"""A pool of threads is bounded, and one that hangs holds up no other."""

import asyncio
import threading

import pytest

from entrepot.errors import Overloaded
from entrepot.threads import Threads
from tests.programs.waiting import PATIENCE


def test_more_than_may_wait_are_refused_and_the_rest_is_done() -> None:
    go, running = threading.Event(), threading.Semaphore(0)

    def hang() -> int:
        running.release()
        assert go.wait(PATIENCE)
        return 1

    async def main() -> list[int | BaseException]:
        pool, other = Threads("one", 2, 3), Threads("two", 1, 0)
        tasks = [asyncio.ensure_future(pool.run(hang)) for _ in range(8)]
        await asyncio.sleep(0)
        assert await other.run(lambda: 7) == 7
        refused = [task for task in tasks if task.done()]
        assert len(refused) == 3
        go.set()
        found = await asyncio.gather(*tasks, return_exceptions=True)
        assert await pool.run(lambda: 7) == 7
        return found

    found = asyncio.run(main())
    assert found[:5] == [1] * 5
    assert all(isinstance(each, Overloaded) for each in found[5:])


def test_whoever_gave_up_waits_no_longer() -> None:
    go = threading.Event()

    async def main() -> None:
        pool = Threads("one", 1, 1)
        first = asyncio.ensure_future(pool.run(go.wait, PATIENCE))
        second = asyncio.ensure_future(pool.run(go.wait, PATIENCE))
        await asyncio.sleep(0)
        second.cancel()
        await asyncio.gather(second, return_exceptions=True)
        for _ in range(10):
            await asyncio.sleep(0)
        third = asyncio.ensure_future(pool.run(lambda: True))
        go.set()
        assert await first
        assert await third

    asyncio.run(main())


def test_what_fails_is_raised() -> None:
    async def main() -> None:
        await Threads("one", 1, 0).run(int, "x")

    with pytest.raises(ValueError, match="invalid literal"):
        asyncio.run(main())
