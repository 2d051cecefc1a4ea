"""Builds, in SQL."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any, Final

from sqlalchemy import bindparam, delete, func, select

from entrepot.metadata.sql.direct import Executor
from entrepot.metadata.sql.records import changing, to
from entrepot.metadata.sql.repositories import SqlRepositories
from entrepot.metadata.sql.tables import repositories
from entrepot.metadata.sql.tables_builds import builds
from entrepot.model.build import Build, BuildState

_FIELDS: Final = tuple(field.name for field in fields(Build) if field.name != "repository")
# Builds have names too: that of the repository is another value.
_THIS = select(repositories.c.id).where(repositories.c.name == bindparam("place")).scalar_subquery()
_OWNER = builds.c.repository_id == _THIS
_CALLED = builds.c.name == bindparam("called")
_BUILD = select(*(builds.c[name] for name in _FIELDS)).where(_OWNER)
_GET = _BUILD.where(_CALLED)
_BEFORE = select(builds.c.number).where(_OWNER, builds.c.name == bindparam("last"))
_PAGE = (
    _BUILD.where(builds.c.number < func.coalesce(_BEFORE.scalar_subquery(), 2**62))
    .order_by(builds.c.number.desc())
    .limit(bindparam("size"))
)
_IN_STATE = _PAGE.where(builds.c.state == bindparam("state", type_=builds.c.state.type))
_NEWEST = _BUILD.order_by(builds.c.number.desc()).limit(1)
_OF_IMAGE = _NEWEST.where(builds.c.digest == bindparam("made"))
_KEPT: Final = tuple(name for name in _FIELDS if name not in {"number", "name", "created_at"})
_CHANGE = changing(builds, _KEPT, _OWNER, _CALLED)
_ADD = builds.insert()
_DELETE = delete(builds).where(_OWNER)
_DELETE_ONE = _DELETE.where(_CALLED)
_OLD = (
    select(builds.c.number)
    .where(_OWNER)
    .order_by(builds.c.number.desc())
    .limit(1)
    .offset(bindparam("keep"))
)
_TRIM = _DELETE.where(builds.c.number <= _OLD.scalar_subquery())


class SqlBuilds:
    """The timelines of repositories."""

    def __init__(self, connection: Executor, of: SqlRepositories) -> None:
        self._connection = connection
        self._repositories = of

    def get(self, repository: str, name: str) -> Build | None:
        values = {"place": repository, "called": name}
        found = self._connection.execute(_GET, values).first()
        return None if found is None else _build(repository, found)

    def put(self, build: Build) -> None:
        values = {name: getattr(build, name) for name in _KEPT}
        named = {"place": build.repository, "called": build.name}
        if self._connection.execute(_CHANGE, {**named, **to(**values)}).rowcount:
            return
        owner = self._repositories.id(build.repository)
        if owner is not None:
            new = {"repository_id": owner, "name": build.name, "created_at": build.created_at}
            self._connection.execute(_ADD, {**new, **values})

    def page(
        self, repository: str, last: str, size: int, state: BuildState | None = None
    ) -> list[Build]:
        values: dict[str, object] = {"place": repository, "last": last, "size": size}
        if state is None:
            rows = self._connection.execute(_PAGE, values)
        else:
            rows = self._connection.execute(_IN_STATE, {**values, "state": state})
        return [_build(repository, row) for row in rows]

    def newest(self, repository: str, digest: str = "") -> Build | None:
        values = {"place": repository, "made": digest}
        found = self._connection.execute(_OF_IMAGE if digest else _NEWEST, values).first()
        return None if found is None else _build(repository, found)

    def delete(self, repository: str, name: str | None) -> int:
        if name is None:
            return self._connection.execute(_DELETE, {"place": repository}).rowcount
        values = {"place": repository, "called": name}
        return self._connection.execute(_DELETE_ONE, values).rowcount

    def trim(self, repository: str, keep: int) -> int:
        return self._connection.execute(_TRIM, {"place": repository, "keep": keep}).rowcount


def _build(repository: str, row: Sequence[Any]) -> Build:
    return Build(repository=repository, **dict(zip(_FIELDS, row, strict=True)))
