"""The few statements that the databases spell in their own ways."""

from typing import Any, Final

from sqlalchemy import Insert, Select, Table
from sqlalchemy.dialects import postgresql, sqlite

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
