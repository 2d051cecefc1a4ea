"""Uploads under way, in SQL."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, func, or_, select, update

from entrepot.metadata.sql.direct import Executor
from entrepot.metadata.sql.tables import uploads
from entrepot.model.records import UploadRecord
from entrepot.oci.names import namespace_of

_START = uploads.insert()
_GET = select(uploads).where(uploads.c.id == bindparam("upload"))
_END = delete(uploads).where(uploads.c.id == bindparam("upload"))
_ADVANCE = (
    update(uploads)
    .where(
        uploads.c.id == bindparam("upload"),
        uploads.c.offset == bindparam("old_offset"),
        uploads.c.receipts == bindparam("old_receipts"),
    )
    .values(
        offset=bindparam("new_offset"),
        receipts=bindparam("new_receipts"),
        arrived=bindparam("new_arrived"),
        hash=bindparam("new_hash"),
        updated_at=bindparam("at"),
    )
)
_REPORT = (
    update(uploads)
    .where(uploads.c.id == bindparam("upload"))
    .values(arrived=bindparam("new_arrived"), updated_at=bindparam("at"))
)
_STARTED_BY = select(func.count()).where(uploads.c.started_by == bindparam("actor"))
_IDLE = (
    select(uploads)
    .where(uploads.c.updated_at <= bindparam("since"))
    .order_by(uploads.c.updated_at)
    .limit(bindparam("size"))
)
_IDLE_OF = _IDLE.where(
    or_(uploads.c.namespace == bindparam("space"), uploads.c.started_by == bindparam("actor"))
)


class SqlUploads:
    """Uploads, each advanced by compare-and-set: of two writers one wins."""

    def __init__(self, connection: Executor) -> None:
        self._connection = connection

    def start(self, upload: UploadRecord) -> None:
        self._connection.execute(_START, _row(upload))

    def get(self, upload: str) -> UploadRecord | None:
        row = self._connection.execute(_GET, {"upload": upload}).first()
        return None if row is None else _record(row)

    def advance(self, before: UploadRecord, after: UploadRecord) -> bool:
        change = {
            "upload": before.id,
            "old_offset": before.offset,
            "old_receipts": json.dumps(before.receipts),
            "new_offset": after.offset,
            "new_receipts": json.dumps(after.receipts),
            "new_arrived": after.arrived,
            "new_hash": after.hash,
            "at": after.updated_at,
        }
        return self._connection.execute(_ADVANCE, change).rowcount == 1

    def report(self, upload: str, arrived: int, *, at: datetime) -> bool:
        change = {"upload": upload, "new_arrived": arrived, "at": at}
        return self._connection.execute(_REPORT, change).rowcount == 1

    def started_by(self, actor: str) -> int:
        count: int = self._connection.execute(_STARTED_BY, {"actor": actor}).scalar_one()
        return count

    def end(self, upload: str) -> bool:
        return self._connection.execute(_END, {"upload": upload}).rowcount == 1

    def idle(self, since: datetime, size: int) -> list[UploadRecord]:
        found = {"since": since, "size": size}
        return [_record(row) for row in self._connection.execute(_IDLE, found)]

    def idle_of(self, namespace: str, actor: str, since: datetime, size: int) -> list[UploadRecord]:
        found = {"space": namespace, "actor": actor, "since": since, "size": size}
        return [_record(row) for row in self._connection.execute(_IDLE_OF, found)]


def _row(upload: UploadRecord) -> dict[str, object]:
    return {
        "id": upload.id,
        "repository": upload.repository,
        "algorithm": upload.algorithm,
        "offset": upload.offset,
        "receipts": json.dumps(upload.receipts),
        "started_at": upload.started_at,
        "started_by": upload.started_by,
        "updated_at": upload.updated_at,
        "namespace": namespace_of(upload.repository),
        "arrived": upload.arrived,
        "hash": upload.hash,
    }


def _record(row: Sequence[Any]) -> UploadRecord:
    key, repository, algorithm, offset, receipts, started_at, started_by, updated_at = row[:8]
    _, arrived, digits = row[8:]
    return UploadRecord(
        id=key,
        repository=repository,
        algorithm=algorithm,
        started_at=started_at,
        started_by=started_by,
        updated_at=updated_at,
        offset=offset,
        receipts=tuple(json.loads(receipts)),
        arrived=arrived,
        hash=digits,
    )
