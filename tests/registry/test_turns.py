"""Heavy works: one at a time, each once for all who ask, and few that wait."""

import asyncio

import pytest

from entrepot.errors import Overloaded
from entrepot.registry.turns import Turns


def test_one_at_a_time_and_once_for_all(run) -> None:
    async def scene() -> None:
        turns: Turns[int] = Turns(2)
        go_on, running, done = asyncio.Event(), [0], []

        async def work(number: int) -> int:
            running[0] += 1
            assert running[0] == 1
            await go_on.wait()
            running[0] -= 1
            done.append(number)
            return number

        def ask(number: int) -> asyncio.Task[int]:
            return asyncio.create_task(turns.run(number, lambda: work(number)))

        asking = [ask(number) for number in (1, 2, 3, 1, 2, 3)]
        await asyncio.sleep(0)
        with pytest.raises(Overloaded):
            await turns.run(4, lambda: work(4))
        asking[0].cancel()
        go_on.set()
        _, *found = await asyncio.gather(*asking, return_exceptions=True)
        assert (found, done) == ([2, 3, 1, 2, 3], [1, 2, 3])
        assert await turns.run(4, lambda: work(4)) == 4

    run(scene())
