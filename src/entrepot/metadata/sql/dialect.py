"""The few statements that the databases spell in their own ways."""

from typing import Final

from sqlalchemy import Connection, Insert, Table
from sqlalchemy.dialects import postgresql, sqlite

_INSERTS: Final[dict[tuple[str, str], Insert]] = {}


def insert_or_ignore(connection: Connection, table: Table) -> Insert:
    """An INSERT that leaves a row that is there as it is; built once a table and database."""
    key = (connection.dialect.name, table.name)
    statement = _INSERTS.get(key)
    if statement is None:
        if connection.dialect.name == "postgresql":
            statement = postgresql.insert(table).on_conflict_do_nothing()
        else:
            statement = sqlite.insert(table).on_conflict_do_nothing()
        _INSERTS[key] = statement
    return statement
