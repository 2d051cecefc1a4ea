"""Bringing a database to the present tables, by the steps in migrations/."""

import asyncio
import fcntl
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, NullPool, create_engine, event, inspect, text
from sqlalchemy.exc import DBAPIError

from entrepot.disk.room import Room
from entrepot.errors import ConfigInvalid
from entrepot.metadata.sql import dbapi, engines, failures, integrity, postgres
from entrepot.metadata.sql.reader import Reader
from entrepot.metadata.sql.tables import schema

STEPS: Final = Path(__file__).with_name("migrations")
# Any number will do, as long as every node takes the same lock.
_LOCK: Final = 5_000_2026


def migrate_sqlite(path: Path) -> None:
    """Upgrade the file, which is created if needed; of several processes one does it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_name(f"{path.name}.lock").open("w") as lock:
        # Two who turn on the write-ahead log of a new file at once do not wait for each other.
        fcntl.flock(lock, fcntl.LOCK_EX)
        integrity.check(path)
        try:
            _migrate_file(path)
        except DBAPIError as error:
            problem = failures.translate(error)
            if problem is error:
                raise
            raise problem from error


def _migrate_file(path: Path) -> None:
    engine = create_engine(engines.address(path), module=dbapi, poolclass=NullPool)

    @event.listens_for(engine, "connect")
    def _leave_transactions_to_us(connection: dbapi.Connection, _: object) -> None:
        connection.raw.execute("PRAGMA busy_timeout=30000")
        connection.raw.execute("PRAGMA journal_mode=WAL")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    with engine.begin() as connection:
        _upgrade(connection)
        integrity.missing(set(schema.tables), set(inspect(connection).get_table_names()))
    engine.dispose()


def require_newest(path: Path, room: Room) -> None:
    """ConfigInvalid where the file, which cannot be written now, is not as this version has it."""
    if not path.is_file():
        raise ConfigInvalid(f"{path} cannot be created: the disk is read-only or full")
    reader = Reader(path, engines.connect(path), room)
    try:
        reached = reader.on_connection(_reached)
    finally:
        reader.close()
    if reached != newest():
        raise ConfigInvalid(
            f"the tables of {path} are of another version, and cannot be changed: the disk is"
            " read-only or full"
        )


def migrate_postgres(url: str) -> None:
    """Upgrade the database; of several nodes that start at once, one does it."""
    asyncio.run(_migrate_postgres(url))


async def _migrate_postgres(url: str) -> None:
    engine = postgres.connect(url, pool_size=1)
    async with engine.begin() as connection:
        await connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
        await connection.run_sync(_upgrade)
    await engine.dispose()


def _upgrade(connection: Connection) -> None:
    if _reached(connection) == newest():
        return
    # It takes longer to import than the rest of a start, and is needed once a release.
    from entrepot.metadata.sql.upgrade import upgrade  # noqa: PLC0415

    upgrade(connection, STEPS)


def newest() -> str:
    """The revision of the last step, with which its file's name begins."""
    return max(file.name for file in STEPS.glob("versions/[0-9]*.py")).partition("_")[0]


def _reached(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found
