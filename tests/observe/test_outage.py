"""Outages as one worker sees them: who waits, who is refused, and what the log says."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from structlog.testing import capture_logs

from entrepot.errors import (
    DatabaseUnavailable,
    SourceUnavailable,
    StorageUnavailable,
    Unavailable,
)
from entrepot.observe.outage import Outage, Outages, reason_of

Run = Callable[[Coroutine[Any, Any, Any]], Any]


class Part:
    """A part that can be switched off, with a clock; its probe is asked only when told."""

    def __init__(self, *, waiting: int = 8) -> None:
        self.works = True
        self.now = 100.0
        self.asked = 0
        self.probes = asyncio.Semaphore(0)
        self.outage = Outage(
            "database",
            DatabaseUnavailable,
            patience=30,
            waiting=waiting,
            ticks=lambda: self.now,
            pause=self._pause,
        )

    async def _pause(self, _: float) -> None:
        await self.probes.acquire()

    async def probe(self) -> None:
        if not self.works:
            raise ConnectionRefusedError

    async def once(self) -> str:
        self.asked += 1
        if not self.works:
            raise ConnectionResetError(104, "reset by the peer")
        return "done"

    def attempt(self) -> asyncio.Task[str]:
        failed = self.outage.attempt(self.once, lambda e: isinstance(e, OSError), self.probe)
        return asyncio.ensure_future(failed)

    async def fail(self) -> asyncio.Task[str]:
        """Begin an outage that a probe has confirmed; whoever met it first waits."""
        self.works = False
        first = self.attempt()
        while not self.outage.is_on:
            await asyncio.sleep(0)
        return first

    async def recover(self) -> None:
        self.works = True
        self.probes.release()
        await self.outage.over()


async def _refused(task: asyncio.Task[str]) -> DatabaseUnavailable:
    with pytest.raises(DatabaseUnavailable) as raised:
        await task
    return raised.value


def test_a_short_outage_delays_work_and_has_two_lines() -> None:
    async def scenario() -> None:
        part = Part()
        works = [await part.fail(), *(part.attempt() for _ in range(5))]
        await asyncio.sleep(0)
        assert part.asked == 1
        part.now += 2
        await part.recover()
        assert await asyncio.gather(*works) == ["done"] * 6

    with capture_logs() as lines:
        asyncio.run(scenario())
    assert [(line["event"], line["log_level"]) for line in lines] == [
        ("database unavailable", "error"),
        ("database available again", "info"),
    ]
    assert lines[0]["reason"] == "[Errno 104] reset by the peer"
    assert (lines[1]["seconds"], lines[1]["refused"]) == (2, 0)


def test_in_a_long_outage_work_is_refused_without_asking() -> None:
    async def scenario() -> None:
        part = Part()
        waiting = await part.fail()
        part.now += 30
        for _ in range(3):
            await _refused(part.attempt())
            part.outage.refuse()
        assert part.asked == 1
        await part.recover()
        assert await waiting == "done"

    with capture_logs() as lines:
        asyncio.run(scenario())
    assert lines[-1]["refused"] == 3
    assert len(lines) == 2


def test_waiting_returns_immediately_or_at_the_end_or_is_refused() -> None:
    async def scenario() -> None:
        part = Part()
        await part.outage.wait()
        first = await part.fail()
        waiting = asyncio.ensure_future(part.outage.wait())
        await asyncio.sleep(0)
        assert not waiting.done()
        part.now += 30
        with pytest.raises(DatabaseUnavailable):
            await part.outage.wait()
        await part.recover()
        await waiting
        assert await first == "done"
        assert part.asked == 2

    asyncio.run(scenario())


def test_so_many_wait_and_no_more() -> None:
    async def scenario() -> None:
        part = Part(waiting=3)
        works = [await part.fail(), part.attempt(), part.attempt()]
        await asyncio.sleep(0)
        await _refused(part.attempt())
        await part.recover()
        assert await asyncio.gather(*works) == ["done"] * 3

    asyncio.run(scenario())


def test_who_waits_is_refused_when_the_time_is_over() -> None:
    async def scenario() -> None:
        part = Part()
        waiting = await part.fail()
        part.now += 29.999
        await _refused(part.attempt())
        waiting.cancel()
        part.outage.close()

    asyncio.run(scenario())


def test_work_that_fails_where_probes_succeed_is_refused_after_three_tries() -> None:
    async def scenario() -> None:
        part = Part()

        async def reset() -> str:
            part.asked += 1
            raise ConnectionResetError

        for _ in range(2):
            with pytest.raises(DatabaseUnavailable) as raised:
                await part.outage.attempt(reset, lambda _: True, part.probe)
            assert isinstance(raised.value.__cause__, ConnectionResetError)
            await part.outage.over()
        assert part.asked == 6

    with capture_logs() as lines:
        asyncio.run(scenario())
    assert [line["event"] for line in lines] == ["database request failed"]


def test_other_errors_are_no_outage() -> None:
    async def scenario() -> None:
        part = Part()

        async def wrong() -> str:
            raise ValueError

        with pytest.raises(ValueError):
            await part.outage.attempt(wrong, lambda e: isinstance(e, OSError), part.probe)
        assert not part.outage.is_on
        assert await part.attempt() == "done"

    with capture_logs() as lines:
        asyncio.run(scenario())
    assert lines == []


def test_work_that_cannot_be_repeated_is_tried_once_and_waits_before() -> None:
    async def scenario() -> None:
        part = Part()
        waiting = await part.fail()
        once = asyncio.ensure_future(
            part.outage.attempt(part.once, lambda _: True, part.probe, tries=1)
        )
        await asyncio.sleep(0)
        await part.recover()
        assert await once == "done"
        assert await waiting == "done"
        part.works = False
        asked = part.asked
        with pytest.raises(DatabaseUnavailable):
            await part.outage.attempt(part.once, lambda _: True, part.probe, tries=1)
        assert part.asked == asked + 1
        part.outage.close()

    asyncio.run(scenario())


def test_a_close_lets_go_of_who_waits_for_the_end() -> None:
    async def scenario() -> None:
        part = Part()
        waiting = await part.fail()
        resting = asyncio.ensure_future(part.outage.over())
        await asyncio.sleep(0)
        part.outage.close()
        await resting
        assert not part.outage.is_on
        waiting.cancel()

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("problem", "part"),
    [(DatabaseUnavailable(), "database"), (StorageUnavailable(), "storage")],
)
def test_a_problem_tells_of_its_part(problem: Unavailable, part: str) -> None:
    found = Outages().of(problem)
    assert found is not None
    assert found.part == part


def test_another_system_is_no_part() -> None:
    assert Outages().of(SourceUnavailable()) is None


def test_a_reason_is_one_short_line_in_the_drivers_words() -> None:
    problem = DatabaseUnavailable()
    problem.__cause__ = OSError("refused\n by   the peer\n\nDebug source: much more")
    assert reason_of(problem) == "refused by the peer"
    assert reason_of(TimeoutError()) == "no answer in time"
    assert len(reason_of(OSError("x" * 10_000))) <= 300
