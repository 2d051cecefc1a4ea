"""What an error of SQLite means: the one place where its codes become problems."""

from collections.abc import Callable
from typing import Final, TypeVar

import apsw

from entrepot.disk.room import UNBOUNDED, Room
from entrepot.errors import (
    DatabaseDamaged,
    DatabaseUnavailable,
    Problem,
    StorageFull,
    StorageReadOnly,
)
from entrepot.metadata.sql import driver
from entrepot.metadata.sql.refusals import refusal

T = TypeVar("T")

# Primary result codes (sqlite.org, rescode.html); what an extended one adds is in its higher bits.
FULL: Final = apsw.SQLITE_FULL
BUSY: Final = apsw.SQLITE_BUSY
READONLY: Final = apsw.SQLITE_READONLY
IOERR: Final = apsw.SQLITE_IOERR
CANTOPEN: Final = apsw.SQLITE_CANTOPEN
CORRUPT: Final = apsw.SQLITE_CORRUPT
NOTADB: Final = apsw.SQLITE_NOTADB

_PROBLEMS: Final[dict[int, type[Problem]]] = {
    FULL: StorageFull,
    CORRUPT: DatabaseDamaged,
    NOTADB: DatabaseDamaged,
    READONLY: StorageReadOnly,
    IOERR: DatabaseUnavailable,
    CANTOPEN: DatabaseUnavailable,
}
# What SQLite says where the disk may be the reason: of a full one too, if it is the memory that
# processes share for which there is no room.
_OF_THE_DISK: Final = frozenset({READONLY, IOERR, CANTOPEN})


def translate(error: BaseException, room: Room = UNBOUNDED) -> BaseException:
    """The problem that *error* is for a caller; *error* itself where it is none.

    *room* is the disk that the database is on.
    """
    code = code_of(error)
    kind = None if code is None else _PROBLEMS.get(code & 0xFF)
    if code is None or kind is None:
        return refusal(error) or error
    reason = str(getattr(error, "orig", error))
    problem = DatabaseDamaged(reason=reason) if kind is DatabaseDamaged else kind()
    if code & 0xFF in _OF_THE_DISK:
        problem = room.fault() or problem
    problem.__cause__ = error
    return problem


def is_full(error: BaseException, room: Room) -> bool:
    """Whether *error* means that the disk was full."""
    return isinstance(translate(error, room), StorageFull)


def with_room(room: Room, work: Callable[[], T]) -> T:
    """The result of *work*, done again with the reserve released where the disk was full.

    Raises the problem that SQLite's error is.
    """
    try:
        try:
            return work()
        except Exception as error:
            if not (is_full(error, room) and room.release()):
                raise
        return work()
    except Exception as error:
        problem = translate(error, room)
        if problem is error:
            raise
        raise problem from error


def code_of(error: BaseException) -> int | None:
    """SQLite's extended result code; None for an error that is not SQLite's.

    SQLAlchemy wraps the driver's errors, and keeps them as `orig`.
    """
    original = getattr(error, "orig", error)
    if not isinstance(original, driver.Error):
        return None
    return driver.code_of(original)
