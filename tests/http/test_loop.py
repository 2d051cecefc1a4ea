"""Loops beside the requests: they rest in an outage, and say once that they fail."""

import asyncio
from collections.abc import Iterator

import pytest
from structlog.testing import capture_logs

from entrepot.errors import DatabaseUnavailable, SourceUnavailable, Unavailable
from entrepot.http.loop import Loop
from entrepot.observe.outage import Outage


class Stopped(BaseException):
    """The script is over."""


class Script:
    """What the work gives, round by round; the pauses that were made."""

    def __init__(self, *results: Exception | None) -> None:
        self.results: Iterator[Exception | None] = iter(results)
        self.pauses: list[float] = []
        self.outage = Outage("database", DatabaseUnavailable, pause=self._no_pause)
        self.down = 0

    async def _no_pause(self, _: float) -> None:
        await asyncio.sleep(0)

    async def work(self) -> None:
        try:
            result = next(self.results)
        except StopIteration:
            raise Stopped from None
        if result is not None:
            raise result

    async def probe(self) -> None:
        self.down -= 1
        if self.down >= 0:
            raise ConnectionRefusedError

    def noticed(self, problem: Unavailable) -> Outage | None:
        if isinstance(problem, SourceUnavailable):
            return None
        self.outage.begin(problem, self.probe)
        return self.outage

    async def pause(self, seconds: float) -> None:
        assert not self.outage.is_on
        self.pauses.append(seconds)

    def run(self, seconds: float) -> list[str]:
        """The events that were logged."""
        loop = Loop("counting", self.work, seconds, self.noticed, pause=self.pause)
        with capture_logs() as lines, pytest.raises(Stopped):
            asyncio.run(loop.run())
        return [line["event"] for line in lines]


def test_work_that_goes_well_is_silent() -> None:
    script = Script(None, None, None)
    assert script.run(2.0) == []
    assert script.pauses == [2.0, 2.0, 2.0]


def test_failures_are_told_once_and_further_and_further_apart() -> None:
    script = Script(*[ValueError()] * 9, None, ValueError(), None)
    assert script.run(1.0) == ["counting failed", "counting works again", "counting failed"]
    assert script.pauses == [2, 4, 8, 16, 32, 60, 60, 60, 60, 1, 2, 1]


def test_an_outage_is_waited_for_without_a_line_of_the_loop() -> None:
    script = Script(DatabaseUnavailable(), None)
    script.down = 5
    assert script.run(1.0) == ["database unavailable", "database available again"]
    assert script.pauses == [2, 1]


def test_another_systems_outage_is_waited_for_as_well() -> None:
    script = Script(SourceUnavailable(), SourceUnavailable(), None)
    assert script.run(1.0) == ["counting failed", "counting works again"]
    assert script.pauses == [2, 4, 1]
