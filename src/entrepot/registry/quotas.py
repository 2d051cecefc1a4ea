"""Limits of namespaces: a push is held to them in the transaction that shows it.

Uploads are refused early where it is plain that there is no room for them. What counts is what the
manifests of a namespace name: a push that fails is charged to nobody, and what is deleted makes
room at once.
"""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final

from entrepot.errors import QuotaExceeded
from entrepot.metadata.port import Transaction
from entrepot.model.quota import Quota, passes_mark
from entrepot.model.records import NewManifest
from entrepot.model.repository import repositories_of
from entrepot.model.size import sized
from entrepot.oci.digest import Digest
from entrepot.oci.names import namespace_of
from entrepot.registry import events
from entrepot.registry.stores import Stores

# A build that tries again and again is told of once in this time.
_QUIET: Final = timedelta(hours=1)


def limits(t: Transaction, namespace: str, default: Quota) -> Quota:
    """The namespace's own limits, or those of the settings."""
    own = t.quotas.own(namespace)
    return default if own is None else own


def require_place(t: Transaction, repository: str, default: Quota) -> None:
    """QuotaExceeded where the repository would be one too many for its namespace."""
    namespace = namespace_of(repository)
    most = limits(t, namespace, default).repositories
    if most is None or t.repositories.exists(repository):
        return
    t.lock(repositories_of(namespace))
    held = t.quotas.held(namespace).repositories
    if held >= most and not t.repositories.exists(repository):
        raise QuotaExceeded(
            f"the namespace {namespace} has {held} of the {most} repositories it may have; push to"
            " one of them, or ask an administrator for more",
            detail={"namespace": namespace, "repositories": held, "limit": most},
        )


def require_room(
    t: Transaction, repository: str, size: int, default: Quota, digest: Digest | None = None
) -> None:
    """QuotaExceeded where *size* bytes more are too many for the repository's namespace.

    A content *digest* that the namespace has already takes no room.
    """
    namespace = namespace_of(repository)
    most = limits(t, namespace, default).bytes
    if most is None or (digest is not None and t.quotas.counts(namespace, digest.text)):
        return
    held = t.quotas.bytes(namespace)
    if held + size > most:
        raise _full(namespace, held, size, most)


def require_room_for(t: Transaction, repository: str, new: NewManifest, default: Quota) -> None:
    """QuotaExceeded where a manifest and what it names are too many bytes: before it is stored."""
    namespace, described = namespace_of(repository), new.descriptor
    if limits(t, namespace, default).bytes is None:
        return
    size = t.quotas.added(namespace, [digest.text for digest in new.blobs])
    if not t.quotas.counts(namespace, described.digest.text):
        size += described.size
    if size:
        require_room(t, repository, size, default)


class Holding:
    """What a namespace holds before a push and after it, where it has a limit."""

    def __init__(self, t: Transaction, repository: str, default: Quota) -> None:
        self._t = t
        self._repository = repository
        self._namespace = namespace_of(repository)
        self._quota = limits(t, self._namespace, default)
        if self._quota.bytes is not None:
            # Pushes into a namespace with a limit come one after the other, or both would fit.
            t.lock(f"bytes of {self._namespace}")
        self._before = self._held()

    def require(self, stores: Stores, *, actor: str) -> None:
        """QuotaExceeded where the push made it too much; told where it made it nearly so."""
        after, most = self._held(), self._quota.bytes
        if most is not None and after > max(most, self._before):
            raise _full(self._namespace, self._before, after - self._before, most)
        if passes_mark(self._quota, self._before, after):
            _tell(self._t, stores, self._repository, self._quota, actor=actor, refused=False)

    def _held(self) -> int:
        return self._t.quotas.bytes(self._namespace) if self._quota.bytes is not None else 0


@asynccontextmanager
async def telling(stores: Stores, repository: str, *, actor: str) -> AsyncIterator[None]:
    """Have webhooks told where what is done here is refused for want of room."""
    try:
        yield
    except QuotaExceeded:
        await stores.metadata.write(lambda t: _refused(t, stores, repository, actor))
        raise


def _refused(t: Transaction, stores: Stores, repository: str, actor: str) -> None:
    namespace, now = namespace_of(repository), stores.clock()
    if t.quotas.notice(namespace, at=now, since=now - _QUIET):
        quota = limits(t, namespace, stores.quota)
        _tell(t, stores, repository, quota, actor=actor, refused=True)


def _tell(
    t: Transaction, stores: Stores, repository: str, quota: Quota, *, actor: str, refused: bool
) -> None:
    held = t.quotas.held(namespace_of(repository))
    detail = {
        "held": {"bytes": held.bytes, "repositories": held.repositories},
        "limits": {"bytes": quota.bytes, "repositories": quota.repositories},
        "refused": refused,
    }
    events.filled(t, repository, held.bytes, json.dumps(detail), at=stores.clock(), actor=actor)


def _full(namespace: str, held: int, size: int, most: int) -> QuotaExceeded:
    detail = {"namespace": namespace, "bytes": held, "more": size, "limit": most}
    if not size:
        return QuotaExceeded(
            f"the namespace {namespace} holds {sized(held)}, and may hold {sized(most)}; delete"
            " images that nobody needs, or ask an administrator for more",
            detail=detail,
        )
    return QuotaExceeded(
        f"the namespace {namespace} holds {sized(held)} of the {sized(most)} it may hold, and this"
        f" would add {sized(size)}; delete images that nobody needs, or ask an administrator for"
        " more",
        detail=detail,
    )


async def fold(stores: Stores, after: int, size: int) -> int:
    """Fold the changes of what namespaces hold behind *after*; the place to go on from."""
    while await stores.metadata.read(lambda t: t.quotas.last()) > after:
        after = await stores.metadata.write(
            lambda t, place=after: t.quotas.fold(place, size),  # type: ignore[misc]
            durable=False,
        )
    return after
