"""Tags and their history, in SQL."""

from datetime import datetime

from sqlalchemy import bindparam, delete, select, update

from entrepot.errors import ManifestUnknown
from entrepot.metadata.sql.dialect import insert_or_ignore
from entrepot.metadata.sql.direct import Executor
from entrepot.metadata.sql.manifests import HELD, RECORD, RECORD_CHANGE, record
from entrepot.metadata.sql.repositories import THIS, SqlRepositories
from entrepot.metadata.sql.tables import manifests, repositories, tag_changes, tags
from entrepot.metadata.sql.tables_hub import images
from entrepot.model.records import ManifestRecord, TagChange, TagRecord
from entrepot.oci.digest import Digest

_OWNED = tags.join(repositories, repositories.c.id == tags.c.repository_id)
_POINTED = _OWNED.join(manifests, manifests.c.id == tags.c.manifest_id)
_THIS = (repositories.c.name == bindparam("name"), tags.c.name == bindparam("tag"))
_RESOLVE = RECORD.select_from(_POINTED).where(*_THIS)
_GET = (
    select(tags.c.name, manifests.c.digest, tags.c.updated_at, tags.c.updated_by)
    .select_from(_POINTED)
    .where(*_THIS)
)
_PAGE = (
    select(tags.c.name)
    .where(tags.c.repository_id == bindparam("repository"), tags.c.name > bindparam("last"))
    .order_by(tags.c.name)
    .limit(bindparam("size"))
)
_MINE = (tags.c.repository_id == bindparam("owner"), tags.c.name == bindparam("tag"))
_MOVE = (
    update(tags)
    .where(*_MINE)
    .values(
        manifest_id=bindparam("manifest"),
        updated_at=bindparam("at"),
        updated_by=bindparam("actor"),
        size=bindparam("bytes"),
    )
)
_SIZE = select(images.c.size).where(images.c.manifest_id == bindparam("manifest"))
_DELETE = delete(tags).where(*_MINE)
_CHANGES = (
    select(tag_changes.c.tag, tag_changes.c.digest, tag_changes.c.at, tag_changes.c.actor)
    .where(tag_changes.c.repository_id == THIS, tag_changes.c.tag == bindparam("tag"))
    .order_by(tag_changes.c.id.desc())
    .limit(bindparam("size"))
)


class SqlTags:
    """Tags of repositories."""

    def __init__(self, connection: Executor, of: SqlRepositories) -> None:
        self._connection = connection
        self._repositories = of

    def resolve(self, repository: str, tag: str) -> ManifestRecord | None:
        return record(self._connection.execute(_RESOLVE, {"name": repository, "tag": tag}).first())

    def get(self, repository: str, tag: str) -> TagRecord | None:
        row = self._connection.execute(_GET, {"name": repository, "tag": tag}).first()
        return None if row is None else TagRecord(row[0], Digest(row[1]), row[2], row[3])

    def set(self, repository: str, tag: str, digest: Digest, *, at: datetime, actor: str) -> None:
        owner = self._repositories.ensure(repository, at=at)
        found = {"name": repository, "digest": digest.text}
        manifest = self._connection.execute(HELD, found).scalar()
        if manifest is None:
            raise ManifestUnknown(detail=digest.text)
        size = self._connection.execute(_SIZE, {"manifest": manifest}).scalar()
        moved = {"owner": owner, "tag": tag, "manifest": manifest, "at": at, "actor": actor}
        moved["bytes"] = -1 if size is None else size
        new = {"repository_id": owner, "name": tag, "manifest_id": manifest, "created_at": at}
        new |= {"updated_at": at, "updated_by": actor, "size": moved["bytes"]}
        insert = insert_or_ignore(self._connection, tags)
        # Where it can be neither made nor moved, someone deleted it in between: then again.
        while not self._connection.execute(insert, new).rowcount:
            if self._connection.execute(_MOVE, moved).rowcount:
                break
        self._record(owner, tag, digest.text, at, actor)

    def delete(self, repository: str, tag: str, *, at: datetime, actor: str) -> bool:
        owner = self._repositories.id(repository)
        if owner is None:
            return False
        gone = self._connection.execute(_DELETE, {"owner": owner, "tag": tag})
        if gone.rowcount == 0:
            return False
        self._record(owner, tag, None, at, actor)
        return True

    def _record(self, owner: int, tag: str, digest: str | None, at: datetime, actor: str) -> None:
        change = {"repository_id": owner, "tag": tag, "digest": digest, "at": at, "actor": actor}
        self._connection.execute(RECORD_CHANGE, change)

    def page(self, repository: str, last: str, size: int) -> list[str]:
        found = {"repository": self._repositories.id(repository), "last": last, "size": size}
        return list(self._connection.scalars(_PAGE, found))

    def changes(self, repository: str, tag: str, size: int) -> list[TagChange]:
        found = {"name": repository, "tag": tag, "size": size}
        return [
            TagChange(name, Digest(digest) if digest else None, at, actor)
            for name, digest, at, actor in self._connection.execute(_CHANGES, found)
        ]
