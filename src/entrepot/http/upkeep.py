"""What each worker does beside answering: each kind of work is a loop of its own."""

import asyncio
from typing import Final

from entrepot.accounts import expiry, trail
from entrepot.errors import StorageFull, Unavailable
from entrepot.http.disk_watch import DiskWatch
from entrepot.http.follow import Follower
from entrepot.http.loop import Loop, Work
from entrepot.http.services import Services
from entrepot.observe import logs
from entrepot.observe.outage import reason_of
from entrepot.registry import quotas
from entrepot.registry.gc import schedule
from entrepot.webhooks import queue

_PUBLISH_EVERY: Final = 1.0
_EXPIRE_EVERY: Final = 600.0
_LINK_EVERY: Final = 1.0
_FOLLOW_EVERY: Final = 0.3
_COUNT_EVERY: Final = 2.0
_FOLD_EVERY: Final = 5.0
_FOLD: Final = 1000
_COLLECT_EVERY: Final = 1.0
_WATCH_EVERY: Final = 2.0


class Upkeep:
    """The tasks of one worker, between start and stop."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._tasks: list[asyncio.Task[None]] = []
        self._folded = 0
        self._since = services.stores.clock()

    def start(self) -> None:
        follower = Follower(self._services)
        watch = DiskWatch(self._services.stores.room, self._services.run / "disk.lock")
        self._do("publishing metrics", self._publish, _PUBLISH_EVERY)
        self._do("watching the disk", watch.look, _WATCH_EVERY)
        self._do("expiring uploads", self._expire, _EXPIRE_EVERY, alone="expire.lock")
        self._do("counting pulls", self._services.pulls.flush, _COUNT_EVERY)
        self._do("following events", follower.run, _FOLLOW_EVERY, alone="follow.lock")
        self._do("folding what is held", self._fold, _FOLD_EVERY, alone="fold.lock")
        self._do("collecting garbage", self._collect, _COLLECT_EVERY, alone="gc.lock")
        if self._services.authenticator is not None:
            self._do("linking the audit log", self._link, _LINK_EVERY)
            self._do("delivering webhooks", self._services.courier.run, 0)
        if self._services.recheck is not None:
            every = self._services.settings.auth.recheck_minutes * 60
            recheck = self._services.recheck.run
            self._do("rechecking identity sources", recheck, every, alone="recheck.lock")

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._services.courier.stop()
        self._services.metrics.leave()
        try:
            await self._services.pulls.flush()
        except (StorageFull, Unavailable) as problem:
            logs.get(__name__).warning("pulls not counted", reason=reason_of(problem))
        except Exception:  # noqa: BLE001 - logged; a stop goes on
            logs.get(__name__).exception("counting pulls failed")

    def _do(self, what: str, work: Work, seconds: float, *, alone: str = "") -> None:
        """Do *work* again and again; by one worker of a server at a time where it is *alone*."""
        lock = self._services.run / alone if alone else None
        loop = Loop(what, work, seconds, self._services.noticed, lock)
        self._tasks.append(asyncio.create_task(loop.run()))

    async def _publish(self) -> None:
        self._services.metrics.save()

    async def _link(self) -> None:
        """Link what the audit log got, soon after; whichever worker comes first does it."""
        metadata = self._services.stores.metadata
        if await metadata.read(lambda t: t.audit.unlinked(1)):
            await metadata.write(trail.link, durable=False)

    async def _fold(self) -> None:
        """Make few rows of the many that tell how much namespaces hold."""
        self._folded = await quotas.fold(self._services.stores, self._folded, _FOLD)

    async def _collect(self) -> None:
        """Do the collection that was asked for, or is due."""
        services, settings = self._services, self._services.settings.gc
        rhythm = schedule.Rhythm(settings.every, settings.store_every) if settings.enabled else None
        run = await schedule.look(services.stores, rhythm, since=self._since)
        if run is None:
            return
        ended = await schedule.carry_out(services.stores, run, settings.grace)
        if ended.error:
            logs.get(__name__).warning("garbage was not removed", why=ended.error)
            return
        removed = ended.tally.removed
        logs.get(__name__).info("garbage collected", removed=removed.count, bytes=removed.bytes)

    async def _expire(self) -> None:
        """Drop uploads that were given up, and what else has had its time."""
        services = self._services
        dropped = await services.uploads.expire(services.settings.registry.upload_age)
        if dropped:
            logs.get(__name__).info("uploads expired", dropped=dropped)
        if services.authenticator is not None:
            now = services.stores.clock()
            await services.stores.metadata.write(lambda t: expiry.expire(t, now=now))
            await services.stores.metadata.write(lambda t: queue.expire(t, now=now))
