"""What every operation works with."""

from dataclasses import dataclass

from entrepot.blobs.port import BlobStore
from entrepot.clock import Clock, Ids
from entrepot.metadata.port import Metadata


@dataclass(frozen=True, slots=True)
class Stores:
    """Where bytes and facts are kept, and where time and identifiers come from."""

    metadata: Metadata
    blobs: BlobStore
    clock: Clock
    ids: Ids
