"""The one place where adapters are chosen and parts are put together."""

import itertools
from collections.abc import Callable
from pathlib import Path

from entrepot import __version__, clock
from entrepot.auth.policy import OpenAccess
from entrepot.blobs.filesystem import FilesystemBlobs
from entrepot.blobs.port import BlobStore, Redirects
from entrepot.blobs.s3 import S3Blobs, open_s3
from entrepot.config.schema import Driver, LogFormat, Settings
from entrepot.http.app import App
from entrepot.http.services import Services
from entrepot.metadata.port import Metadata
from entrepot.metadata.sql.migrate import migrate_postgres, migrate_sqlite
from entrepot.metadata.sql.postgres import PostgresMetadata
from entrepot.metadata.sql.sqlite import SqliteMetadata
from entrepot.observe import logs
from entrepot.observe.metrics import Metrics
from entrepot.observe.requests import RequestLog
from entrepot.registry.pull import Pull
from entrepot.registry.stores import Stores
from entrepot.registry.uploads import Uploads


def database_file(settings: Settings) -> Path:
    """Where SQLite's file is."""
    return settings.data / "entrepot.db"


def prepare(settings: Settings) -> None:
    """Bring the data folder and the database up to date, before any worker starts."""
    settings.data.mkdir(parents=True, exist_ok=True)
    if settings.blobs.driver is Driver.FILESYSTEM:
        FilesystemBlobs(settings.data).recover()
    if settings.database.url is None:
        migrate_sqlite(database_file(settings))
    else:
        migrate_postgres(settings.database.url.get_secret_value())


def application(settings: Settings, run: Path, *, as_json: bool) -> App:
    """The application of one worker process; *run* is a folder that the workers share."""
    logs.configure(settings.logs.level, as_json=as_json)
    return App(services(settings, run, as_json=as_json))


def services(settings: Settings, run: Path, *, as_json: bool) -> Services:
    """All parts of one worker process."""
    blobs = _blobs(settings)
    stores = Stores(_metadata(settings), blobs, clock.now, clock.new_uuid)
    worker = clock.new_token()
    return Services(
        settings=settings,
        stores=stores,
        pull=Pull(stores, cache=settings.registry.cache_bytes),
        uploads=Uploads(stores),
        authorizer=OpenAccess(),
        metrics=Metrics(run, worker, __version__),
        requests=RequestLog(as_json=as_json) if settings.logs.requests else None,
        request_ids=_numbered(worker),
        redirects=blobs if settings.blobs.s3.redirect and isinstance(blobs, Redirects) else None,
        run=run,
    )


def is_json(settings: Settings, *, terminal: bool) -> bool:
    """Whether log lines are JSON."""
    if settings.logs.format is LogFormat.AUTO:
        return not terminal
    return settings.logs.format is LogFormat.JSON


def _numbered(worker: str) -> Callable[[], str]:
    """Request ids: the worker's token and a running number, unique without randomness each time."""
    numbers = itertools.count(1)
    return lambda: f"{worker}-{next(numbers):x}"


def _metadata(settings: Settings) -> Metadata:
    if settings.database.url is None:
        return SqliteMetadata(database_file(settings))
    url = settings.database.url.get_secret_value()
    return PostgresMetadata(url, pool_size=settings.database.pool_size)


def _blobs(settings: Settings) -> BlobStore:
    if settings.blobs.driver is Driver.FILESYSTEM:
        return FilesystemBlobs(settings.data)
    s3 = settings.blobs.s3
    store = open_s3(
        bucket=s3.bucket,
        endpoint=s3.endpoint,
        region=s3.region,
        access_key=s3.access_key,
        secret_key=s3.secret_key.get_secret_value() if s3.secret_key else None,
        allow_http=s3.allow_http,
        virtual_hosted=s3.virtual_hosted,
    )
    return S3Blobs(store, prefix=s3.prefix, redirect=s3.redirect)
