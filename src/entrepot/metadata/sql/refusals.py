"""What a database refuses because of what a request sent, or of what another one did meanwhile."""

from typing import Final

import apsw

from entrepot.errors import Problem, RequestInvalid, Stale
from entrepot.metadata.sql import driver
from entrepot.observe import logs

# Foreign key and unique violation (PostgreSQL, appendix A; sqlite.org/rescode.html).
_CONFLICTS: Final = frozenset(
    {"23503", "23505"}
    | {apsw.SQLITE_CONSTRAINT_FOREIGNKEY, apsw.SQLITE_CONSTRAINT_UNIQUE}
    | {apsw.SQLITE_CONSTRAINT_PRIMARYKEY}
)
# A character that the database's encoding does not have: NUL, in UTF-8.
_NO_TEXT: Final = frozenset({"22021"})
_CAUSES: Final = 10


def refusal(error: BaseException) -> Problem | None:
    """The Problem that the database's *error* stands for; None for another kind of error.

    What a request refers to can be deleted before it is written. That is a conflict, as it would be
    a moment later, and no mistake of ours; it is logged, so that one of ours would be seen.
    """
    raw = getattr(error, "orig", None) or error
    code = driver.code_of(raw) if isinstance(raw, driver.Error) else getattr(raw, "sqlstate", None)
    if code in _CONFLICTS:
        logs.get(__name__).warning("conflicting write refused", error=str(raw).partition("\n")[0])
        return _caused(
            Stale("What this refers to was changed or deleted by another request; try again."),
            error,
        )
    if code in _NO_TEXT or _is_unencodable(error) or _is_unencodable(raw):
        return _caused(RequestInvalid("A text has a character that cannot be stored."), error)
    return None


def _is_unencodable(error: BaseException) -> bool:
    """Whether a text had half a character (a lone surrogate)."""
    cause: BaseException | None = error
    # An error can be its own cause.
    for _ in range(_CAUSES):
        if cause is None or isinstance(cause, UnicodeEncodeError):
            return cause is not None
        cause = cause.__cause__
    return False


def _caused(problem: Problem, error: BaseException) -> Problem:
    problem.__cause__ = error
    return problem
