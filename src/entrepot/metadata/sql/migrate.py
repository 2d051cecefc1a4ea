"""Bringing a database to the present tables, by the steps in migrations/."""

import asyncio
import fcntl
import sqlite3
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, NullPool, create_engine, event, text

from entrepot.errors import ConfigInvalid
from entrepot.metadata.sql import postgres, sqlite

_SCRIPTS: Final = Path(__file__).with_name("migrations")
# Any number will do, as long as every node takes the same lock.
_LOCK: Final = 5_000_2026


def migrate_sqlite(path: Path) -> None:
    """Upgrade the file, which is created if needed; of several processes one does it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_name(f"{path.name}.lock").open("w") as lock:
        # Two who turn on the write-ahead log of a new file at once do not wait for each other.
        fcntl.flock(lock, fcntl.LOCK_EX)
        _migrate_file(path)


def _migrate_file(path: Path) -> None:
    engine = create_engine(sqlite.address(path), poolclass=NullPool)

    @event.listens_for(engine, "connect")
    def _leave_transactions_to_us(connection: sqlite3.Connection, _: object) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA busy_timeout=30000")
        connection.execute("PRAGMA journal_mode=WAL")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    with engine.begin() as connection:
        _upgrade(connection)
    engine.dispose()


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
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise ConfigInvalid(
            f"the database was made by a newer Entrepot ({error}); run that one or a later one"
        ) from error
