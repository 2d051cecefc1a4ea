"""Where metadata is kept, in words that another process can open as well."""

from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from entrepot.metadata.sql.migrate import migrate_postgres, migrate_sqlite
from entrepot.metadata.sql.postgres import PostgresMetadata
from entrepot.metadata.sql.sqlite import SqliteMetadata


@dataclass(frozen=True, slots=True)
class File:
    """A file of SQLite."""

    path: str

    def metadata(self) -> SqliteMetadata:
        return SqliteMetadata(Path(self.path))

    def migrate(self) -> None:
        migrate_sqlite(Path(self.path))


@dataclass(frozen=True, slots=True)
class Database:
    """A database of a PostgreSQL server."""

    url: str

    def metadata(self) -> PostgresMetadata:
        return PostgresMetadata(self.url, pool_size=4)

    def migrate(self) -> None:
        migrate_postgres(self.url)


Place: TypeAlias = File | Database


def place(fields: dict[str, str]) -> Place:
    """The place that `asdict` gave as *fields*."""
    return File(**fields) if "path" in fields else Database(**fields)
