"""What happened to events, and a clock for it."""

from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any

from sqlalchemy import text

from entrepot import clock
from entrepot.http.services import Services
from entrepot.metadata.port import Transaction
from entrepot.metadata.sql.transaction import SqlTransaction
from entrepot.model.event import Event
from entrepot.oci.digest import Digest
from entrepot.registry.push import push_manifest
from tests.conformance.content import Content

_CHANGES = text("SELECT total_changes()")
Work = Callable[[Services], Coroutine[Any, Any, None]]


class Later:
    """A clock that stands until it is told to go on."""

    def __init__(self) -> None:
        self.now = clock.now()

    def __call__(self) -> datetime:
        return self.now


async def push(parts: Services, repository: str, image: Content, config: Content) -> None:
    digest = Digest(config.digest)
    await parts.stores.blobs.put(digest, config.data)
    await parts.stores.metadata.write(
        lambda t: t.blobs.link(repository, digest, len(config.data), at=parts.stores.clock())
    )
    await push_manifest(
        parts.stores,
        repository,
        "latest",
        image.data,
        content_type=image.media_type,
        actor="alice",
    )


async def waiting(parts: Services) -> list[Event]:
    return await parts.stores.metadata.read(lambda t: t.events.page(10))


async def changes_of(parts: Services) -> int:
    """How many rows the one connection that writes has changed so far."""

    def work(t: Transaction) -> int:
        assert isinstance(t, SqlTransaction)
        return int(t.connection.execute(_CHANGES, {}).scalar_one())

    return await parts.stores.metadata.write(work)


async def size_of(parts: Services, repository: str, image: Content) -> int | None:
    digest = Digest(image.digest)
    found = await parts.stores.metadata.read(lambda t: t.images.of(repository, [digest]))
    return found[digest].size if digest in found else None
