"""Links that were retired, and those that may be, in SQL.

On PostgreSQL a collection locks the rows it decides about before it looks whether they are named: a
push that relies on one holds it with a lock of its own, so one of the two waits for the other and
then sees what that did. SQLite has one writer at a time.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    BindParameter,
    Executable,
    Select,
    bindparam,
    delete,
    exists,
    literal_column,
    select,
    tuple_,
)

from entrepot.metadata.garbage import Place
from entrepot.metadata.sql.blobs import batches
from entrepot.metadata.sql.charges import SqlCharges
from entrepot.metadata.sql.dialect import insert_or_ignore
from entrepot.metadata.sql.direct import Executor
from entrepot.metadata.sql.tables import blob_links, blobs, manifest_contents, repositories
from entrepot.metadata.sql.tables_garbage import retired_links
from entrepot.model.garbage import Link, RetiredLink
from entrepot.oci.digest import Digest
from entrepot.oci.names import namespace_of

_LINK = tuple_(blob_links.c.repository_id, blob_links.c.blob_id)
_RETIRED = tuple_(retired_links.c.repository_id, retired_links.c.blob_id)
_AFTER = tuple_(
    bindparam("repository", type_=blob_links.c.repository_id.type),
    bindparam("blob", type_=blob_links.c.blob_id.type),
)
_KEYS: Final[BindParameter[Any]] = bindparam("keys", expanding=True)

_NEXT = (
    select(blob_links.c.repository_id, blob_links.c.blob_id, blob_links.c.created_at)
    .where(_LINK > _AFTER)
    .order_by(blob_links.c.repository_id, blob_links.c.blob_id)
    .limit(bindparam("size"))
)
_PAGE = _NEXT.subquery()
_ENDS = _NEXT.with_only_columns(blob_links.c.repository_id, blob_links.c.blob_id).offset(
    bindparam("skip")
)


def _naming(links: Any) -> Select[tuple[int]]:  # noqa: ANN401 - a table or a page of one
    return select(literal_column("1")).where(
        manifest_contents.c.digest == blobs.c.digest,
        # 0 is what a server of an older version writes that was not stopped: it may be any.
        manifest_contents.c.repository_id.in_((links.c.repository_id, literal_column("0"))),
    )


def _unnamed(links: Any) -> Select[Any]:  # noqa: ANN401 - a table or a page of one
    return (
        select(
            links.c.repository_id,
            links.c.blob_id,
            repositories.c.name,
            blobs.c.digest,
            blobs.c.size,
            links.c.created_at,
        )
        .select_from(
            links.join(blobs, blobs.c.id == links.c.blob_id).join(
                repositories, repositories.c.id == links.c.repository_id
            )
        )
        .where(~exists(_naming(links).correlate(blobs, links)))
        .order_by(links.c.repository_id, links.c.blob_id)
    )


_UNNAMED = _unnamed(_PAGE)
_STILL = _unnamed(blob_links).where(_LINK.in_(_KEYS))
_HOLD = (
    select(blob_links.c.blob_id)
    .where(_LINK.in_(_KEYS))
    .order_by(blob_links.c.repository_id, blob_links.c.blob_id)
    .with_for_update()
)
_RETIRE = (
    select(
        blob_links.c.repository_id,
        blob_links.c.blob_id,
        blob_links.c.created_at,
        bindparam("at", type_=retired_links.c.retired_at.type),
    )
).where(
    blob_links.c.repository_id == bindparam("repository"), blob_links.c.blob_id == bindparam("blob")
)
_UNLINK = delete(blob_links).where(
    blob_links.c.repository_id == bindparam("repository"), blob_links.c.blob_id == bindparam("blob")
)
_THIS = (
    retired_links.c.repository_id == bindparam("repository"),
    retired_links.c.blob_id == bindparam("blob"),
)
_DROP = delete(retired_links).where(*_THIS)
_BACK = select(
    retired_links.c.repository_id, retired_links.c.blob_id, retired_links.c.linked_at
).where(*_THIS)
_RECALL = select(
    retired_links.c.repository_id,
    retired_links.c.blob_id,
    bindparam("at", type_=blob_links.c.created_at.type),
).where(*_THIS)
_OWNED = retired_links.join(blobs, blobs.c.id == retired_links.c.blob_id).join(
    repositories, repositories.c.id == retired_links.c.repository_id
)
_FACTS = select(
    retired_links.c.repository_id,
    retired_links.c.blob_id,
    repositories.c.name,
    blobs.c.digest,
    blobs.c.size,
    retired_links.c.retired_at,
    exists(_naming(retired_links).correlate(blobs, retired_links)).label("named"),
).select_from(_OWNED)
_LISTED = (
    _FACTS.where(_RETIRED > _AFTER)
    .order_by(retired_links.c.repository_id, retired_links.c.blob_id)
    .limit(bindparam("size"))
)
_RIPE = (
    select(retired_links.c.repository_id, retired_links.c.blob_id)
    .where(retired_links.c.retired_at <= bindparam("before", type_=retired_links.c.retired_at.type))
    .order_by(retired_links.c.retired_at)
    .limit(bindparam("size"))
)
_RIPE_HELD = _RIPE.with_for_update()
_OF_KEYS = _FACTS.where(_RETIRED.in_(_KEYS)).order_by(retired_links.c.retired_at)
_RECALLABLE = (
    select(retired_links.c.repository_id, retired_links.c.blob_id, blobs.c.digest)
    .select_from(_OWNED)
    .where(
        repositories.c.name == bindparam("name"),
        blobs.c.digest.in_(bindparam("digests", expanding=True)),
    )
)
_RECALLED = _RECALLABLE.with_for_update(of=retired_links)


class SqlRetired:
    """Links on their way out of repositories."""

    def __init__(self, connection: Executor, *, locks: bool) -> None:
        self._connection = connection
        self._locks = locks and connection.dialect.name == "postgresql"
        self._charges = SqlCharges(connection)

    def unnamed(self, after: Place, size: int) -> tuple[list[Link], Place | None]:
        found = {"repository": after[0], "blob": after[1], "size": size}
        links = [_link(row) for row in self._connection.execute(_UNNAMED, found)]
        end = self._connection.execute(_ENDS, {**found, "size": 1, "skip": size - 1}).first()
        return links, None if end is None else (end[0], end[1])

    def hold(self, links: Sequence[Link]) -> list[Link]:
        held: list[Link] = []
        for part in _keys(links):
            if self._locks:
                list(self._connection.execute(_HOLD, {"keys": part}))
            held += [_link(row) for row in self._connection.execute(_STILL, {"keys": part})]
        return held

    def retire(self, links: Sequence[Link], *, at: datetime) -> None:
        insert = insert_or_ignore(self._connection, retired_links, _RETIRE)
        keys = [_key(link) for link in links]
        self._do(_DROP, keys)
        self._do(insert, [{**key, "at": at} for key in keys])
        self._do(_UNLINK, keys)
        gone = {
            (namespace_of(link.repository), link.digest.text): link.repository for link in links
        }
        for (_, digest), repository in sorted(gone.items()):
            self._charges.unlinked(repository, digest)

    def _do(self, statement: Executable, rows: Sequence[dict[str, Any]]) -> None:
        if rows:
            self._connection.execute(statement, rows)

    def ripe(self, before: datetime, size: int) -> list[RetiredLink]:
        statement = _RIPE_HELD if self._locks else _RIPE
        found = {"before": before, "size": size}
        keys = [(row[0], row[1]) for row in self._connection.execute(statement, found)]
        if not keys:
            return []
        # In a statement of its own, which sees what those did who held them until now.
        return [_retired(row) for row in self._connection.execute(_OF_KEYS, {"keys": keys})]

    def page(self, after: Place, size: int) -> list[RetiredLink]:
        found = {"repository": after[0], "blob": after[1], "size": size}
        return [_retired(row) for row in self._connection.execute(_LISTED, found)]

    def restore(self, links: Sequence[RetiredLink]) -> None:
        insert = insert_or_ignore(self._connection, blob_links, _BACK)
        self._do(insert, [_key(link) for link in links])
        self.drop(links)

    def drop(self, links: Sequence[RetiredLink]) -> None:
        self._do(_DROP, [_key(link) for link in links])

    def recallable(self, repository: str, digests: Sequence[Digest]) -> list[Digest]:
        return [Digest(row[2]) for row in self._found(_RECALLABLE, repository, digests)]

    def recall(self, repository: str, digests: Sequence[Digest], *, at: datetime) -> list[Digest]:
        statement = _RECALLED if self._locks else _RECALLABLE
        insert = insert_or_ignore(self._connection, blob_links, _RECALL)
        found = self._found(statement, repository, digests)
        keys = [{"repository": owner, "blob": blob} for owner, blob, _ in found]
        self._do(insert, [{**key, "at": at} for key in keys])
        self._do(_DROP, keys)
        return [Digest(digest) for _, _, digest in found]

    def _found(
        self, statement: Select[Any], repository: str, digests: Sequence[Digest]
    ) -> list[Any]:
        rows: list[Any] = []
        for part in batches(digests):
            found = {"name": repository, "digests": [digest.text for digest in part]}
            rows += self._connection.execute(statement, found)
        return rows


def _key(link: Link | RetiredLink) -> dict[str, int]:
    return {"repository": link.key[0], "blob": link.key[1]}


def _keys(links: Sequence[Link]) -> Iterable[list[Place]]:
    for start in range(0, len(links), 500):
        yield [link.key for link in links[start : start + 500]]


def _link(row: Sequence[Any]) -> Link:
    owner, blob, name, digest, size, linked_at = row
    return Link((owner, blob), name, Digest(digest), size, linked_at)


def _retired(row: Sequence[Any]) -> RetiredLink:
    owner, blob, name, digest, size, retired_at, named = row
    return RetiredLink((owner, blob), name, Digest(digest), size, retired_at, bool(named))
