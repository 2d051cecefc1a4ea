"""Writes that what they accompany does not depend on: a pull is answered on a full disk as well."""

from collections.abc import Callable
from typing import Final, TypeVar

from entrepot.errors import StorageFull, Unavailable
from entrepot.metadata.port import Metadata, Transaction

T = TypeVar("T")

# What a write can fail with although reads still work.
NOT_WRITABLE: Final = (StorageFull, Unavailable)


async def write(metadata: Metadata, work: Callable[[Transaction], T]) -> T | None:
    """The result of *work*; None, with nothing written, where nothing can be written now."""
    try:
        return await metadata.write(work, durable=False)
    except NOT_WRITABLE:
        return None
