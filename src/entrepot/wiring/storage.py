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
from entrepot.errors import DatabaseDamaged
from entrepot.metadata.port import Metadata, Transaction
from entrepot.metadata.sql import driver, integrity, versions
from entrepot.metadata.sql.migrate import migrate_postgres, migrate_sqlite
from entrepot.metadata.sql.postgres import PostgresMetadata
from entrepot.metadata.sql.sqlite import SqliteMetadata
from entrepot.model.quota import Quota
from entrepot.observe.outage import Outages
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


def prepare(settings: Settings) -> None:
    """Bring the data folder and the database up to date, before any worker starts."""
    settings.data.mkdir(parents=True, exist_ok=True)
    if settings.blobs.driver is Driver.FILESYSTEM:
        FilesystemBlobs(settings.data).recover()
    if settings.database.url is None:
        migrate_sqlite(database_file(settings))
    else:
        migrate_postgres(settings.database.url.get_secret_value())


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


def open_metadata(settings: Settings, outages: Outages | None = None) -> Metadata:
    """The metadata of a prepared place."""
    if settings.database.url is None:
        return SqliteMetadata(database_file(settings))
    url = settings.database.url.get_secret_value()
    outage = outages.database if outages else None
    return PostgresMetadata(url, pool_size=settings.database.pool_size, outage=outage)


def stores(settings: Settings, outages: Outages | None = None) -> Stores:
    quota = Quota(settings.quotas.bytes, settings.quotas.repositories)
    metadata, blobs = open_metadata(settings, outages), _blobs(settings, outages)
    return Stores(metadata, blobs, clock.now, clock.new_uuid, quota)


def _blobs(settings: Settings, outages: Outages | None) -> BlobStore:
    if settings.blobs.driver is Driver.FILESYSTEM:
        return FilesystemBlobs(settings.data)
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
