"""All that the handlers need, built once in wiring."""

from dataclasses import dataclass
from pathlib import Path

from entrepot.auth.policy import Authorizer
from entrepot.blobs.port import Redirects
from entrepot.clock import Ids
from entrepot.config.schema import Settings
from entrepot.observe.metrics import Metrics
from entrepot.observe.requests import RequestLog
from entrepot.registry.pull import Pull
from entrepot.registry.stores import Stores
from entrepot.registry.uploads import Uploads


@dataclass(frozen=True, slots=True)
class Services:
    """The parts of one worker process."""

    settings: Settings
    stores: Stores
    pull: Pull
    uploads: Uploads
    authorizer: Authorizer
    metrics: Metrics
    requests: RequestLog | None
    request_ids: Ids
    redirects: Redirects | None
    run: Path
