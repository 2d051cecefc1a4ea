"""Repositories in SQL."""

from datetime import datetime

from sqlalchemy import bindparam, select

from entrepot.metadata.sql.dialect import insert_or_ignore
from entrepot.metadata.sql.direct import Executor
from entrepot.metadata.sql.tables import repositories

_ID = select(repositories.c.id).where(repositories.c.name == bindparam("name"))
# In a listing, where a join would hide from PostgreSQL that all rows are of one repository.
THIS = _ID.scalar_subquery()
_PAGE = (
    select(repositories.c.name)
    .where(repositories.c.name > bindparam("last"))
    .order_by(repositories.c.name)
    .limit(bindparam("size"))
)


class SqlRepositories:
    """Repositories; ids stay inside of metadata/sql."""

    def __init__(self, connection: Executor) -> None:
        self._connection = connection

    def id(self, name: str) -> int | None:
        found: int | None = self._connection.execute(_ID, {"name": name}).scalar()
        return found

    def exists(self, name: str) -> bool:
        return self.id(name) is not None

    def create(self, name: str, *, at: datetime) -> None:
        self.ensure(name, at=at)

    def ensure(self, name: str, *, at: datetime) -> int:
        """The repository's id, created if needed."""
        found = self.id(name)
        if found is not None:
            return found
        insert = insert_or_ignore(self._connection, repositories)
        self._connection.execute(insert, {"name": name, "created_at": at})
        key: int = self._connection.execute(_ID, {"name": name}).scalar_one()
        return key

    def page(self, last: str, size: int) -> list[str]:
        return list(self._connection.scalars(_PAGE, {"last": last, "size": size}))
