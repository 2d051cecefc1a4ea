"""The runs of the garbage collection, in SQL."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, func, select

from entrepot.metadata.sql.dialect import insert_or_ignore
from entrepot.metadata.sql.direct import Executor
from entrepot.metadata.sql.records import changing, columns, to
from entrepot.metadata.sql.tables import blobs
from entrepot.metadata.sql.tables_garbage import (
    collections,
    condemned,
    identity,
    retired_links,
)
from entrepot.model.garbage import Collection, Heap, Tally, Waiting

_RUN = select(*columns(collections, Collection))
_GET = _RUN.where(collections.c.id == bindparam("key"))
_LAST = _RUN.order_by(collections.c.id.desc()).limit(bindparam("size"))
_THOROUGH = (
    _RUN.where(
        collections.c.thorough, collections.c.ended_at.is_not(None), collections.c.error == ""
    )
    .order_by(collections.c.id.desc())
    .limit(1)
)
_ASK = collections.insert().returning(collections.c.id)
_THIS = collections.c.id == bindparam("key")
_BEGIN = changing(collections, ("started_at", "seen_at"), _THIS)
_NOTE = changing(collections, ("tally", "seen_at"), _THIS)
_END = changing(collections, ("tally", "seen_at", "ended_at", "error"), _THIS)
_KEPT = (
    select(collections.c.id).order_by(collections.c.id.desc()).limit(1).offset(bindparam("keep"))
)
_TRIM = delete(collections).where(
    collections.c.id <= bindparam("last"), collections.c.id != bindparam("spared")
)
_IDENTITY = select(identity.c.text).where(identity.c.id == 1)
_RETIRED = select(func.count(), func.sum(blobs.c.size)).select_from(
    retired_links.join(blobs, blobs.c.id == retired_links.c.blob_id)
)
_CONDEMNED = select(func.count(), func.sum(condemned.c.size)).select_from(condemned)


class SqlCollections:
    """Runs, and what they have left for later ones."""

    def __init__(self, connection: Executor) -> None:
        self._connection = connection

    def ask(self, *, by: str, thorough: bool, at: datetime) -> Collection:
        row = {
            "asked_at": at,
            "asked_by": by,
            "thorough": thorough,
            "tally": _text(Tally()),
            "error": "",
        }
        key: int = self._connection.execute(_ASK, row).scalar_one()
        return Collection(key, at, by, thorough)

    def get(self, key: int) -> Collection | None:
        row = self._connection.execute(_GET, {"key": key}).first()
        return None if row is None else _collection(row)

    def last(self, size: int) -> list[Collection]:
        return [_collection(row) for row in self._connection.execute(_LAST, {"size": size})]

    def last_thorough(self) -> Collection | None:
        row = self._connection.execute(_THOROUGH, {}).first()
        return None if row is None else _collection(row)

    def begin(self, key: int, *, at: datetime) -> None:
        self._connection.execute(_BEGIN, {"key": key, **to(started_at=at, seen_at=at)})

    def note(self, key: int, tally: Tally, *, at: datetime) -> None:
        self._connection.execute(_NOTE, {"key": key, **to(tally=_text(tally), seen_at=at)})

    def end(self, key: int, tally: Tally, *, at: datetime, error: str = "") -> None:
        ended = to(tally=_text(tally), seen_at=at, ended_at=at, error=error)
        self._connection.execute(_END, {"key": key, **ended})

    def trim(self, keep: int) -> None:
        last = self._connection.execute(_KEPT, {"keep": keep}).scalar()
        thorough = self.last_thorough()
        if last is not None:
            spared = thorough.id if thorough else 0
            self._connection.execute(_TRIM, {"last": last, "spared": spared})

    def identity(self, new: str) -> str:
        insert = insert_or_ignore(self._connection, identity)
        self._connection.execute(insert, {"id": 1, "text": new})
        known: str = self._connection.execute(_IDENTITY, {}).scalar_one()
        return known

    def waiting(self) -> Waiting:
        (retired,) = self._connection.execute(_RETIRED, {})
        (bytes_,) = self._connection.execute(_CONDEMNED, {})
        return Waiting(_heap(retired), _heap(bytes_))


def _heap(row: Sequence[Any]) -> Heap:
    # PostgreSQL adds whole numbers up to decimals.
    return Heap(int(row[0]), int(row[1] or 0))


def _text(tally: Tally) -> str:
    return json.dumps(asdict(tally))


def _collection(row: Sequence[Any]) -> Collection:
    key, asked_at, asked_by, thorough, started_at, seen_at, ended_at, tally, error = row
    counted = {name: Heap(**heap) for name, heap in json.loads(tally).items()}
    return Collection(
        id=key,
        asked_at=asked_at,
        asked_by=asked_by,
        thorough=thorough,
        started_at=started_at,
        seen_at=seen_at,
        ended_at=ended_at,
        tally=Tally(**counted),
        error=error,
    )
