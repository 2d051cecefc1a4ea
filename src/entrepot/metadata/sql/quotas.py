"""Limits, and what namespaces hold, in SQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, exists, func, literal_column, select, text, update

from entrepot.metadata.sql.blobs import BATCH
from entrepot.metadata.sql.dialect import insert_or_ignore
from entrepot.metadata.sql.direct import Executor
from entrepot.metadata.sql.tables import blobs, repositories, uploads
from entrepot.metadata.sql.tables_quotas import charges, holding_changes, quota_notices, quotas
from entrepot.model.quota import Held, Holder, Pending, Quota

_SPACE = bindparam("space", type_=holding_changes.c.namespace.type)
_OWN = select(quotas.c.bytes, quotas.c.repositories).where(quotas.c.namespace == _SPACE)
_FORGET = delete(quotas).where(quotas.c.namespace == _SPACE)
_SET = quotas.insert()
_BYTES = select(func.coalesce(func.sum(holding_changes.c.bytes), 0)).where(
    holding_changes.c.namespace == _SPACE
)
_COUNT = select(func.count()).select_from(repositories).where(repositories.c.namespace == _SPACE)
_HELD = select(_BYTES.scalar_subquery(), _COUNT.scalar_subquery())
_CHARGED = select(charges.c.size).where(
    charges.c.namespace == _SPACE, charges.c.digest == bindparam("digest")
)
_UNFINISHED = select(func.count(), func.coalesce(func.sum(uploads.c.arrived), 0))
_UNNAMED = select(func.coalesce(func.sum(holding_changes.c.unnamed), 0))
_PENDING = _UNFINISHED.add_columns(
    _UNNAMED.where(holding_changes.c.namespace == _SPACE).scalar_subquery()
).where(uploads.c.namespace == _SPACE)
# The partial index has the few rows of namespaces where anything is pending.
_ALL_PENDING = _UNFINISHED.add_columns(
    _UNNAMED.where(text("unnamed <> 0")).scalar_subquery()
).select_from(uploads)
_ADDED = select(blobs.c.size).where(
    blobs.c.digest.in_(bindparam("digests", expanding=True)),
    ~exists(
        select(literal_column("1")).where(
            charges.c.namespace == _SPACE, charges.c.digest == blobs.c.digest, charges.c.named
        )
    ),
)
_SUM = func.sum(holding_changes.c.bytes)
_COUNTED = select(func.count()).select_from(repositories)
_LARGE = (
    select(holding_changes.c.namespace, _SUM.label("held"))
    .group_by(holding_changes.c.namespace)
    .having(_SUM > 0)
    .order_by(_SUM.desc(), holding_changes.c.namespace)
    .limit(bindparam("size"))
    .subquery()
)
_LARGEST = (
    select(
        _LARGE.c.namespace,
        _LARGE.c.held,
        _COUNTED.where(repositories.c.namespace == _LARGE.c.namespace).scalar_subquery(),
        quotas.c.namespace,
        quotas.c.bytes,
        quotas.c.repositories,
    )
    .select_from(_LARGE.outerjoin(quotas, quotas.c.namespace == _LARGE.c.namespace))
    .order_by(_LARGE.c.held.desc(), _LARGE.c.namespace)
)
_NOTICED = (
    update(quota_notices)
    .where(
        quota_notices.c.namespace == _SPACE,
        quota_notices.c.at < bindparam("since", type_=quota_notices.c.at.type),
    )
    .values(at=bindparam("now", type_=quota_notices.c.at.type))
)
_LAST = select(func.coalesce(func.max(holding_changes.c.id), 0))
_PIECE = (
    select(holding_changes.c.id, holding_changes.c.namespace)
    .where(holding_changes.c.id > bindparam("after"))
    .order_by(holding_changes.c.id)
    .limit(bindparam("size"))
    .subquery()
)
_UNTIL = select(func.max(_PIECE.c.id))
_OLD = holding_changes.c.id <= bindparam("until")
_MANY = (
    select(holding_changes.c.namespace)
    .where(holding_changes.c.namespace.in_(select(_PIECE.c.namespace)), _OLD)
    .group_by(holding_changes.c.namespace)
    .having(func.count() > 1)
    .order_by(holding_changes.c.namespace)
)
# What is added up is what is deleted: on PostgreSQL a row of a lower number may come later.
_TAKE = (
    delete(holding_changes)
    .where(holding_changes.c.namespace == _SPACE, _OLD)
    .returning(holding_changes.c.bytes, holding_changes.c.unnamed)
)
_ADD = holding_changes.insert()


class SqlQuotas:
    """Limits and what is held."""

    def __init__(self, connection: Executor) -> None:
        self._connection = connection

    def own(self, namespace: str) -> Quota | None:
        found = self._connection.execute(_OWN, {"space": namespace}).first()
        return None if found is None else Quota(*found)

    def set(self, namespace: str, quota: Quota | None) -> None:
        self._connection.execute(_FORGET, {"space": namespace})
        if quota is not None:
            limits = {"bytes": quota.bytes, "repositories": quota.repositories}
            self._connection.execute(_SET, {"namespace": namespace, **limits})

    def held(self, namespace: str) -> Held:
        found: Any = self._connection.execute(_HELD, {"space": namespace}).first()
        # PostgreSQL adds whole numbers up to decimals.
        return Held(int(found[0]), int(found[1]))

    def bytes(self, namespace: str) -> int:
        return int(self._connection.execute(_BYTES, {"space": namespace}).scalar_one())

    def counts(self, namespace: str, digest: str) -> bool:
        found = {"space": namespace, "digest": digest}
        return self._connection.execute(_CHARGED, found).first() is not None

    def added(self, namespace: str, digests: Sequence[str]) -> int:
        return sum(
            size
            for start in range(0, len(digests), BATCH)
            for size in self._connection.scalars(
                _ADDED, {"space": namespace, "digests": list(digests[start : start + BATCH])}
            )
        )

    def pending(self, namespace: str) -> Pending:
        return _pending(self._connection.execute(_PENDING, {"space": namespace}).first())

    def all_pending(self) -> Pending:
        return _pending(self._connection.execute(_ALL_PENDING, {}).first())

    def largest(self, size: int) -> list[Holder]:
        return [
            Holder(
                name,
                Held(int(held), count),
                None if own is None else Quota(*limits),
                self.pending(name),
            )
            for name, held, count, own, *limits in list(
                self._connection.execute(_LARGEST, {"size": size})
            )
        ]

    def notice(self, namespace: str, *, at: datetime, since: datetime) -> bool:
        first = insert_or_ignore(self._connection, quota_notices)
        if self._connection.execute(first, {"namespace": namespace, "at": at}).rowcount == 1:
            return True
        found = {"space": namespace, "since": since, "now": at}
        return self._connection.execute(_NOTICED, found).rowcount == 1

    def last(self) -> int:
        found: int = self._connection.execute(_LAST, {}).scalar_one()
        return found

    def fold(self, after: int, size: int) -> int:
        piece = {"after": after, "size": size}
        until = self._connection.execute(_UNTIL, piece).scalar()
        if until is None:
            return after
        for space in list(self._connection.scalars(_MANY, {**piece, "until": until})):
            found = {"space": space, "until": until}
            taken = [
                (int(each), int(other)) for each, other in self._connection.execute(_TAKE, found)
            ]
            whole = {
                "bytes": sum(each for each, _ in taken),
                "unnamed": sum(each for _, each in taken),
            }
            self._connection.execute(_ADD, {"namespace": space, **whole})
        return int(until)


def _pending(row: Sequence[Any]) -> Pending:
    uploading, unfinished, unnamed = row
    # PostgreSQL adds whole numbers up to decimals.
    return Pending(int(uploading), int(unfinished) + int(unnamed))
