"""Mounting a blob from another repository of this registry, without its bytes passing again."""

from collections.abc import Callable
from typing import Final

from entrepot.metadata.port import Transaction
from entrepot.oci.digest import Digest
from entrepot.registry import pending, quotas
from entrepot.registry.stores import Stores

_LOOK_AT: Final = 100


async def mount(
    stores: Stores,
    repository: str,
    digest: Digest,
    source: str | None,
    may_read: Callable[[Transaction, str], bool],
    *,
    actor: str,
) -> bool:
    """Let *repository* serve a blob that *source* has, or, without one, that anyone readable has.

    False when there is no such blob, or not where the caller may read it: the two look the same.
    QuotaExceeded where *repository* would be one too many, or its namespace has no room, and
    StorageFull.
    """
    stores.room.require()
    now = stores.clock()

    def link(t: Transaction) -> bool:
        size = _size(t, repository, digest, source, may_read)
        if size is None:
            return False
        quotas.require_place(t, repository, stores.quota)
        pending.require_room(t, stores, repository, size, digest)
        t.blobs.link(repository, digest, size, at=now)
        return True

    async with quotas.telling(stores, repository, actor=actor):
        return await stores.metadata.write(link)


def _size(
    t: Transaction,
    repository: str,
    digest: Digest,
    source: str | None,
    may_read: Callable[[Transaction, str], bool],
) -> int | None:
    if source is not None:
        return t.blobs.size(source, digest) if may_read(t, source) else None
    last = ""
    while names := t.blobs.holders(digest, last, _LOOK_AT):
        for name in names:
            if name == repository or may_read(t, name):
                return t.blobs.size(name, digest)
        last = names[-1]
    return None
