"""Blobs that no repository has, and bytes that nothing names, in SQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    BindParameter,
    Select,
    bindparam,
    delete,
    exists,
    func,
    literal_column,
    select,
    update,
)

from entrepot.metadata.sql.blobs import batches
from entrepot.metadata.sql.columns import EPOCH
from entrepot.metadata.sql.dialect import insert_or_ignore
from entrepot.metadata.sql.direct import Executor
from entrepot.metadata.sql.tables import blob_links, blobs, manifests
from entrepot.metadata.sql.tables_garbage import condemned, retired_links
from entrepot.model.garbage import Condemned, Content
from entrepot.oci.digest import Digest


def _one(*where: Any) -> Select[tuple[int]]:  # noqa: ANN401 - a condition
    return select(literal_column("1")).where(*where)


_DIGESTS: Final[BindParameter[Any]] = bindparam("digests", expanding=True)
_LINKLESS = (
    ~exists(_one(blob_links.c.blob_id == blobs.c.id).correlate(blobs)),
    ~exists(_one(retired_links.c.blob_id == blobs.c.id).correlate(blobs)),
)
_NEXT = (
    select(blobs.c.id)
    .where(blobs.c.id > bindparam("after"))
    .order_by(blobs.c.id)
    .limit(bindparam("size"))
)
_WINDOW = _NEXT.subquery()
_END = select(func.max(_WINDOW.c.id), func.count()).select_from(_WINDOW)
_PAGE = select(blobs.c.digest, blobs.c.size).where(
    blobs.c.id > bindparam("after"), blobs.c.id <= bindparam("end"), *_LINKLESS
)
_STILL = select(blobs.c.digest, blobs.c.size).where(blobs.c.digest.in_(_DIGESTS), *_LINKLESS)
_FORGET = delete(blobs).where(blobs.c.digest == bindparam("gone"))
_KNOWN = (
    select(blobs.c.digest).where(blobs.c.digest.in_(_DIGESTS)),
    select(manifests.c.digest).where(manifests.c.digest.in_(_DIGESTS)),
    select(condemned.c.digest).where(condemned.c.digest.in_(_DIGESTS)),
)
_FACTS = select(
    condemned.c.digest,
    condemned.c.size,
    condemned.c.due,
    condemned.c.until,
    (
        exists(_one(blobs.c.digest == condemned.c.digest).correlate(condemned))
        | exists(_one(manifests.c.digest == condemned.c.digest).correlate(condemned))
    ).label("held"),
)
_GET = _FACTS.where(condemned.c.digest == bindparam("digest"))
_LISTED = (
    _FACTS.where(condemned.c.digest > bindparam("after"))
    .order_by(condemned.c.digest)
    .limit(bindparam("size"))
)
_NOW = bindparam("now", type_=condemned.c.due.type)
_DUE = (
    _FACTS.where(condemned.c.due <= _NOW, condemned.c.until <= _NOW)
    .order_by(condemned.c.due)
    .limit(bindparam("size"))
)
_DUE_HELD = _DUE.with_for_update(of=condemned)
_SOONER = bindparam("to_due", type_=condemned.c.due.type)
_LATER = (
    select(condemned.c.digest)
    .where(condemned.c.due > _SOONER)
    .order_by(condemned.c.due.desc())
    .limit(bindparam("most"))
)
_HASTEN = update(condemned).where(condemned.c.digest.in_(_LATER)).values(due=_SOONER)
_SPARE = delete(condemned).where(
    condemned.c.digest == bindparam("digest"), condemned.c.until <= _NOW
)
_MARK = (
    update(condemned)
    .where(condemned.c.digest.in_(_DIGESTS))
    .values(until=bindparam("to_until", type_=condemned.c.until.type))
)
_RELEASE = delete(condemned).where(condemned.c.digest.in_(_DIGESTS))
_RELEASE_MARKED = _RELEASE.where(
    condemned.c.until == bindparam("marked", type_=condemned.c.until.type)
)


class SqlCondemned:
    """Bytes on their way out of the store."""

    def __init__(self, connection: Executor, *, locks: bool) -> None:
        self._connection = connection
        self._locks = locks and connection.dialect.name == "postgresql"

    def linkless(self, after: int, size: int) -> tuple[list[Content], int | None]:
        found = {"after": after, "size": size}
        end, count = next(iter(self._connection.execute(_END, found)))
        if end is None:
            return [], None
        page = {"after": after, "end": end}
        contents = [_content(row) for row in self._connection.execute(_PAGE, page)]
        return contents, end if count == size else None

    def forget(self, digests: Sequence[Digest], *, due: datetime) -> list[Content]:
        gone: list[Content] = []
        for part in _texts(digests):
            gone += [_content(row) for row in self._connection.execute(_STILL, {"digests": part})]
        if gone:
            # One that a repository gets at this moment cannot go: the whole is done again then.
            rows = [{"gone": content.digest.text} for content in gone]
            self._connection.execute(_FORGET, rows)
        self.condemn(gone, due=due)
        return gone

    def strays(self, digests: Sequence[Digest]) -> list[Digest]:
        known: set[str] = set()
        for part in _texts(digests):
            for statement in _KNOWN:
                known.update(self._connection.scalars(statement, {"digests": part}))
        return [digest for digest in digests if digest.text not in known]

    def condemn(self, contents: Sequence[Content], *, due: datetime) -> None:
        if contents:
            rows = [
                {"digest": content.digest.text, "size": content.size, "due": due, "until": EPOCH}
                for content in contents
            ]
            self._connection.execute(insert_or_ignore(self._connection, condemned), rows)

    def hasten(self, due: datetime, size: int) -> int:
        return self._connection.execute(_HASTEN, {"to_due": due, "most": size}).rowcount

    def get(self, digest: Digest) -> Condemned | None:
        row = self._connection.execute(_GET, {"digest": digest.text}).first()
        return None if row is None else _condemned(row)

    def spare(self, digest: Digest, *, now: datetime) -> bool:
        row = {"digest": digest.text, "now": now}
        return self._connection.execute(_SPARE, row).rowcount == 1

    def due(self, now: datetime, size: int) -> list[Condemned]:
        statement = _DUE_HELD if self._locks else _DUE
        found = {"now": now, "size": size}
        return [_condemned(row) for row in self._connection.execute(statement, found)]

    def page(self, after: str, size: int) -> list[Condemned]:
        found = {"after": after, "size": size}
        return [_condemned(row) for row in self._connection.execute(_LISTED, found)]

    def mark(self, digests: Sequence[Digest], *, until: datetime) -> None:
        for part in _texts(digests):
            self._connection.execute(_MARK, {"digests": part, "to_until": until})

    def release(self, digests: Sequence[Digest], *, until: datetime | None = None) -> None:
        for part in _texts(digests):
            if until is None:
                self._connection.execute(_RELEASE, {"digests": part})
            else:
                self._connection.execute(_RELEASE_MARKED, {"digests": part, "marked": until})


def _texts(digests: Sequence[Digest]) -> list[list[str]]:
    return [[digest.text for digest in part] for part in batches(digests)]


def _content(row: Sequence[Any]) -> Content:
    return Content(Digest(row[0]), row[1])


def _condemned(row: Sequence[Any]) -> Condemned:
    digest, size, due, until, held = row
    return Condemned(Digest(digest), size, due, until, bool(held))
