"""The few statements that the databases spell in their own ways."""

from typing import Any, Final

from sqlalchemy import Boolean, Insert, Select, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from entrepot.metadata.sql.direct import Executor

_INSERTS: Final[dict[tuple[str, str, Select[Any] | None], Insert]] = {}


def insert_or_ignore(connection: Executor, table: Table, rows: Select[Any] | None = None) -> Insert:
    """An INSERT that leaves a row that is there as it is; built once a table and database.

    It takes the values of a row, or, where *rows* is given, what that finds.
    """
    key = (connection.dialect.name, table.name, rows)
    statement = _INSERTS.get(key)
    if statement is None:
        statement = _INSERTS[key] = _build(connection.dialect.name, table, rows)
    return statement


def _build(dialect: str, table: Table, rows: Select[Any] | None) -> Insert:
    if dialect == "postgresql":
        there = postgresql.insert(table)
        if rows is not None:
            there = there.from_select(table.columns.keys(), rows)
        return there.on_conflict_do_nothing()
    here = sqlite.insert(table)
    if rows is not None:
        here = here.from_select(table.columns.keys(), rows)
    return here.on_conflict_do_nothing()


class Containing(FunctionElement[bool]):
    """Whether a name is like a pattern whose escapes are backslashes, whatever the case of ASCII.

    SQLite's LIKE is that already; SQLAlchemy's `lower` on both sides takes thrice as long.
    """

    type = Boolean()
    inherit_cache = True


@compiles(Containing)
def _containing(element: Containing, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401 - the signature is SQLAlchemy's
    name, pattern = (compiler.process(each, **options) for each in element.clauses)
    word = "ILIKE" if compiler.dialect.name == "postgresql" else "LIKE"
    return f"{name} {word} {pattern} ESCAPE '\\'"
