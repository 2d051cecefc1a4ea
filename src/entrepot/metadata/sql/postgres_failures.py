"""What PostgreSQL's errors mean: a lost connection, too much to do, work that may be redone."""

from typing import Final

import asyncpg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from entrepot.errors import DatabaseUnavailable, Problem, StorageFull
from entrepot.metadata.sql.refusals import refusal

# Deadlock detected, serialization failure, unique violation, and a row gone that another was about
# to refer to: the transaction may be run again, and then sees what others committed (PostgreSQL,
# 13.5).
AGAIN: Final = frozenset({"40P01", "40001", "23505", "23503"})
# Of these, those that a client may simply repeat when they go on.
_CONTENDED: Final = frozenset({"40P01", "40001", "55P03"})
# Administrator's shutdown, crash of another backend, starting up, dropped, idle for too long. Class
# 08 are the connection exceptions.
_LOST: Final = frozenset({"57P01", "57P02", "57P03", "57P04", "57P05", "25P03", "25P04"})
_CONNECTION: Final = "08"
_CANCELED: Final = "57014"
_DISK_FULL: Final = "53100"
READ_ONLY: Final = "25006"
TOO_MANY: Final = "53300"
# Errors of the driver for a closed connection.
_BROKEN: Final = (asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)
# What the driver raises, as it is or wrapped by SQLAlchemy.
DRIVER: Final = (DBAPIError, asyncpg.PostgresError, *_BROKEN)


class NoConnection(DatabaseUnavailable):
    """The registry's database is not available at the moment; repeat the request.

    There is no connection, or it was lost before the commit was sent.
    """


def busy() -> DatabaseUnavailable:
    """What takes too long, or longer than others can wait for."""
    return DatabaseUnavailable(
        "The registry's database is too busy at the moment; repeat the request."
    )


def unknown() -> DatabaseUnavailable:
    """A commit that was sent, and not answered."""
    return DatabaseUnavailable(
        "The connection to the registry's database was lost during the commit, and the change may"
        " have been made; repeat the request."
    )


def state(error: BaseException) -> str:
    """The SQLSTATE that the server told, if it did."""
    return getattr(getattr(error, "orig", error), "sqlstate", None) or ""


def is_lost(error: Exception) -> bool:
    """Whether the connection is no longer there, so that nothing of the transaction was kept."""
    if isinstance(error, (NoConnection, *_BROKEN)):
        return True
    code = state(error)
    if code in _LOST or code.startswith(_CONNECTION):
        return True
    return isinstance(error, DBAPIError) and error.connection_invalidated


def problem_of(error: Exception) -> Problem | None:
    """What a client is told of an error that is not its own; None for all others."""
    code = state(error)
    if isinstance(error, PoolTimeout) or code == _CANCELED or code in _CONTENDED:
        return busy()
    if code == _DISK_FULL:
        return StorageFull()
    return refusal(error)
