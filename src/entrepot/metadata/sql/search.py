"""Search in SQL."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from types import ModuleType
from typing import Any, Final

from sqlalchemy import and_, bindparam, delete, exists, select

from entrepot.metadata.sql import search_postgres, search_sqlite
from entrepot.metadata.sql.columns import EPOCH
from entrepot.metadata.sql.dialect import escaped
from entrepot.metadata.sql.direct import Executor
from entrepot.metadata.sql.repositories import THIS, SqlRepositories
from entrepot.metadata.sql.search_statements import (
    COUNT_ALL,
    HOLDERS,
    STARRED,
    Statements,
    among,
)
from entrepot.metadata.sql.tables import manifests, tags
from entrepot.metadata.sql.tables_hub import images
from entrepot.metadata.sql.tables_search import search_documents
from entrepot.model.repository import ImageKind
from entrepot.model.search import Query, SearchDocument, Seen, Term, mark

# More than this are not ranked one and all: the best are looked for first.
MANY: Final = 2_000
# Of those, so many are looked at before all are ranked after all.
WALKED: Final = 4_000
_OFFICIAL: Final = Term(mark("official"))

_PUT = search_documents.insert()
_DELETE = delete(search_documents).where(search_documents.c.repository_id == bindparam("owner"))
_TEXTS = select(search_documents.c.texts).where(search_documents.c.repository_id == THIS)
_NEWEST = (
    select(tags.c.manifest_id)
    .where(tags.c.repository_id == THIS)
    .order_by(tags.c.updated_at.desc(), tags.c.name.desc())
    .limit(500)
    .subquery()
)
_PLATFORMS = (
    select(images.c.platforms)
    .distinct()
    .select_from(_NEWEST.join(images, images.c.manifest_id == _NEWEST.c.manifest_id))
)
_SIGNATURE = images.c.kind == ImageKind.SIGNATURE.value
_REFERS = exists(
    select(images.c.kind)
    .join(manifests, manifests.c.id == images.c.manifest_id)
    .where(manifests.c.repository_id == THIS, manifests.c.subject.is_not(None), _SIGNATURE)
)
_TAGGED = exists(
    select(images.c.kind)
    .join(tags, tags.c.manifest_id == images.c.manifest_id)
    .where(
        and_(tags.c.repository_id == THIS, tags.c.name >= "sha256-", tags.c.name < "sha256."),
        tags.c.name.like("%.sig"),
        _SIGNATURE,
    )
)
_SIGNED = select(_REFERS, _TAGGED)


class SqlSearch:
    """Documents of repositories, and what is found by them."""

    def __init__(self, connection: Executor, of: SqlRepositories) -> None:
        self._connection = connection
        self._repositories = of
        self._prepared = False

    def put(self, repository: str, document: SearchDocument) -> None:
        owner = self._repositories.id(repository)
        if owner is None:
            return
        self._connection.execute(_DELETE, {"owner": owner})
        new = {"words": document.words, "texts": json.dumps(document.texts)}
        self._connection.execute(_PUT, {"repository_id": owner, **new})

    def delete(self, repository: str) -> None:
        self._connection.execute(_DELETE, {"owner": self._repositories.id(repository)})

    def texts(self, repository: str) -> tuple[str, ...]:
        found = self._connection.execute(_TEXTS, {"name": repository}).scalar()
        return tuple(json.loads(found)) if found else ()

    def platforms(self, repository: str) -> list[str]:
        found = self._connection.scalars(_PLATFORMS, {"name": repository})
        return sorted({platform for each in found for platform in json.loads(each)})

    def signed(self, repository: str) -> bool:
        return any(self._connection.execute(_SIGNED, {"name": repository}).first())

    def best(self, query: Query, seen: Seen, size: int, most: int) -> tuple[list[str], int]:
        asked = {**_asked(query), **_seen(seen)}
        keys = self._keys(query)
        if keys is None:
            found = dict.fromkeys(self._ranked(self._first([_OFFICIAL]), asked, size))
            self._walk(lambda _: True, asked, size, found)
            total = self._connection.execute(COUNT_ALL, {**asked, "size": most}).scalar_one()
            return list(found)[:size], total
        if query.tag:
            # Few have it: none of the most starred may. Each is looked up in another table: once.
            return self._with_tag(keys, asked, size, most)
        if len(keys) <= MANY:
            names = self._ranked(keys, asked, size)
        else:
            names = self._best_of_many(query, keys, asked, size)
        if seen.everything and query.is_plain:
            return names, min(len(keys), most)
        return names, self._count(list(keys), asked, most)

    def _keys(self, query: Query) -> AbstractSet[int] | None:
        """The ids of those that have what is looked for; None when that is in all of them."""
        found = self._having(query.clauses) if query.clauses else None
        if not query.digest:
            return found
        held = {"digest": query.digest, "beyond": f"{query.digest}g"}
        holders = set(self._connection.scalars(HOLDERS, held))
        return holders if found is None else holders & found

    def _with_tag(
        self, keys: Iterable[int], asked: Mapping[str, Any], size: int, most: int
    ) -> tuple[list[str], int]:
        told = {"keys": self._of.listed(keys), "size": max(size, 1), "any_tag": True}
        rows = list(self._connection.execute(self._among.both, {**asked, **told}))
        return [name for name, _ in rows][:size], min(rows[0][1], most) if rows else 0

    def _best_of_many(
        self, query: Query, keys: AbstractSet[int], asked: Mapping[str, Any], size: int
    ) -> list[str]:
        first = self._first(_closest(query)) & keys
        found = dict.fromkeys(self._ranked(first, asked, size))
        if not self._walk(keys.__contains__, asked, size, found):
            found |= dict.fromkeys(self._ranked(keys, asked, size))
        return list(found)[:size]

    def _first(self, terms: Sequence[Term]) -> AbstractSet[int]:
        """The ids of those that come before what is just starred."""
        return self._having((tuple(terms),))

    def _having(self, clauses: tuple[tuple[Term, ...], ...]) -> set[int]:
        if not self._prepared:
            self._of.prepare(self._connection)
            self._prepared = True
        return set(self._of.keys(self._connection, clauses))

    def _ranked(self, keys: Iterable[int], asked: Mapping[str, Any], size: int) -> list[str]:
        values = {**asked, "keys": self._of.listed(keys), "size": size}
        return list(self._connection.scalars(self._among.ranked, values))

    def _walk(
        self,
        wanted: Callable[[int], bool],
        asked: Mapping[str, Any],
        size: int,
        found: dict[str, None],
    ) -> bool:
        """Add the most starred until there are *size*; False when that is too far to go."""
        skip, chunk = 0, 4 * size
        while len(found) < size:
            values = {**asked, "skip": skip, "size": chunk}
            rows = list(self._connection.execute(STARRED, values))
            found |= {name: None for key, name in rows if wanted(key)}
            if len(rows) < chunk:
                return True
            skip, chunk = skip + chunk, 2 * chunk
            if skip > max(WALKED, 4 * size):
                return False
        return True

    def _count(self, keys: list[int], asked: Mapping[str, Any], most: int) -> int:
        """How many are seen, up to *most*; these are often among the first."""
        found = 0
        for some in (keys[: most + most // 4], keys[: 3 * most], keys):
            values = {**asked, "keys": self._of.listed(some), "size": most}
            found = self._connection.execute(self._among.count, values).scalar_one()
            if found == most or len(some) == len(keys):
                break
        return found

    @property
    def _of(self) -> ModuleType:
        return search_postgres if self._connection.dialect.name == "postgresql" else search_sqlite

    @property
    def _among(self) -> Statements:
        return among(self._connection.dialect.name)


def _closest(query: Query) -> list[Term]:
    """What only those have that rank before others: a name like the one asked for, an official."""
    if not query.name:
        return [_OFFICIAL]
    last = query.name.rpartition("/")[2]
    plain = "".join(each for each in last if each.isalnum())
    return [Term(mark("name", plain), prefix=True), _OFFICIAL]


def _asked(query: Query) -> dict[str, Any]:
    wanted, name = query.filters, escaped(query.name)
    return {
        "name": query.name,
        "ends": f"%/{name}" if name else "",
        "starts": f"{name}%" if name else "",
        "part": f"%/{name}%" if name else "",
        "within": f"%{name}%",
        "any_tag": not query.tag,
        "tag": query.tag,
        "stars": wanted.stars,
        "since": wanted.updated_since or EPOCH,
        "any_automated": wanted.automated is None,
        "automated": bool(wanted.automated),
        "any_namespace": not wanted.namespace,
        "namespace": wanted.namespace,
    }


def _seen(seen: Seen) -> dict[str, Any]:
    return {
        "everything": seen.everything,
        "public": seen.public,
        "namespaces": sorted(seen.namespaces),
        "repositories": sorted(seen.repositories),
    }
