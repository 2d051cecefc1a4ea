"""Work that is done again and again, by one task: it waits where it fails, and says so once."""

import asyncio
import fcntl
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final, TypeAlias

from entrepot.errors import StorageFull, StorageReadOnly, Unavailable
from entrepot.observe import logs
from entrepot.observe.outage import Outage, reason_of

Work: TypeAlias = Callable[[], Awaitable[object]]

_LONGEST_PAUSE: Final = 60.0


class Loop:
    """One kind of work of a worker process.

    In an outage it rests until that is over: *noticed* has the outage that a problem tells of,
    which has log lines of its own. After other failures it pauses for twice as long each time;
    the log has the first of them in a row, and the end.
    """

    def __init__(
        self,
        what: str,
        work: Work,
        seconds: float,
        noticed: Callable[[Unavailable], Outage | None],
        lock: Path | None = None,
        *,
        pause: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._what = what
        self._work = work
        self._seconds = seconds
        self._noticed = noticed
        self._lock = lock
        self._pause = pause
        self._failures = 0

    async def run(self) -> None:
        """Do the work until cancelled; by one process at a time of those that share the lock."""
        held = os.open(self._lock, os.O_CREAT | os.O_RDWR, 0o600) if self._lock else None
        try:
            while True:
                await self._round(held)
                await self._pause(self._rest())
        finally:
            if held is not None:
                os.close(held)

    async def _round(self, held: int | None) -> None:
        try:
            await _once(self._work, held)
        except (StorageFull, Unavailable) as problem:
            self._failures += 1
            await self._outlast(problem)
        except Exception:  # noqa: BLE001 - logged; the next round tries again
            self._failures += 1
            if self._failures == 1:
                logs.get(__name__).exception(f"{self._what} failed")
        else:
            if self._failures > 1:
                logs.get(__name__).info(f"{self._what} works again", failures=self._failures)
            self._failures = 0

    async def _outlast(self, problem: StorageFull | Unavailable) -> None:
        """Wait for the end of the outage that the problem tells of, if it is one."""
        outage = self._noticed(problem) if isinstance(problem, Unavailable) else None
        if outage is not None:
            await outage.over()
        elif self._failures == 1 and not isinstance(problem, StorageReadOnly):
            # Of a read-only disk the log tells by itself.
            logs.get(__name__).warning(f"{self._what} failed", reason=reason_of(problem))

    def _rest(self) -> float:
        if not self._failures:
            return self._seconds
        pause = max(self._seconds, 0.5) * float(2 ** min(self._failures, 10))
        return min(pause, _LONGEST_PAUSE)


async def _once(work: Work, held: int | None) -> None:
    """Do the work, unless another process that shares the lock is doing it."""
    if held is None:
        await work()
        return
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return
    try:
        await work()
    finally:
        fcntl.flock(held, fcntl.LOCK_UN)
