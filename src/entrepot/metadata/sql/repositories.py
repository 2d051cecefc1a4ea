"""Repositories in SQL."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any, Final

from sqlalchemy import Select, bindparam, select

from entrepot.errors import Stale
from entrepot.metadata.sql.dialect import insert_or_ignore, names_among, names_value
from entrepot.metadata.sql.direct import Executor
from entrepot.metadata.sql.locks import lock
from entrepot.metadata.sql.records import changing, to
from entrepot.metadata.sql.tables import repositories
from entrepot.metadata.sql.tables_access import namespaces
from entrepot.model.account import NamespaceKind
from entrepot.model.permission import Visibility
from entrepot.model.repository import repositories_of
from entrepot.oci.names import namespace_of

_BATCH: Final = 500
_ID = select(repositories.c.id).where(repositories.c.name == bindparam("name"))
# In a listing, where a join would hide from PostgreSQL that all rows are of one repository.
THIS = _ID.scalar_subquery()
_PAGE = (
    select(repositories.c.name)
    .where(repositories.c.name > bindparam("last"))
    .order_by(repositories.c.name)
    .limit(bindparam("size"))
)
_VISIBILITY = select(repositories.c.visibility).where(repositories.c.name == bindparam("name"))
_SHOWN = select(repositories.c.name, repositories.c.visibility).where(
    repositories.c.name.in_(bindparam("names", expanding=True))
)
_SHOW = changing(repositories, ("visibility",), repositories.c.name == bindparam("key"))
_SPACE = select(namespaces.c.visibility, namespaces.c.kind).where(
    namespaces.c.name == bindparam("space")
)
_PUBLIC = _PAGE.where(repositories.c.visibility == Visibility.PUBLIC)
_WITHIN = _PAGE.where(repositories.c.namespace == bindparam("space"))


@cache
def _firsts(dialect: str) -> Select[Any]:
    """The namespaces among the value `spaces` with names after *last*, and the first of each."""
    space = names_among(dialect, "spaces")
    first = (
        select(repositories.c.name)
        .where(repositories.c.namespace == space, repositories.c.name > bindparam("last"))
        .order_by(repositories.c.name)
        .limit(1)
        .scalar_subquery()
    )
    found = select(space.label("namespace"), first.label("first")).subquery()
    return (
        select(found.c.namespace, found.c.first)
        .where(found.c.first.is_not(None))
        .order_by(found.c.first)
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
        space = namespace_of(name)
        # A namespace is deleted only while nobody creates a repository in it.
        lock(self._connection, repositories_of(space))
        row = self._connection.execute(_SPACE, {"space": space}).first()
        shown, kind = (Visibility.PRIVATE, None) if row is None else row
        if kind is NamespaceKind.GONE:
            raise Stale(f"The namespace {space} was deleted.")
        insert = insert_or_ignore(self._connection, repositories)
        new = {"name": name, "created_at": at, "namespace": space}
        self._connection.execute(insert, {**new, "visibility": shown})
        key: int = self._connection.execute(_ID, {"name": name}).scalar_one()
        return key

    def page(self, last: str, size: int) -> list[str]:
        return list(self._connection.scalars(_PAGE, {"last": last, "size": size}))

    def visibility(self, name: str) -> Visibility | None:
        found: Visibility | None = self._connection.execute(_VISIBILITY, {"name": name}).scalar()
        return found

    def visibilities(self, names: Sequence[str]) -> dict[str, Visibility]:
        found: dict[str, Visibility] = {}
        for start in range(0, len(names), _BATCH):
            some = {"names": list(names[start : start + _BATCH])}
            found.update((name, shown) for name, shown in self._connection.execute(_SHOWN, some))
        return found

    def show(self, name: str, visibility: Visibility) -> bool:
        values = {"key": name, **to(visibility=visibility)}
        return self._connection.execute(_SHOW, values).rowcount == 1

    def public(self, last: str, size: int) -> list[str]:
        return list(self._connection.scalars(_PUBLIC, {"last": last, "size": size}))

    def within(self, namespace: str, last: str, size: int) -> list[str]:
        found = {"space": namespace, "last": last, "size": size}
        return list(self._connection.scalars(_WITHIN, found))

    def within_any(self, namespaces: Sequence[str], last: str, size: int) -> list[str]:
        names = names_value(self._connection, namespaces)
        firsts = _firsts(self._connection.dialect.name)
        asked = {"spaces": names, "last": last, "size": size}
        found: list[str] = []
        # What begins after a full page has nothing in it.
        for space, first in self._connection.execute(firsts, asked):
            if len(found) == size and first > found[-1]:
                break
            found = sorted([*found, *self.within(space, last, size)])[:size]
        return found
