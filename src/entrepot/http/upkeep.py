"""What each worker does beside answering: publish its numbers, drop uploads nobody goes on with."""

import asyncio
import fcntl
import os
from typing import Final

from entrepot.accounts import expiry, trail
from entrepot.http.services import Services
from entrepot.observe import logs

_SECOND: Final = 1.0
_EXPIRE_EVERY: Final = 600.0
_LINK_EVERY: Final = 1.0


class Upkeep:
    """The tasks of one worker, between start and stop."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        self._tasks = [
            asyncio.create_task(self._publish()),
            asyncio.create_task(self._expire()),
        ]
        if self._services.authenticator is not None:
            self._tasks.append(asyncio.create_task(self._link()))

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._services.metrics.leave()

    async def _publish(self) -> None:
        while True:
            self._services.metrics.save()
            await asyncio.sleep(_SECOND)

    async def _link(self) -> None:
        """Link what the audit log got, soon after; whichever worker comes first does it."""
        metadata = self._services.stores.metadata
        while True:
            await asyncio.sleep(_LINK_EVERY)
            try:
                if await metadata.read(lambda t: t.audit.unlinked(1)):
                    await metadata.write(trail.link, durable=False)
            except Exception:  # noqa: BLE001 - logged; the next round tries again
                logs.get(__name__).exception("linking the audit log failed")

    async def _expire(self) -> None:
        """One worker of a server looks for uploads that were given up, now and then."""
        lock = os.open(self._services.run / "expire.lock", os.O_CREAT | os.O_RDWR, 0o600)
        try:
            while True:
                await self._expire_once(lock)
                await asyncio.sleep(_EXPIRE_EVERY)
        finally:
            os.close(lock)

    async def _expire_once(self, lock: int) -> None:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        try:
            dropped = await self._services.uploads.expire(
                self._services.settings.registry.upload_age
            )
            if dropped:
                logs.get(__name__).info("uploads expired", dropped=dropped)
            if self._services.authenticator is not None:
                now = self._services.stores.clock()
                await self._services.stores.metadata.write(lambda t: expiry.expire(t, now=now))
        except Exception:  # noqa: BLE001 - logged; the next round tries again
            logs.get(__name__).exception("expiring uploads failed")
        finally:
            fcntl.flock(lock, fcntl.LOCK_UN)
