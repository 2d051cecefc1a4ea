"""Claims: between its bytes and its rows, no collection takes content away.

Content that nothing names may be condemned: after a while its bytes are removed. Whoever is about
to store bytes claims their digest first. That spares them if they were condemned, and waits while
they are being removed. What is condemned after a claim is not due while that claim holds
(`registry.margins`), so bytes that were stored after it and are named while it holds stay.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeVar

from entrepot.errors import ContentBusy
from entrepot.metadata.port import Transaction
from entrepot.oci.digest import Digest
from entrepot.registry.stores import Stores

T = TypeVar("T")

_LOOK_AGAIN: Final = 0.1
_PATIENCE: Final = 300


class _Lapsed(Exception):
    """The claim holds no longer; nothing was written."""


@dataclass(frozen=True, slots=True)
class Claim:
    """That no collection removes the content, for a while from `at` on; `ticks` is the same moment.

    A clock that is set back must not make it last, and one that is set forward lets a collection
    remove what was condemned a moment ago: it holds for as long as both say so.
    """

    digest: Digest
    at: datetime
    ticks: float

    def holds(self, stores: Stores) -> bool:
        """Whether it holds now."""
        by_clock, most = stores.clock() - self.at, stores.margins.holds
        by_ticks = timedelta(seconds=stores.ticks() - self.ticks)
        return timedelta() <= by_clock <= most and by_ticks <= most


async def claim(stores: Stores, digest: Digest) -> Claim:
    """Claim the content before its bytes are stored; ContentBusy where they go, and go on going."""
    for _ in range(_PATIENCE):
        now, ticks = stores.clock(), stores.ticks()
        if await stores.metadata.read(lambda t: t.condemned.get(digest)) is None:
            return Claim(digest, now, ticks)
        if await stores.metadata.write(_spare(digest, now), durable=False):
            return Claim(digest, now, ticks)
        await asyncio.sleep(_LOOK_AGAIN)
    raise ContentBusy(detail=digest.text)


def _spare(digest: Digest, now: datetime) -> Callable[[Transaction], bool]:
    return lambda t: t.condemned.spare(digest, now=now)


async def name(stores: Stores, held: Claim, work: Callable[[Transaction], T]) -> T:
    """What *work* gives, which names the claimed content in rows, while the claim holds.

    Where storing the bytes took longer than that, they are claimed again, and looked for:
    BlobUnknown when they are gone.
    """

    def checked(t: Transaction) -> T:
        if not held.holds(stores):
            raise _Lapsed
        return work(t)

    while True:
        try:
            return await stores.metadata.write(checked)
        except _Lapsed:
            held = await claim(stores, held.digest)
            await stores.blobs.size(held.digest)
