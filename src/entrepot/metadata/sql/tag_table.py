"""Tables of tags in SQL."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from enum import Enum, auto
from typing import Any, Final

from sqlalchemy import Select, and_, bindparam, func, select

from entrepot.metadata.sql.columns import EPOCH
from entrepot.metadata.sql.dialect import Containing, escaped
from entrepot.metadata.sql.direct import Executor
from entrepot.metadata.sql.repositories import THIS
from entrepot.metadata.sql.tables import manifests, tag_changes, tags
from entrepot.metadata.sql.tables_hub import images
from entrepot.model.records import TagChange
from entrepot.model.repository import TagOrder, TagQuery, TagRow
from entrepot.oci.digest import Digest

_ORDERS: Final = {
    TagOrder.NAME: tags.c.name,
    TagOrder.UPDATED: tags.c.updated_at,
    TagOrder.SIZE: tags.c.size,
    TagOrder.PULLED: tags.c.pulled_at,
}
_SHOWN = (
    tags.c.name,
    manifests.c.digest,
    manifests.c.media_type,
    tags.c.updated_at,
    tags.c.updated_by,
    tags.c.pulled_at,
    images.c.size,
    images.c.platforms,
    images.c.kind,
)
_COUNT = select(func.count()).select_from(tags).where(tags.c.repository_id == THIS)


class _Kind(Enum):
    """What a text has to do with names: nothing, itself, or itself in any case."""

    NONE = auto()
    EXACT = auto()
    CASELESS = auto()


_LIKE: Final = {
    # Most look for numbers, which are found in half the time.
    _Kind.EXACT: tags.c.name.like(bindparam("pattern"), escape="\\"),
    _Kind.CASELESS: Containing(tags.c.name, bindparam("pattern")),
}
_COUNTS: Final = {_Kind.NONE: _COUNT, **{kind: _COUNT.where(like) for kind, like in _LIKE.items()}}
_CHANGES = (
    select(tag_changes.c.tag, tag_changes.c.digest, tag_changes.c.at, tag_changes.c.actor)
    .where(tag_changes.c.repository_id == THIS)
    .order_by(tag_changes.c.id.desc())
    .limit(bindparam("size"))
)
_before, _earlier = tag_changes.alias("before"), tag_changes.alias("earlier")
_LAST = (
    select(func.max(_earlier.c.id))
    .where(
        _earlier.c.repository_id == tag_changes.c.repository_id,
        _earlier.c.tag == tag_changes.c.tag,
        _earlier.c.id < tag_changes.c.id,
    )
    .correlate(tag_changes)
    .scalar_subquery()
)
_DELETED = (
    select(tag_changes.c.tag, _before.c.digest.label("was"))
    .select_from(tag_changes)
    .join(_before, _before.c.id == _LAST)
    .where(
        tag_changes.c.repository_id == THIS,
        tag_changes.c.at == bindparam("at"),
        tag_changes.c.actor == bindparam("actor"),
        tag_changes.c.digest.is_(None),
        _before.c.digest.is_not(None),
    )
    .order_by(tag_changes.c.id)
)

_PAGES: Final[dict[tuple[TagOrder, bool, _Kind], Select[Any]]] = {}
# So many that contain a text are read at once: where there are fewer, one scan finds and counts.
_SOME: Final = 500


def _kind(contains: str) -> _Kind:
    if not contains:
        return _Kind.NONE
    return _Kind.EXACT if contains.lower() == contains.upper() else _Kind.CASELESS


def _page(query: TagQuery) -> Select[Any]:
    """The statement for a page of tags: cut out of an index, before anything is looked up."""
    key = (query.order, query.descending, _kind(query.contains))
    if key not in _PAGES:
        cut = select(tags.c.name).where(tags.c.repository_id == THIS)
        if query.contains:
            cut = cut.where(_LIKE[_kind(query.contains)])
        cut = cut.order_by(*_sorted(_ORDERS[query.order], tags.c.name, query))
        page = cut.limit(bindparam("size")).offset(bindparam("offset")).subquery()
        found = and_(tags.c.repository_id == THIS, tags.c.name == page.c.name)
        joined = page.join(tags, found).join(manifests, manifests.c.id == tags.c.manifest_id)
        joined = joined.outerjoin(images, images.c.manifest_id == tags.c.manifest_id)
        _PAGES[key] = (
            select(*_SHOWN)
            .select_from(joined)
            .order_by(*_sorted(_ORDERS[query.order], tags.c.name, query))
        )
    return _PAGES[key]


def _one() -> Select[Any]:
    """The statement for one tag."""
    joined = tags.join(manifests, manifests.c.id == tags.c.manifest_id)
    joined = joined.outerjoin(images, images.c.manifest_id == tags.c.manifest_id)
    wanted = (tags.c.repository_id == THIS, tags.c.name == bindparam("tag"))
    return select(*_SHOWN).select_from(joined).where(*wanted)


_ONE = _one()


def _sorted(first: Any, name: Any, query: TagQuery) -> list[Any]:  # noqa: ANN401 - columns
    found = [first] if query.order is TagOrder.NAME else [first, name]
    return [column.desc() if query.descending else column for column in found]


def _wanted(repository: str, query: TagQuery) -> dict[str, Any]:
    wanted = {"name": repository, "offset": query.offset, "size": query.size}
    return wanted | ({"pattern": _pattern(query.contains)} if query.contains else {})


def _pattern(contains: str) -> str:
    return f"%{escaped(contains).lower()}%"


class SqlTagTable:
    """Tags with what a table shows of them."""

    def __init__(self, connection: Executor) -> None:
        self._connection = connection

    def rows(self, repository: str, query: TagQuery) -> list[TagRow]:
        found = self._connection.execute(_page(query), _wanted(repository, query))
        return [_tag_row(each) for each in found]

    def found(self, repository: str, query: TagQuery) -> tuple[list[TagRow], int]:
        if query.contains:
            first = _wanted(repository, replace(query, offset=0, size=_SOME))
            some = list(self._connection.execute(_page(query), first))
            if len(some) < _SOME:
                end = query.offset + query.size
                return [_tag_row(each) for each in some[query.offset : end]], len(some)
        count = self.count(repository, query.contains)
        # A page that is not there need not be looked for.
        return self.rows(repository, query) if query.offset < count else [], count

    def row(self, repository: str, tag: str) -> TagRow | None:
        found = self._connection.execute(_ONE, {"name": repository, "tag": tag}).first()
        return None if found is None else _tag_row(found)

    def count(self, repository: str, contains: str) -> int:
        wanted = {"name": repository}
        if contains:
            wanted["pattern"] = _pattern(contains)
        statement = _COUNTS[_kind(contains)]
        found: int = self._connection.execute(statement, wanted).scalar_one()
        return found

    def changes(self, repository: str, size: int) -> list[TagChange]:
        found = self._connection.execute(_CHANGES, {"name": repository, "size": size})
        return [
            TagChange(tag, Digest(digest) if digest else None, at, actor)
            for tag, digest, at, actor in found
        ]

    def deleted(self, repository: str, *, at: datetime, actor: str) -> list[tuple[str, Digest]]:
        wanted = {"name": repository, "at": at, "actor": actor}
        return [(tag, Digest(was)) for tag, was in self._connection.execute(_DELETED, wanted)]


def _tag_row(found: Sequence[Any]) -> TagRow:
    name, digest, media_type, updated_at, updated_by, pulled_at, size, platforms, kind = found
    return TagRow(
        name,
        Digest(digest),
        media_type,
        updated_at,
        updated_by,
        None if pulled_at == EPOCH else pulled_at,
        size,
        tuple(json.loads(platforms)) if platforms else (),
        kind,
    )
