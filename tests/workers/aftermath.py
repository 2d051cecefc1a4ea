"""What is on a server's disk after a crash, and whether it may be there."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

from entrepot import clock
from entrepot.blobs.filesystem import FilesystemBlobs
from entrepot.errors import UploadUnknown
from entrepot.metadata.sql.sqlite import SqliteMetadata
from entrepot.model.records import UploadRecord
from entrepot.oci.digest import Digest
from entrepot.registry.stores import Stores
from entrepot.registry.uploads import Uploads
from tests.registry.bodies import body

T = TypeVar("T")


def _with(data: Path, work: Callable[[Stores], Awaitable[T]]) -> T:
    """What *work* gives on the server's own stores."""

    async def once() -> T:
        metadata = SqliteMetadata(data / "entrepot.db")
        try:
            return await work(Stores(metadata, FilesystemBlobs(data), clock.now, clock.new_uuid))
        finally:
            await metadata.close()

    return asyncio.run(once())


def owned_by_nobody(data: Path) -> list[str]:
    """The files in the folder of uploads that belong to no unfinished upload."""
    names = {file.name for file in (data / "uploads").iterdir()}

    async def unfinished(stores: Stores) -> set[str]:
        idle = await stores.metadata.read(lambda t: t.uploads.idle(stores.clock(), 10_000))
        return {upload.id for upload in idle}

    return sorted(names - _with(data, unfinished))


def stuck(data: Path) -> list[str]:
    """The uploads that a client is told of, and that can be neither continued nor closed."""

    async def find(stores: Stores) -> list[str]:
        uploads = Uploads(stores)
        idle = await stores.metadata.read(lambda t: t.uploads.idle(stores.clock(), 10_000))
        return [each.id for each in idle if not await _goes_on(uploads, each)]

    return _with(data, find)


async def _goes_on(uploads: Uploads, upload: UploadRecord) -> bool:
    """Whether the next request meets what GET says."""
    try:
        here = await uploads.standing(upload.repository, upload.id)
    except UploadUnknown:
        return True
    try:
        await uploads.append(upload.repository, upload.id, body(b"more", start=here.offset))
    except UploadUnknown:
        digest = Digest(f"{here.algorithm}:{here.hash}")
        return await uploads.finish(upload.repository, upload.id, body(b""), digest) == here.offset
    return True


def expire(data: Path) -> None:
    """Let all unfinished uploads expire."""

    async def now(stores: Stores) -> int:
        return await Uploads(stores).expire(timedelta())

    _with(data, now)


def wrong_blobs(data: Path) -> list[Path]:
    """The finished blobs that do not have the digest they are kept under."""
    blobs = data / "docker" / "registry" / "v2" / "blobs"
    return [file for file in blobs.rglob("*") if file.is_file() and not _is_right(file)]


def _is_right(file: Path) -> bool:
    *_, algorithm, prefix, name, last = file.parts
    found = hashlib.new(algorithm, file.read_bytes()).hexdigest()
    return (prefix, name, last) == (found[:2], found, "data")
