"""The few statements that the databases spell in their own ways."""

import json
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Insert,
    Select,
    Table,
    Text,
    bindparam,
    func,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from entrepot.metadata.sql.direct import Executor

_INSERTS: Final[dict[tuple[object, ...], Any]] = {}


def insert_or_ignore(
    connection: Executor,
    table: Table,
    rows: Select[Any] | None = None,
    returning: Column[Any] | None = None,
) -> Insert:
    """An INSERT that leaves a row that is there as it is; built once a table and database.

    It takes the values of a row, or, where *rows* is given, what that finds. It gives the column
    *returning* of each row that it adds.
    """
    key = (connection.dialect.name, table.name, rows, returning)
    statement: Insert | None = _INSERTS.get(key)
    if statement is None:
        statement = _build(connection.dialect.name, table, rows)
        if returning is not None:
            statement = statement.returning(returning)
        _INSERTS[key] = statement
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


def names_among(dialect: str, value: str) -> ColumnElement[str]:
    """A column with the names of which the one value of a statement consists."""
    if dialect == "postgresql":
        names = func.unnest(bindparam(value, type_=postgresql.ARRAY(Text)))
        return names.table_valued("value").render_derived().c.value
    return func.json_each(bindparam(value, type_=Text)).table_valued("value").c.value


def names_value(connection: Executor, names: Sequence[str]) -> object:
    """Names as such a value."""
    return list(names) if connection.dialect.name == "postgresql" else json.dumps(list(names))


def escaped(text: str) -> str:
    r"""The text as a part of a LIKE pattern that is escaped by `\\`."""
    for special in "\\%_":
        text = text.replace(special, f"\\{special}")
    return text


class Containing(FunctionElement[bool]):
    r"""Whether a name is like a pattern in small letters, whatever its own case; `\\` escapes.

    SQLite's LIKE looks at no case of ASCII, and `lower` on both sides would take thrice as long;
    PostgreSQL's ILIKE takes longer than that.
    """

    type = Boolean()
    inherit_cache = True


@compiles(Containing)
def _containing(element: Containing, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401 - the signature is SQLAlchemy's
    name, pattern = (compiler.process(each, **options) for each in element.clauses)
    asked = f"lower({name})" if compiler.dialect.name == "postgresql" else name
    return f"{asked} LIKE {pattern} ESCAPE '\\'"
