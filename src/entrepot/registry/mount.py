"""Mounting a blob from another repository of this registry, without its bytes passing again."""

from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from entrepot.metadata.port import Transaction
from entrepot.oci.digest import Digest
from entrepot.registry import pending, quotas
from entrepot.registry.stores import Stores

# Of the repositories that have the blob, so many of the oldest and of the newest are asked about.
LOOK_AT: Final = 50
# Those of some repositories that the caller may read, as of the asking transaction.
MayRead: TypeAlias = Callable[[Transaction, Sequence[str]], frozenset[str]]


async def mount(
    stores: Stores,
    repository: str,
    digest: Digest,
    source: str | None,
    may_read: MayRead,
    *,
    actor: str,
) -> bool:
    """Let *repository* serve a blob that *source* has, or, without one, that a readable one has.

    False when there is no such blob, or not where the caller may read it: the two look the same.
    Without a source, a blob that very many repositories have may be missed. QuotaExceeded where
    *repository* would be one too many, or its namespace has no room, and StorageFull.
    """
    stores.room.require()
    now = stores.clock()
    # Before the transaction that writes, for which other writers wait.
    found = source or await stores.metadata.read(
        lambda t: _source(t, repository, digest, may_read),
    )
    if found is None:
        return False
    own = source is None and found == repository

    def link(t: Transaction) -> bool:
        size = t.blobs.size(found, digest) if own or may_read(t, [found]) else None
        if size is None:
            return False
        quotas.require_place(t, repository, stores.quota)
        pending.require_room(t, stores, repository, size, digest)
        t.blobs.link(repository, digest, size, at=now)
        return True

    async with quotas.telling(stores, repository, actor=actor):
        return await stores.metadata.write(link)


def _source(t: Transaction, repository: str, digest: Digest, may_read: MayRead) -> str | None:
    """Find a repository that the blob can be mounted from.

    Adding many repositories cannot hide the oldest ones, which have most base images.
    """
    if t.blobs.size(repository, digest) is not None:
        return repository
    holders = t.blobs.holders(digest, LOOK_AT)
    if len(holders) == LOOK_AT:
        holders += t.blobs.holders(digest, LOOK_AT, newest=True)
    readable = may_read(t, holders) if holders else frozenset[str]()
    return next((name for name in holders if name in readable), None)
