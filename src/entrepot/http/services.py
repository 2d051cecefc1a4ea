"""All that the handlers need, built once in wiring."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from entrepot.accounts.mail import Post
from entrepot.accounts.passwords import Passwords
from entrepot.auth.access import Access
from entrepot.auth.authenticator import Authenticator
from entrepot.auth.bearer import Bearers
from entrepot.auth.passes import Passes
from entrepot.auth.recheck import Recheck
from entrepot.auth.sources.issuers import Issuers
from entrepot.auth.sources.oidc import Provider
from entrepot.blobs.port import Redirects
from entrepot.clock import Ids
from entrepot.config.schema import Settings
from entrepot.errors import StorageFull, Unavailable
from entrepot.http.response import Rendered
from entrepot.observe import logs
from entrepot.observe.metrics import Metrics
from entrepot.observe.outage import Outage, Outages, reason_of
from entrepot.observe.requests import RequestLog
from entrepot.registry.layers.contents import Layers
from entrepot.registry.lookups import Lookups
from entrepot.registry.pull import Pull
from entrepot.registry.pulls import PullCounter
from entrepot.registry.stores import Stores
from entrepot.registry.uploads import Uploads
from entrepot.webhooks.courier import Courier


@dataclass(frozen=True, slots=True)
class Services:
    """The parts of one worker process.

    Without an authenticator the registry is open: there are no accounts, and all may do all.
    """

    settings: Settings
    stores: Stores
    pull: Pull
    listings: Lookups[Rendered]
    pulls: PullCounter
    layers: Layers
    uploads: Uploads
    access: Access
    authenticator: Authenticator | None
    recheck: Recheck | None
    passes: Passes
    bearers: Bearers
    hub_bearers: Bearers
    passwords: Passwords
    issuers: Issuers | None
    sign_on: Provider | None
    post: Post
    courier: Courier
    draw: Ids
    metrics: Metrics
    requests: RequestLog | None
    request_ids: Ids
    redirects: Redirects | None
    run: Path
    errands: set[asyncio.Task[object]]
    outages: Outages

    def later(self, work: Coroutine[Any, Any, object]) -> None:
        """Have *work* done without a client waiting for it; what goes wrong is in the log."""
        task = asyncio.ensure_future(work)
        self.errands.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[object]) -> None:
        self.errands.discard(task)
        error = None if task.cancelled() else task.exception()
        log = logs.get(__name__)
        if isinstance(error, (StorageFull, Unavailable)):
            log.warning("background work failed", reason=reason_of(error))
        elif error is not None:
            log.error("background work failed", exc_info=error)

    def refused(self, problem: Unavailable) -> None:
        """Count a request that was refused because a part of the registry could not be reached."""
        outage = self.noticed(problem)
        if outage is not None:
            outage.refuse()

    def noticed(self, problem: Unavailable) -> Outage | None:
        """The outage that the problem tells of, which begins if it has not; None for others."""
        outage = self.outages.of(problem)
        if outage is not None:
            storage = outage is self.outages.storage
            outage.begin(problem, self.stores.blobs.ping if storage else self.stores.metadata.ping)
        return outage
