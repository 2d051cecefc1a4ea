"""SQLAlchemy's engines over an SQLite file."""

from pathlib import Path
from typing import Final

from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event

from entrepot.metadata.sql import dbapi, driver

_PRAGMAS: Final = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA busy_timeout=30000",
    # metadata/sql/checkpoints.py does it, off the path of requests.
    "PRAGMA wal_autocheckpoint=0",
    "PRAGMA foreign_keys=ON",
    "PRAGMA cache_size=-16384",
    "PRAGMA temp_store=MEMORY",
)


def connect(path: Path) -> Engine:
    """An engine whose connections leave transactions to their user."""
    engine = create_engine(address(path), module=dbapi, poolclass=NullPool)

    @event.listens_for(engine, "connect")
    def _prepare(connection: dbapi.Connection, _: object) -> None:
        for pragma in _PRAGMAS:
            connection.raw.execute(pragma)

    return engine


def frozen(path: Path) -> Engine:
    """An engine for a file that nobody changes: it is read without locks or shared memory."""
    return create_engine(
        address(path),
        module=dbapi,
        poolclass=NullPool,
        creator=lambda: dbapi.Connection(driver.connect_frozen(path)),
    )


def address(path: Path) -> URL:
    """The file's address; in one written by hand, `?` and `%` would mean something."""
    return URL.create("sqlite", database=str(path))


def below(connection: Connection) -> driver.Connection:
    """The driver's connection below SQLAlchemy's."""
    found = connection.connection.driver_connection
    if not isinstance(found, dbapi.Connection):
        raise TypeError("not a connection to SQLite")
    return found.raw
