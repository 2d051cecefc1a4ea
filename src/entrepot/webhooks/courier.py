"""The courier of one worker: takes what is due, and delivers it beside the requests.

Several couriers, on one node or many, share the work: what one has taken no other gets, unless it
dies. What is delivered at once is bounded, in all and for each webhook, so that a receiver that
does not answer holds up its own deliveries only.
"""

import asyncio
from contextlib import suppress
from typing import Final

from entrepot import __version__
from entrepot.clock import Clock
from entrepot.errors import StorageFull, Unavailable
from entrepot.metadata.port import Metadata
from entrepot.observe import logs
from entrepot.webhooks.queue import Errand, record, take
from entrepot.webhooks.receivers import Receivers
from entrepot.webhooks.signature import sign

_AT_ONCE: Final = 64
_EACH: Final = 2
_IDLE_SECONDS: Final = 1.0


class Courier:
    """Deliveries under way, by the webhook they are for."""

    def __init__(self, metadata: Metadata, clock: Clock, receivers: Receivers) -> None:
        self._metadata = metadata
        self._clock = clock
        self._receivers = receivers
        self._running: dict[asyncio.Task[None], str] = {}
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Say that there may be something to do."""
        self._woken.set()

    async def run(self) -> None:
        """Begin what is due, at once if somebody said so, or else a moment later."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_IDLE_SECONDS):
                await self._woken.wait()
        self._woken.clear()
        await self.dispatch()

    async def dispatch(self) -> int:
        """Begin the deliveries that are due, as many as may run at once; how many."""
        free = _AT_ONCE - len(self._running)
        busy, now = sorted(set(self._running.values())), self._clock()
        if free <= 0 or not await self._metadata.read(
            lambda t: t.deliveries.is_due(now=now, without=busy)
        ):
            return 0
        # If this is lost in a power cut, they are taken once more.
        errands = await self._metadata.write(
            lambda t: take(t, now=now, size=free, each=_EACH, without=busy), durable=False
        )
        for errand in errands:
            task = asyncio.create_task(self._run(errand))
            self._running[task] = errand.webhook.id
            task.add_done_callback(self._finished)
        return len(errands)

    def _finished(self, task: asyncio.Task[None]) -> None:
        del self._running[task]
        self.wake()

    async def stop(self) -> None:
        """Give up what is under way; others take it when its time is over."""
        tasks = list(self._running)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def rest(self) -> None:
        """Return when nothing is under way any more."""
        while self._running:
            await asyncio.gather(*self._running, return_exceptions=True)

    async def _run(self, errand: Errand) -> None:
        try:
            await self._deliver(errand)
        except (StorageFull, Unavailable):
            # The outage has a log line of its own; what was sent may be sent once more.
            return
        except Exception:  # noqa: BLE001 - logged; it is tried again when its time is over
            logs.get(__name__).exception("a delivery failed", delivery=errand.delivery.id)

    async def _deliver(self, errand: Errand) -> None:
        hook, body, now = errand.webhook, errand.delivery.payload.encode(), self._clock()
        timestamp = int(now.timestamp())
        headers = {
            "content-type": errand.delivery.content_type,
            "user-agent": f"Entrepot-Webhook/{__version__}",
            "x-entrepot-event": errand.delivery.event,
            "x-entrepot-delivery": errand.delivery.id,
            "x-entrepot-timestamp": str(timestamp),
        }
        if hook.secret:
            headers["x-entrepot-signature"] = sign(hook.secret, timestamp, body)
        attempt = await self._receivers.post(hook.url, headers, body, at=now)
        state = await self._metadata.write(lambda t: record(t, errand, attempt), durable=False)
        logs.get(__name__).debug(
            "webhook",
            webhook=f"{hook.namespace}+{hook.name}",
            delivery=errand.delivery.id,
            state=state.value,
            status=attempt.status,
            error=attempt.error,
        )
