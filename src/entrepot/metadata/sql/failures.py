"""What an error of SQLite means: the one place where its codes become problems."""

from typing import Final

import apsw

from entrepot.errors import DatabaseDamaged, Problem, StorageFull

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
}


def translate(error: BaseException) -> BaseException:
    """The problem that *error* is for a caller; *error* itself where it is none."""
    code = code_of(error)
    kind = None if code is None else _PROBLEMS.get(code & 0xFF)
    if kind is None:
        return error
    reason = str(getattr(error, "orig", error))
    problem = DatabaseDamaged(reason=reason) if kind is DatabaseDamaged else kind()
    problem.__cause__ = error
    return problem


def code_of(error: BaseException) -> int | None:
    """SQLite's extended result code; None for an error that is not SQLite's.

    SQLAlchemy wraps the driver's errors, and keeps them as `orig`.
    """
    original = getattr(error, "orig", error)
    if not isinstance(original, apsw.Error):
        return None
    return original.extendedresult
