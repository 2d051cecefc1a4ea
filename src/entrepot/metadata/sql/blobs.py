"""Blobs and the repositories that may serve them, in SQL."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import Executable, bindparam, delete, select, update

from entrepot.metadata.sql.charges import SqlCharges
from entrepot.metadata.sql.dialect import insert_or_ignore
from entrepot.metadata.sql.direct import Executor
from entrepot.metadata.sql.repositories import THIS, SqlRepositories
from entrepot.metadata.sql.tables import blob_links, blobs, repositories
from entrepot.oci.digest import Digest

# SQLite takes 32 766 bound values; one statement stays far below.
BATCH: Final = 500

_LINKED = (blob_links.join(blobs, blobs.c.id == blob_links.c.blob_id)).join(
    repositories, repositories.c.id == blob_links.c.repository_id
)
_SIZE = (
    select(blobs.c.size)
    .select_from(_LINKED)
    .where(repositories.c.name == bindparam("name"), blobs.c.digest == bindparam("digest"))
)
_ID = select(blobs.c.id).where(blobs.c.digest == bindparam("digest"))
_PRESENT = (
    select(blobs.c.digest, blobs.c.size)
    .select_from(_LINKED)
    .where(
        repositories.c.name == bindparam("name"),
        blobs.c.digest.in_(bindparam("digests", expanding=True)),
    )
)
# What is found stays until the transaction ends (PostgreSQL; SQLite has one writer at a time).
_KEPT = _PRESENT.with_for_update(read=True, key_share=True, of=blob_links)
# The rows of one link: as one statement, three times as fast as looking up both ids first.
_LINK = (
    select(repositories.c.id, blobs.c.id, bindparam("at", type_=blob_links.c.created_at.type))
    .select_from(repositories.join(blobs, blobs.c.digest == bindparam("digest")))
    .where(repositories.c.name == bindparam("name"))
)
_RENEW = (
    update(blob_links)
    .where(
        blob_links.c.repository_id == THIS,
        blob_links.c.blob_id == _ID.scalar_subquery(),
    )
    .values(created_at=bindparam("at", type_=blob_links.c.created_at.type))
)
_UNLINK = delete(blob_links).where(
    blob_links.c.repository_id == bindparam("repository"), blob_links.c.blob_id == bindparam("blob")
)
# In the order of the index; by name, all holders would have to be sorted.
_HOLDERS = (
    select(repositories.c.name)
    .select_from(blob_links.join(repositories, repositories.c.id == blob_links.c.repository_id))
    .where(blob_links.c.blob_id == _ID.scalar_subquery())
    .limit(bindparam("size"))
)
_OLDEST = _HOLDERS.order_by(blob_links.c.repository_id)
_NEWEST = _HOLDERS.order_by(blob_links.c.repository_id.desc())


class SqlBlobs:
    """Links between repositories and blobs."""

    def __init__(self, connection: Executor, of: SqlRepositories, *, locks: bool) -> None:
        self._connection = connection
        self._repositories = of
        self._charges = SqlCharges(connection)
        self._present = _KEPT if locks else _PRESENT

    def size(self, repository: str, digest: Digest) -> int | None:
        found = {"name": repository, "digest": digest.text}
        size: int | None = self._connection.execute(_SIZE, found).scalar()
        return size

    def link(self, repository: str, digest: Digest, size: int, *, at: datetime) -> None:
        self._link(repository, digest, size, at)
        self._charges.linked(repository, digest, size)

    def _link(self, repository: str, digest: Digest, size: int, at: datetime) -> None:
        row = {"digest": digest.text, "size": size, "created_at": at}
        self._connection.execute(insert_or_ignore(self._connection, blobs), row)
        both = {"name": repository, "digest": digest.text, "at": at}
        insert = insert_or_ignore(self._connection, blob_links, _LINK)
        while self._connection.execute(insert, both).rowcount == 0:
            # The link is there already, or the repository is not there yet, or no longer the blob.
            self._repositories.ensure(repository, at=at)
            if self._connection.execute(_RENEW, both).rowcount:
                return
            self._connection.execute(insert_or_ignore(self._connection, blobs), row)

    def unlink(self, repository: str, digest: Digest) -> bool:
        owner = self._repositories.id(repository)
        blob = self._connection.execute(_ID, {"digest": digest.text}).scalar()
        if owner is None or blob is None:
            return False
        gone = self._connection.execute(_UNLINK, {"repository": owner, "blob": blob})
        self._charges.unlinked(repository, digest.text)
        return gone.rowcount > 0

    def sizes(self, repository: str, digests: Sequence[Digest]) -> dict[Digest, int]:
        return sizes(self._connection, self._present, repository, digests)

    def holders(self, digest: Digest, size: int, *, newest: bool = False) -> list[str]:
        found = {"digest": digest.text, "size": size}
        return list(self._connection.scalars(_NEWEST if newest else _OLDEST, found))


def sizes(
    connection: Executor, statement: Executable, repository: str, digests: Sequence[Digest]
) -> dict[Digest, int]:
    """The rows, digest and size, of *statement* for the repository and each of *digests*."""
    sizes: dict[Digest, int] = {}
    for part in batches(digests):
        values = {"name": repository, "digests": [digest.text for digest in part]}
        rows = connection.execute(statement, values)
        sizes |= {Digest(digest): size for digest, size in rows}
    return sizes


def batches(digests: Sequence[Digest]) -> Iterator[Sequence[Digest]]:
    """*digests* in runs short enough for one statement."""
    for start in range(0, len(digests), BATCH):
        yield digests[start : start + BATCH]
