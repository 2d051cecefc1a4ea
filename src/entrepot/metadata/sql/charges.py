"""What each namespace holds, kept with the manifests that name it, in SQL.

A blob is charged to a namespace as one that no manifest names when it is linked there, until it is
unlinked. The first manifest that names a content makes the charge one of what is held, and the
last gives it back. On PostgreSQL a push holds the charges that it relies on, as many pushes at once
can, and a deletion waits for them; SQLite has one writer at a time.
"""

from typing import Final

from sqlalchemy import (
    Select,
    bindparam,
    delete,
    exists,
    literal_column,
    select,
    true,
    union_all,
    update,
)

from entrepot.metadata.sql.dialect import insert_or_ignore
from entrepot.metadata.sql.direct import Executor
from entrepot.metadata.sql.tables import (
    blob_links,
    blobs,
    manifest_contents,
    manifests,
    repositories,
)
from entrepot.metadata.sql.tables_quotas import charges, holding_changes
from entrepot.oci.digest import Digest
from entrepot.oci.names import namespace_of

_SPACE = bindparam("space", type_=charges.c.namespace.type)
_MANIFEST = bindparam("manifest", type_=manifests.c.id.type)
_NAMED = (
    select(manifest_contents.c.digest, blobs.c.size)
    .join(blobs, blobs.c.digest == manifest_contents.c.digest)
    .where(manifest_contents.c.manifest_id == _MANIFEST)
)
_ITSELF = select(manifests.c.digest, manifests.c.size).where(manifests.c.id == _MANIFEST)
_CONTENTS = union_all(_NAMED, _ITSELF).subquery()
# In one order, so that of two pushes that add the same contents one waits for the other. Without a
# WHERE, SQLite would take ON CONFLICT for a part of a join; no digest is empty.
_NEW = (
    select(_SPACE, _CONTENTS.c.digest, _CONTENTS.c.size, true())
    .where(_CONTENTS.c.digest != "")
    .order_by(_CONTENTS.c.digest)
)
_HOLD = (
    select(charges.c.digest)
    .where(charges.c.namespace == _SPACE, charges.c.digest.in_(select(_CONTENTS.c.digest)))
    .order_by(charges.c.digest)
)
_SHARED = _HOLD.where(charges.c.named).with_for_update(read=True, key_share=True, of=charges)
_DOOMED = _HOLD.with_for_update(of=charges)
# Weak enough for others to rely on the rows meanwhile, so that no two pushes wait in a circle.
_UNNAMED = _HOLD.where(~charges.c.named).with_for_update(key_share=True, of=charges)
_NAME = (
    update(charges)
    .where(
        charges.c.namespace == _SPACE,
        charges.c.digest.in_(select(_CONTENTS.c.digest)),
        ~charges.c.named,
    )
    .values(named=true())
    .returning(charges.c.size)
)
_ONE = (charges.c.namespace == _SPACE, charges.c.digest == bindparam("blob"))
_KEEP = select(charges.c.digest).where(*_ONE).with_for_update(read=True, key_share=True)
_WAIT = select(charges.c.digest).where(*_ONE, ~charges.c.named).with_for_update()
_NAME_ONE = update(charges).where(*_ONE).values(named=true())
_IS_NAMED: Final[Select[tuple[int]]] = (
    select(literal_column("1"))
    .select_from(
        manifest_contents.join(repositories, repositories.c.id == manifest_contents.c.repository_id)
    )
    .where(manifest_contents.c.digest == bindparam("blob"), repositories.c.namespace == _SPACE)
    .limit(1)
)
_LINKED: Final[Select[tuple[int]]] = (
    select(literal_column("1"))
    .select_from(
        blob_links.join(blobs, blobs.c.id == blob_links.c.blob_id).join(
            repositories, repositories.c.id == blob_links.c.repository_id
        )
    )
    .where(blobs.c.digest == charges.c.digest, repositories.c.namespace == _SPACE)
)
_FORGET = (
    delete(charges)
    .where(*_ONE, ~charges.c.named, ~exists(_LINKED.correlate(charges)))
    .returning(charges.c.size)
)


