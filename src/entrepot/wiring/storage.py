"""Where metadata and bytes are kept: the adapters that the settings choose."""

from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

from entrepot import clock
from entrepot.blobs.bucket import open_s3
from entrepot.blobs.filesystem import FilesystemBlobs
from entrepot.blobs.port import BlobStore
from entrepot.blobs.s3 import S3Blobs
from entrepot.config.schema import Driver, Settings
from entrepot.disk import folder
from entrepot.disk.room import UNBOUNDED, Disk, Room, problem_of
from entrepot.errors import DatabaseDamaged, StorageFull, StorageUnavailable
from entrepot.metadata.port import Metadata, Transaction
from entrepot.metadata.sql import driver, integrity, versions
from entrepot.metadata.sql.failures import with_room
from entrepot.metadata.sql.migrate import migrate_postgres, migrate_sqlite, require_newest
from entrepot.metadata.sql.postgres import PostgresMetadata
from entrepot.metadata.sql.sqlite import SqliteMetadata
from entrepot.model.quota import PendingLimits, Quota
from entrepot.model.size import sized
from entrepot.observe.outage import Outages
from entrepot.registry.margins import MACHINES, ONE_MACHINE
from entrepot.registry.stores import Stores

T = TypeVar("T")

# The version of SQLite in use.
SQLITE: Final = driver.VERSION


def database_file(settings: Settings) -> Path:
    """Where SQLite's file is."""
    return settings.data / "entrepot.db"


def damage_advice(settings: Settings, problem: DatabaseDamaged) -> str:
    """What happened to the database, and what to do."""
    return integrity.advice(database_file(settings), problem.reason)


def corruption_risk(settings: Settings, version: str = SQLITE) -> str | None:
    """What is wrong with the SQLite in use, where it can corrupt the database; None otherwise."""
    if settings.database.url is not None or not versions.can_corrupt(version):
        return None
    return (
        f"SQLite {version} can corrupt a database that several processes write"
        ' (sqlite.org/wal.html, "The WAL-Reset Bug"); install apsw from its wheel, which brings'
        " SQLite 3.51.3 or later, or use PostgreSQL (database.url)"
    )


def prepare(settings: Settings) -> list[str]:
    """Bring the data folder and the database up to date, before any worker starts.

    Returns what the operator should know of it, in sentences.
    """
    notes = folder.claim(settings.data)
    disk = room(settings)
    disk.restore()
    try:
        _with_reserve(disk, lambda: _prepare(settings, disk))
    except (StorageFull, StorageUnavailable):
        # Pulls are answered all the same, from a database that is as this version has it.
        if settings.database.url is None:
            require_newest(database_file(settings), disk)
    return notes + _warnings(disk)


def _prepare(settings: Settings, disk: Room) -> None:
    if settings.blobs.driver is Driver.FILESYSTEM:
        FilesystemBlobs(settings.data, disk).recover()
    if settings.database.url is None:
        migrate_sqlite(database_file(settings))
    else:
        migrate_postgres(settings.database.url.get_secret_value())


def _with_reserve(disk: Room, work: Callable[[], None]) -> None:
    """Do *work*, again with the reserve released where the disk is full."""

    def told() -> None:
        try:
            work()
        except OSError as error:
            raise problem_of(error) from error

    with_room(disk, told)


def _warnings(disk: Room) -> list[str]:
    state = disk.state()
    if state is None or not (state.full or state.read_only):
        return []
    if state.read_only:
        return [f"the disk of {state.folder} is read-only: only pulls are answered"]
    note = (
        f"the disk of {state.folder} is full ({sized(state.free)} free,"
        f" {sized(state.kept)} kept free by storage.keep_free and storage.reserve): pushes are"
        " refused; delete images and run `entrepot gc`, or make room on the disk"
    )
    return [note]


async def read_once(settings: Settings, work: Callable[[Transaction], T]) -> T:
    """The result of one read of a prepared place's metadata."""
    metadata = open_metadata(settings)
    try:
        return await metadata.read(work)
    finally:
        await metadata.close()


async def write_once(settings: Settings, work: Callable[[Transaction], T]) -> T:
    """The result of one write to a prepared place's metadata."""
    metadata = open_metadata(settings)
    try:
        return await metadata.write(work)
    finally:
        await metadata.close()


async def with_stores(settings: Settings, work: Callable[[Stores], Awaitable[T]]) -> T:
    """The result of *work* on a prepared place's metadata and bytes."""
    kept = stores(settings)
    try:
        return await work(kept)
    finally:
        await kept.metadata.close()


def open_metadata(
    settings: Settings, outages: Outages | None = None, disk: Room | None = None
) -> Metadata:
    """The metadata of a prepared place."""
    if settings.database.url is None:
        return SqliteMetadata(database_file(settings), disk or room(settings))
    url = settings.database.url.get_secret_value()
    outage = outages.database if outages else None
    return PostgresMetadata(url, pool_size=settings.database.pool_size, outage=outage)


def stores(settings: Settings, outages: Outages | None = None) -> Stores:
    given, disk = settings.quotas, room(settings)
    return Stores(
        open_metadata(settings, outages, disk),
        _blobs(settings, outages, disk),
        clock.now,
        clock.new_uuid,
        Quota(given.bytes, given.repositories),
        disk,
        _pending(settings),
        ONE_MACHINE if settings.database.url is None else MACHINES,
    )


def _pending(settings: Settings) -> PendingLimits:
    given = settings.quotas
    return PendingLimits(
        given.pending_bytes,
        given.pending_total_bytes,
        given.uploads,
        given.total_uploads,
        settings.registry.upload_hours,
    )


def room(settings: Settings) -> Room:
    """The disk of the data folder, where it holds anything that grows."""
    holds_blobs = settings.blobs.driver is Driver.FILESYSTEM
    holds_database = settings.database.url is None
    if not (holds_blobs or holds_database):
        return UNBOUNDED
    return Disk(
        settings.data,
        keep_free=settings.storage.keep_free,
        reserve=settings.storage.reserve if holds_database else 0,
        holds_blobs=holds_blobs,
    )


def _blobs(settings: Settings, outages: Outages | None, disk: Room) -> BlobStore:
    if settings.blobs.driver is Driver.FILESYSTEM:
        return FilesystemBlobs(settings.data, disk)
    s3 = settings.blobs.s3
    opened = partial(
        open_s3,
        bucket=s3.bucket,
        endpoint=s3.endpoint,
        region=s3.region,
        access_key=s3.access_key,
        secret_key=s3.secret_key.get_secret_value() if s3.secret_key else None,
        allow_http=s3.allow_http,
        virtual_hosted=s3.virtual_hosted,
    )
    outage = outages.storage if outages else None
    return S3Blobs(
        opened(),
        patient=opened(patient=True),
        prefix=s3.prefix,
        redirect=s3.redirect,
        outage=outage,
    )
