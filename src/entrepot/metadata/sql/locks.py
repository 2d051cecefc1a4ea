"""Locks by name, held until the transaction is over."""

from sqlalchemy import text

from entrepot.metadata.sql.direct import Executor

_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")


def lock(connection: Executor, name: str) -> None:
    """Wait until nobody else holds the lock *name*; on SQLite there is one writer at a time."""
    if connection.dialect.name == "postgresql":
        connection.execute(_LOCK, {"name": name})
