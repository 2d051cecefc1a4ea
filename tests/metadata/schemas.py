"""What a database consists of, in words that can be compared."""

import re

from sqlalchemy import Connection

_COLUMNS = """
SELECT table_name, column_name, data_type, is_nullable, collation_name, column_default, is_identity
FROM information_schema.columns WHERE table_schema = 'public'
"""
_INDEXES = "SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = 'public'"
_CONSTRAINTS = """
SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)
FROM pg_constraint WHERE connamespace = 'public'::regnamespace
"""
# Alembic's own table says how far the steps went.
_OWN = "alembic_version"


def described(connection: Connection) -> list[tuple[object, ...]]:
    """Tables, columns, indexes and constraints, one a row, but for Alembic's own."""
    read = _postgres if connection.dialect.name == "postgresql" else _sqlite
    return sorted((row for row in read(connection) if row[0] != _OWN), key=repr)


def tables(connection: Connection) -> set[object]:
    """The names of the tables."""
    return {row[0] for row in described(connection) if not is_index_of_words(str(row[0]))}


def is_index_of_words(name: str) -> bool:
    """Whether it is the one thing that only one of the databases has: a table, or an index."""
    return name.startswith(("search_words", "ix_search_documents_words"))


def _postgres(connection: Connection) -> list[tuple[object, ...]]:
    statements = (_COLUMNS, _INDEXES, _CONSTRAINTS)
    return [tuple(row) for each in statements for row in connection.exec_driver_sql(each)]


def _sqlite(connection: Connection) -> list[tuple[object, ...]]:
    """SQLite keeps the statements that made it; those of one table may differ in their order."""
    made = connection.exec_driver_sql(
        "SELECT tbl_name, type, name, sql FROM sqlite_master WHERE sql IS NOT NULL"
    )
    return [(*row[:3], *sorted(_parts(row[3]))) for row in made]


def _parts(sql: str) -> list[str]:
    """Columns, constraints and options in a CREATE statement, one on a line or after a comma."""
    return [part.strip(" \t,") for part in re.split(r",\s+|\n", sql.replace('"', ""))]
