"""What every operation works with."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from entrepot.blobs.port import BlobStore
from entrepot.clock import Clock, Ids
from entrepot.disk.room import UNBOUNDED, Room
from entrepot.metadata.port import Metadata
from entrepot.model.quota import ANY_PENDING, UNLIMITED, PendingLimits, Quota
from entrepot.registry.documents import Documents
from entrepot.registry.margins import MACHINES, Margins


@dataclass(frozen=True, slots=True)
class Stores:
    """Where bytes and facts are kept, and where time and identifiers come from.

    `quota` are the limits of each namespace that has none of its own, `pending` those of what is
    part of no image yet, `room` is that of the disk, `margins` keep the garbage collection from
    pushes that are under way, `ticks` are seconds that no setting of the clock changes, and
    `documents` are the manifests that this process has parsed.
    """

    metadata: Metadata
    blobs: BlobStore
    clock: Clock
    ids: Ids
    quota: Quota = UNLIMITED
    room: Room = UNBOUNDED
    pending: PendingLimits = ANY_PENDING
    margins: Margins = MACHINES
    ticks: Callable[[], float] = time.monotonic
    documents: Documents = field(default_factory=Documents)
