"""Outages of what the registry needs: one log line when one begins, one when it ends.

The first failure starts a probe, and until the probe succeeds all other work waits for it: a
bounded number for a bounded time, and what comes later is refused without asking anyone. So a
restart of a few seconds delays requests, and a long outage costs one probe a second in each worker.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, TypeAlias, TypeVar

from entrepot.errors import (
    DatabaseUnavailable,
    StorageFull,
    StorageReadOnly,
    StorageUnavailable,
    Unavailable,
)
from entrepot.observe import logs

T = TypeVar("T")

Probe: TypeAlias = Callable[[], Awaitable[object]]

# How long work waits for the end of an outage, counted from its beginning.
PATIENCE: Final = 8.0
_WAITING: Final = 256
_TRIES: Final = 3
_PROBE_SECONDS: Final = 5.0
_FIRST_PAUSE: Final = 0.05
_LONGEST_PAUSE: Final = 1.0
# Failures that a probe does not confirm have a line at most this often.
_QUIET_SECONDS: Final = 60.0
_LONGEST_REASON: Final = 300
# An error can be its own cause.
_CAUSES: Final = 10


@dataclass(slots=True)
class _Episode:
    """The time from a first failure to the probe's success."""

    since: float
    reason: str
    refused: int
    over: asyncio.Event
    confirmed: bool = False
    task: asyncio.Task[None] | None = None


class Outage:
    """Whether one part of the registry can be reached, as one worker process sees it."""

    def __init__(
        self,
        part: str,
        problem: type[Unavailable],
        *,
        patience: float = PATIENCE,
        waiting: int = _WAITING,
        ticks: Callable[[], float] = time.monotonic,
        pause: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self.part = part
        self.refused = 0
        self._problem = problem
        self._patience = patience
        self._places = waiting
        self._ticks = ticks
        self._pause = pause
        self._waiting = 0
        self._episode: _Episode | None = None
        self._said_at: float | None = None
        self._closed = False

    @property
    def is_on(self) -> bool:
        """Whether a probe has confirmed that the part cannot be reached, and none has since."""
        return self._episode is not None and self._episode.confirmed

    async def attempt(
        self,
        once: Callable[[], Awaitable[T]],
        failed: Callable[[Exception], bool],
        probe: Probe,
        *,
        tries: int = _TRIES,
    ) -> T:
        """The result of *once*, done again after a short outage while *tries* are left.

        *failed* tells an outage's errors from others. Raises the part's Unavailable.
        """
        last: Exception | None = None
        for _ in range(tries):
            await self.wait()
            try:
                return await once()
            except Exception as error:
                if not failed(error):
                    raise
                last = error
                self.begin(error, probe)
        raise self._problem from last

    async def wait(self) -> None:
        """Wait for the end of an outage, if there is one.

        Raises the part's Unavailable where it lasts, or too many wait.
        """
        episode = self._episode
        if episode is None:
            return
        left = episode.since + self._patience - self._ticks()
        if left <= 0 or self._waiting >= self._places:
            raise self._problem
        self._waiting += 1
        try:
            async with asyncio.timeout(left):
                await episode.over.wait()
        except TimeoutError:
            raise self._problem from None
        finally:
            self._waiting -= 1

    def begin(self, error: BaseException, probe: Probe) -> None:
        """Note a failure; the first one starts the probe."""
        if self._episode is None and not self._closed:
            now, over = self._ticks(), asyncio.Event()
            episode = self._episode = _Episode(now, reason_of(error), self.refused, over)
            episode.task = asyncio.ensure_future(self._watch(episode, probe))

    def refuse(self) -> None:
        """Count a request that was refused because the part could not be reached."""
        self.refused += 1

    async def over(self) -> None:
        """Return when the part can be reached, or nothing says otherwise."""
        if self._episode is not None:
            await self._episode.over.wait()

    def close(self) -> None:
        """End the probe of an outage that goes on, and begin no other."""
        self._closed = True
        episode, self._episode = self._episode, None
        if episode is not None:
            episode.over.set()
            if episode.task is not None:
                episode.task.cancel()

    async def _watch(self, episode: _Episode, probe: Probe) -> None:
        pause = _FIRST_PAUSE
        while not await _succeeds(probe):
            self._confirm(episode)
            await self._pause(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)
        self._end(episode)

    def _confirm(self, episode: _Episode) -> None:
        if not episode.confirmed:
            episode.confirmed = True
            logs.get(__name__).error(f"{self.part} unavailable", reason=episode.reason)

    def _end(self, episode: _Episode) -> None:
        self._episode = None
        episode.over.set()
        now = self._ticks()
        if episode.confirmed:
            seconds, refused = round(now - episode.since, 2), self.refused - episode.refused
            event = f"{self.part} available again"
            logs.get(__name__).info(event, seconds=seconds, refused=refused)
        elif self._said_at is None or now - self._said_at >= _QUIET_SECONDS:
            self._said_at = now
            logs.get(__name__).warning(f"{self.part} request failed", reason=episode.reason)


class Outages:
    """The outages that one worker process knows of."""

    def __init__(self) -> None:
        self.database = Outage("database", DatabaseUnavailable)
        self.storage = Outage("storage", StorageUnavailable)

    def each(self) -> tuple[Outage, ...]:
        return self.database, self.storage

    def of(self, problem: Unavailable) -> Outage | None:
        """The outage that the problem tells of; None where it is another system's."""
        match problem:
            case StorageReadOnly():
                # Reads go on.
                return None
            case DatabaseUnavailable():
                return self.database
            case StorageUnavailable():
                return self.storage
            case _:
                return None


async def _succeeds(probe: Probe) -> bool:
    try:
        async with asyncio.timeout(_PROBE_SECONDS):
            await probe()
    except Exception:  # noqa: BLE001 - whatever it is, the part does not work
        return False
    return True


def reason_of(error: BaseException) -> str:
    """What went wrong in one line: the driver's own words where there are some."""
    for _ in range(_CAUSES):
        if error.__cause__ is not None and isinstance(error, Unavailable | StorageFull):
            error = error.__cause__
    cause = getattr(error, "orig", None) or error
    # What follows a blank line is for whoever debugs the driver.
    text = " ".join(str(cause).partition("\n\n")[0].split())[:_LONGEST_REASON]
    if not text and isinstance(cause, TimeoutError):
        return "no answer in time"
    return text or type(cause).__name__
