"""Manifests, what they hold and what they are about, in SQL."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, Final

from sqlalchemy import bindparam, delete, exists, func, literal_column, or_, select

from entrepot.metadata.sql.blobs import BATCH, sizes
from entrepot.metadata.sql.charges import SqlCharges
from entrepot.metadata.sql.dialect import insert_or_ignore
from entrepot.metadata.sql.direct import Executor
from entrepot.metadata.sql.repositories import THIS, SqlRepositories
from entrepot.metadata.sql.tables import (
    manifest_contents,
    manifests,
    repositories,
    tag_changes,
    tags,
)
from entrepot.model.records import ManifestRecord, NewManifest, ReferrerRecord
from entrepot.oci.digest import Digest

OWNED = manifests.join(repositories, repositories.c.id == manifests.c.repository_id)
RECORD = select(manifests.c.digest, manifests.c.media_type, manifests.c.size)

_GET = RECORD.select_from(OWNED).where(
    repositories.c.name == bindparam("name"), manifests.c.digest == bindparam("digest")
)
ID = (
    select(manifests.c.id)
    .select_from(OWNED)
    .where(repositories.c.name == bindparam("name"), manifests.c.digest == bindparam("digest"))
)
# Of a push and a deletion of one manifest at once, one waits for the other (PostgreSQL).
HELD = ID.with_for_update(read=True, key_share=True, of=manifests)
_DOOMED = ID.with_for_update(of=manifests)
_PRESENT = (
    select(manifests.c.digest, manifests.c.size)
    .select_from(OWNED)
    .where(
        repositories.c.name == bindparam("name"),
        manifests.c.digest.in_(bindparam("digests", expanding=True)),
    )
)
# What is found stays until the transaction ends (PostgreSQL; SQLite has one writer at a time).
_KEPT = _PRESENT.with_for_update(read=True, key_share=True, of=manifests)
RECORD_CHANGE = tag_changes.insert()
# Locked: only the deletion of a tag that is deleted here is recorded here.
_TAGGED = (
    select(tags.c.repository_id, tags.c.name)
    .where(tags.c.manifest_id == bindparam("manifest"))
    .with_for_update()
)
_UNTAG = delete(tags).where(tags.c.manifest_id == bindparam("manifest"))
_EMPTY = delete(manifest_contents).where(manifest_contents.c.manifest_id == bindparam("manifest"))
_DELETE = delete(manifests).where(manifests.c.id == bindparam("manifest"))
_GRANDPARENTS = manifest_contents.alias()
# 0 is what a server of an older version writes that was not stopped: it may be any.
_HERE: Final[tuple[Any, ...]] = (THIS, literal_column("0"))
_PARENTS = (
    select(
        manifests.c.digest,
        select(func.min(tags.c.name)).where(tags.c.manifest_id == manifests.c.id).scalar_subquery(),
    )
    .select_from(
        manifest_contents.join(manifests, manifests.c.id == manifest_contents.c.manifest_id)
    )
    .where(
        manifest_contents.c.digest == bindparam("digest"),
        manifest_contents.c.repository_id.in_(_HERE),
        manifests.c.repository_id == THIS,
    )
    # In no order: a content can be in thousands of manifests, and few of them are asked for.
    .limit(bindparam("size"))
)
_REACHABLE_PARENTS = _PARENTS.where(
    or_(
        exists().where(tags.c.manifest_id == manifests.c.id),
        exists().where(
            _GRANDPARENTS.c.digest == manifests.c.digest, _GRANDPARENTS.c.repository_id.in_(_HERE)
        ),
    )
)
_REFERRERS = (
    select(manifests.c.id, manifests.c.size)
    .where(
        manifests.c.repository_id == THIS,
        manifests.c.subject == bindparam("subject"),
        manifests.c.digest > bindparam("last"),
        or_(bindparam("any_type"), manifests.c.artifact_type == bindparam("artifact_type")),
    )
    .order_by(manifests.c.digest)
    .limit(bindparam("size"))
)
_DESCRIBED = select(
    manifests.c.digest,
    manifests.c.media_type,
    manifests.c.size,
    manifests.c.artifact_type,
    manifests.c.annotations,
).where(manifests.c.id.in_(bindparam("keys", expanding=True)))
# Annotations are a part of a manifest, so its size bounds what reading them costs: rows of one
# statement are of manifests of so many bytes, and of a page there are so many statements.
_TOGETHER: Final = 8 * 1024 * 1024
_STATEMENTS: Final = 16
# Of a descriptor, all but its annotations and the types that it names.
_PLAIN: Final = 200


class SqlManifests:
    """Manifests of repositories."""

    def __init__(self, connection: Executor, of: SqlRepositories, *, locks: bool) -> None:
        self._connection = connection
        self._repositories = of
        self._charges = SqlCharges(connection)
        self._present = _KEPT if locks else _PRESENT

    def get(self, repository: str, digest: Digest) -> ManifestRecord | None:
        found = {"name": repository, "digest": digest.text}
        return record(self._connection.execute(_GET, found).first())

    def put(self, repository: str, manifest: NewManifest, *, at: datetime, actor: str) -> None:
        owner = self._repositories.ensure(repository, at=at)
        row = _row(manifest) | {"repository_id": owner, "created_at": at, "created_by": actor}
        insert = insert_or_ignore(self._connection, manifests)
        found = {"name": repository, "digest": manifest.descriptor.digest.text}
        while self._connection.execute(insert, row).rowcount == 0:
            # It is there; hold it there, unless someone deleted it at this moment.
            if self._connection.execute(HELD, found).scalar() is not None:
                return
        key = self._connection.execute(ID, found).scalar_one()
        held = {digest.text for digest in (*manifest.blobs, *manifest.manifests)}
        if held:
            of = {"manifest_id": key, "repository_id": owner}
            rows = [{**of, "digest": digest} for digest in sorted(held)]
            self._connection.execute(insert_or_ignore(self._connection, manifest_contents), rows)
        self._charges.add(repository, key, len({*manifest.blobs, manifest.descriptor.digest}))

    def sizes(self, repository: str, digests: Sequence[Digest]) -> dict[Digest, int]:
        return sizes(self._connection, self._present, repository, digests)

    def missing(self, repository: str, digests: Sequence[Digest]) -> list[Digest]:
        present = self.sizes(repository, digests)
        return [digest for digest in digests if digest not in present]

    def referencing(
        self, repository: str, digest: Digest, size: int, *, reachable: bool = False
    ) -> list[tuple[Digest, str | None]]:
        found = {"name": repository, "digest": digest.text, "size": size}
        rows = self._connection.execute(_REACHABLE_PARENTS if reachable else _PARENTS, found)
        return [(Digest(parent), tag) for parent, tag in rows]

    def delete(self, repository: str, digest: Digest, *, at: datetime, actor: str) -> bool:
        found = {"name": repository, "digest": digest.text}
        key = self._connection.execute(_DOOMED, found).scalar()
        if key is None:
            return False
        doomed = {"manifest": key}
        changes = [
            {"repository_id": owner, "tag": tag, "digest": None, "at": at, "actor": actor}
            for owner, tag in self._connection.execute(_TAGGED, doomed)
        ]
        if changes:
            self._connection.execute(RECORD_CHANGE, changes)
        self._charges.hold(repository, key)
        self._charges.release(repository, key)
        for statement in (_UNTAG, _EMPTY, _DELETE):
            self._connection.execute(statement, doomed)
        return True

    def referrers(
        self,
        repository: str,
        subject: Digest,
        artifact_type: str | None,
        last: str,
        size: int,
        *,
        room: int,
    ) -> tuple[list[ReferrerRecord], bool]:
        found = {
            "name": repository,
            "subject": subject.text,
            "artifact_type": artifact_type,
            "any_type": artifact_type is None,
            "last": last,
            "size": size + 1,
        }
        keys = [tuple(row) for row in self._connection.execute(_REFERRERS, found)]
        listed: list[ReferrerRecord] = []
        for part in islice(_runs(keys[:size]), _STATEMENTS):
            rows = map(_referrer, self._connection.execute(_DESCRIBED, {"keys": part}))
            for one in sorted(rows, key=lambda each: each.digest.text):
                room -= _described(one)
                if listed and room < 0:
                    return listed, True
                listed.append(one)
        # Of a page of none nothing can follow: the specification wants no Link there.
        return listed, len(keys) > len(listed) > 0


def record(row: Sequence[Any] | None) -> ManifestRecord | None:
    """The record in a row of RECORD."""
    return None if row is None else ManifestRecord(Digest(row[0]), row[1], row[2])


def _row(manifest: NewManifest) -> dict[str, object]:
    described = manifest.descriptor
    return {
        "digest": described.digest.text,
        "media_type": described.media_type,
        "size": described.size,
        "artifact_type": described.artifact_type,
        "subject": manifest.subject.text if manifest.subject else None,
        "annotations": _noted(described.annotations) if described.annotations else None,
    }


def _noted(annotations: Mapping[str, str]) -> str:
    """The annotations as JSON, which is no longer than it was in the manifest."""
    return json.dumps(annotations, ensure_ascii=False, separators=(",", ":"))


def _runs(keys: Sequence[tuple[int, int]]) -> Iterator[list[int]]:
    """The keys in runs of manifests that are small together; one that is large is alone."""
    run: list[int] = []
    held = 0
    for key, size in keys:
        if run and (held + size > _TOGETHER or len(run) >= BATCH):
            yield run
            run, held = [], 0
        run.append(key)
        held += size
    if run:
        yield run


def _referrer(row: Sequence[Any]) -> ReferrerRecord:
    digest, media_type, size, artifact_type, annotations = row
    return ReferrerRecord(Digest(digest), media_type, size, artifact_type, annotations or "")


def _described(referrer: ReferrerRecord) -> int:
    """About how many bytes describe it."""
    texts = (referrer.media_type, referrer.artifact_type or "", referrer.annotations)
    return _PLAIN + sum(map(_bytes, texts))


def _bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())
