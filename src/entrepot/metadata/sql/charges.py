"""What each namespace holds, kept with the manifests that name it, in SQL.

A content is charged to a namespace by the first of its manifests that names it, and given back by
the last. On PostgreSQL a push holds the charges that it relies on, as many pushes at once can, and
a deletion waits for them; SQLite has one writer at a time.
"""

from collections.abc import Iterable
from typing import Final

from sqlalchemy import Select, bindparam, delete, exists, literal_column, select, union_all

from entrepot.metadata.sql.dialect import insert_or_ignore
from entrepot.metadata.sql.direct import Executor
from entrepot.metadata.sql.tables import blobs, manifest_contents, manifests, repositories
from entrepot.metadata.sql.tables_quotas import charges, holding_changes
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
    select(_SPACE, _CONTENTS.c.digest, _CONTENTS.c.size)
    .where(_CONTENTS.c.digest != "")
    .order_by(_CONTENTS.c.digest)
)
_HOLD = (
    select(charges.c.digest)
    .where(charges.c.namespace == _SPACE, charges.c.digest.in_(select(_CONTENTS.c.digest)))
    .order_by(charges.c.digest)
)
_SHARED = _HOLD.with_for_update(read=True, key_share=True, of=charges)
_DOOMED = _HOLD.with_for_update(of=charges)


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
    .returning(charges.c.size)
)
_CHANGE = holding_changes.insert()
# Twice is enough but where others delete the same contents over and over.
_TRIES: Final = 3


class SqlCharges:
    """Charges of the manifests that are put and deleted."""

    def __init__(self, connection: Executor) -> None:
        self._connection = connection
        self._locks = connection.dialect.name == "postgresql"

    def add(self, repository: str, manifest: int, contents: int) -> None:
        """Charge what the manifest names, *contents* at most with itself, and is not charged."""
        what = {"space": namespace_of(repository), "manifest": manifest}
        insert = insert_or_ignore(self._connection, charges, _NEW, charges.c.size)
        for _ in range(_TRIES):
            held = len(list(self._connection.execute(_SHARED, what))) if self._locks else contents
            added = [size for (size,) in self._connection.execute(insert, what)]
            self._change(what["space"], added)
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
        gone = [size for (size,) in self._connection.execute(_RELEASE, what)]
        self._change(what["space"], (-size for size in gone))

    def _change(self, namespace: object, sizes: Iterable[int]) -> None:
        difference = sum(sizes)
        if difference:
            self._connection.execute(_CHANGE, {"namespace": namespace, "bytes": difference})