def _other(found: Select[tuple[int]]) -> Select[tuple[int]]:
    return found.where(manifests.c.id != _MANIFEST, repositories.c.namespace == _SPACE)


_OWNED = manifests.join(repositories, repositories.c.id == manifests.c.repository_id)
_OTHER_NAMES = _other(
    select(literal_column("1"))
    .select_from(_OWNED.join(manifest_contents, manifest_contents.c.manifest_id == manifests.c.id))
    .where(manifest_contents.c.digest == charges.c.digest)
)
_OTHER_IS = _other(
    select(literal_column("1")).select_from(_OWNED).where(manifests.c.digest == charges.c.digest)
)
_RELEASE = (
    delete(charges)
    .where(
        charges.c.namespace == _SPACE,
        charges.c.digest.in_(select(_CONTENTS.c.digest)),
        ~exists(_OTHER_NAMES.correlate(charges)),
        ~exists(_OTHER_IS.correlate(charges)),
    )
    .returning(charges.c.size, charges.c.named)
)
_CHANGE = holding_changes.insert()
# Twice is enough but where others delete the same contents over and over.
_TRIES: Final = 3


class SqlCharges:
    """Charges of blobs that are linked, and of manifests that are put and deleted."""

    def __init__(self, connection: Executor) -> None:
        self._connection = connection
        self._locks = connection.dialect.name == "postgresql"

    def add(self, repository: str, manifest: int, contents: int) -> None:
        """Charge what the manifest names, *contents* at most with itself, and is not charged."""
        what = {"space": namespace_of(repository), "manifest": manifest}
        insert = insert_or_ignore(self._connection, charges, _NEW, charges.c.size)
        for _ in range(_TRIES):
            if self._locks:
                list(self._connection.execute(_UNNAMED, what))
            named = sum(size for (size,) in self._connection.execute(_NAME, what))
            held = len(list(self._connection.execute(_SHARED, what))) if self._locks else contents
            added = [size for (size,) in self._connection.execute(insert, what)]
            self._change(what["space"], sum(added) + named, -named)
            if held + len(added) >= contents:
                return

    def hold(self, repository: str, manifest: int) -> None:
        """Wait for the pushes that rely on what the manifest names; those to come wait for us."""
        if self._locks:
            what = {"space": namespace_of(repository), "manifest": manifest}
            self._connection.execute(_DOOMED, what)

    def release(self, repository: str, manifest: int) -> None:
        """Give back what no other manifest of the namespace names; the manifest is still there."""
        what = {"space": namespace_of(repository), "manifest": manifest}
        gone = list(self._connection.execute(_RELEASE, what))
        held = sum(size for size, named in gone if named)
        self._change(what["space"], -held, held - sum(size for size, _ in gone))

    def linked(self, repository: str, digest: Digest, size: int) -> None:
        """Charge the blob, which the repository has from now on, unless that was done before."""
        what = {"space": namespace_of(repository), "blob": digest.text}
        row = {"namespace": what["space"], "digest": digest.text, "size": size, "named": False}
        insert = insert_or_ignore(self._connection, charges)
        while self._connection.execute(insert, row).rowcount == 0:
            if not self._locks or self._connection.execute(_KEEP, what).first() is not None:
                return
        # A manifest may have come before what it names, where the settings allow that.
        if self._connection.execute(_IS_NAMED, what).first() is None:
            self._change(what["space"], 0, size)
        else:
            self._connection.execute(_NAME_ONE, what)
            self._change(what["space"], size, 0)

    def unlinked(self, repository: str, digest: str) -> None:
        """Give the blob back if no manifest names it and the namespace has it nowhere else."""
        what = {"space": namespace_of(repository), "blob": digest}
        if self._locks and self._connection.execute(_WAIT, what).first() is None:
            return
        gone = sum(size for (size,) in self._connection.execute(_FORGET, what))
        self._change(what["space"], 0, -gone)

    def _change(self, namespace: object, held: int, unnamed: int) -> None:
        if held or unnamed:
            change = {"namespace": namespace, "bytes": held, "unnamed": unnamed}
            self._connection.execute(_CHANGE, change)
