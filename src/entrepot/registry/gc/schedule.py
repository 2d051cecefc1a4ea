"""When garbage is collected, and by whom: runs are rows, so that all servers know of them."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from entrepot.errors import Stale
from entrepot.metadata.port import Transaction
from entrepot.model.garbage import Collection, Tally
from entrepot.registry.gc import plan
from entrepot.registry.gc.collect import Collector, Pause
from entrepot.registry.stores import Stores

# A run that says nothing for so long was cut short: longer than a batch of removals may take.
_SILENT: Final = plan.REMOVING + timedelta(minutes=1)
_TELL_EVERY: Final = timedelta(seconds=1)
_KEPT: Final = 20
_LOCK: Final = "garbage collection"
CUT_SHORT: Final = "it was cut short"
LEFT: Final = "no server began it"


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How often the server collects by itself, and how often it looks through the whole store."""

    every: timedelta
    thorough_every: timedelta


def is_running(run: Collection, now: datetime) -> bool:
    """Whether somebody works on the run at this moment."""
    return run.ended_at is None and run.seen_at is not None and run.seen_at > now - _SILENT


def is_open(run: Collection, now: datetime) -> bool:
    """Whether the run was asked for and is not over."""
    return run.ended_at is None and (run.started_at is None or is_running(run, now))


def is_due(runs: Sequence[Collection], rhythm: Rhythm, *, now: datetime, since: datetime) -> bool:
    """Whether the server should collect by itself; the first time, having started at *since*."""
    last = max((run.asked_at for run in runs), default=since)
    return not any(is_open(run, now) for run in runs) and last <= now - rhythm.every


def is_thorough(last: Collection | None, rhythm: Rhythm, *, now: datetime) -> bool:
    """Whether the next run looks through the whole store, where *last* is the last that did."""
    return last is None or last.asked_at <= now - rhythm.thorough_every


def ask(t: Transaction, *, by: str, thorough: bool, now: datetime) -> Collection:
    """Ask for a run; Stale where there is one already."""
    t.lock(_LOCK)
    _bury(t, now)
    if any(is_open(run, now) for run in t.collections.last(_KEPT)):
        raise Stale("a garbage collection is under way; wait for its end")
    t.collections.trim(_KEPT)
    return t.collections.ask(by=by, thorough=thorough, at=now)


def begin(t: Transaction, *, by: str, thorough: bool, now: datetime) -> Collection:
    """Begin a run without waiting for a server to do it; Stale where there is one already."""
    t.lock(_LOCK)
    for run in t.collections.last(_KEPT):
        # A server begins within a second what it was asked for: none is there.
        if run.ended_at is None and run.started_at is None and run.asked_at <= now - _SILENT:
            t.collections.begin(run.id, at=now)
            t.collections.end(run.id, run.tally, at=now, error=LEFT)
    asked = ask(t, by=by, thorough=thorough, now=now)
    t.collections.begin(asked.id, at=now)
    return asked


def _bury(t: Transaction, now: datetime) -> None:
    """End the runs that were cut short."""
    for run in t.collections.last(_KEPT):
        if run.ended_at is None and not is_open(run, now):
            t.collections.end(run.id, run.tally, at=now, error=CUT_SHORT)


def take(
    t: Transaction, rhythm: Rhythm | None, *, now: datetime, since: datetime
) -> Collection | None:
    """Begin the run that was asked for, or one that is due by itself; None where there is none.

    Without a *rhythm* none is due by itself.
    """
    t.lock(_LOCK)
    _bury(t, now)
    runs = t.collections.last(_KEPT)
    asked = next((run for run in runs if run.ended_at is None and run.started_at is None), None)
    if asked is None and rhythm is not None and is_due(runs, rhythm, now=now, since=since):
        thorough = is_thorough(t.collections.last_thorough(), rhythm, now=now)
        asked = ask(t, by="", thorough=thorough, now=now)
    if asked is not None:
        t.collections.begin(asked.id, at=now)
    return asked


async def look(stores: Stores, rhythm: Rhythm | None, *, since: datetime) -> Collection | None:
    """The run to do now, which has begun with this; None where there is none."""
    now = stores.clock()
    if not await stores.metadata.read(lambda t: _has_work(t, rhythm, now, since)):
        return None
    return await stores.metadata.write(lambda t: take(t, rhythm, now=now, since=since))


def _has_work(t: Transaction, rhythm: Rhythm | None, now: datetime, since: datetime) -> bool:
    runs = t.collections.last(_KEPT)
    if any(run.ended_at is None and run.started_at is None for run in runs):
        return True
    return rhythm is not None and is_due(runs, rhythm, now=now, since=since)


async def carry_out(
    stores: Stores,
    run: Collection,
    grace: timedelta,
    watch: Callable[[Tally], None] = lambda _: None,
    pause: Pause | None = None,
) -> Collection:
    """Do a run that has begun, and tell its row, and *watch*, how it goes and ends."""
    collector = Collector(stores, grace, pause)
    told = stores.clock()
    try:
        async for tally in collector.run(thorough=run.thorough):
            watch(tally)
            now = stores.clock()
            if now - told >= _TELL_EVERY:
                told = now
                await stores.metadata.write(
                    lambda t, tally=tally, now=now: t.collections.note(run.id, tally, at=now),  # type: ignore[misc]
                    durable=False,
                )
    except asyncio.CancelledError:
        # The next run need not wait until this one was silent for long.
        with suppress(Exception):
            await _end(stores, run, collector, CUT_SHORT)
        raise
    except Stale as error:
        return await _end(stores, run, collector, str(error))
    except Exception as error:
        await _end(stores, run, collector, f"{type(error).__name__}: {error}"[:500])
        raise
    return await _end(stores, run, collector, "")


async def _end(stores: Stores, run: Collection, collector: Collector, error: str) -> Collection:
    now, tally = stores.clock(), collector.tally

    def work(t: Transaction) -> Collection:
        t.collections.end(run.id, tally, at=now, error=error)
        ended = t.collections.get(run.id)
        if ended is None:
            raise Stale("the run is no longer known")
        return ended

    return await stores.metadata.write(work)
