"""The audit log and kept answers, in SQL."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, bindparam, delete, select, text

from entrepot.metadata.sql.dialect import insert_or_ignore
from entrepot.metadata.sql.direct import Executor
from entrepot.metadata.sql.records import changing, columns, row, to
from entrepot.metadata.sql.tables_access import audit, replies
from entrepot.model.audit import AuditEntry, AuditQuery, Cause, Reply

_COLUMNS = columns(audit, AuditEntry)
_ADD = audit.insert()
_CHAIN = (
    select(*_COLUMNS)
    .where(audit.c.position > bindparam("last"))
    .order_by(audit.c.position)
    .limit(bindparam("size"))
)
_UNLINKED = (
    select(*_COLUMNS)
    .where(audit.c.position.is_(None))
    .order_by(audit.c.id)
    .limit(bindparam("size"))
)
_HEAD = (
    select(*_COLUMNS)
    .where(audit.c.position.is_not(None))
    .order_by(audit.c.position.desc())
    .limit(1)
)
_LINK = changing(audit, ("position", "hash"), audit.c.id == bindparam("key"))
# Any number will do, as long as every node takes the same lock.
_LOCK: Final = text("SELECT pg_advisory_xact_lock(50002027)")

_REPLY = select(*columns(replies, Reply)).where(replies.c.digest == bindparam("key"))
_REPLY_FINISH = changing(replies, ("status", "sealed"), replies.c.digest == bindparam("key"))
_REPLY_DROP = delete(replies).where(replies.c.digest == bindparam("key"))
_AT_ONCE: Final = 100
_REPLIES_BEYOND = (
    select(replies.c.digest)
    .where(replies.c.digest >= bindparam("first"), replies.c.digest < bindparam("behind"))
    .order_by(replies.c.created_at.desc(), replies.c.digest)
    .limit(bindparam("beyond"))
    .offset(bindparam("most"))
)
_REPLY_EXPIRE = delete(replies).where(replies.c.created_at <= bindparam("before"))

_FILTERS: Final[dict[str, ColumnElement[bool]]] = {
    "actor": audit.c.actor == bindparam("actor"),
    "action": audit.c.action == bindparam("action"),
    "target": audit.c.target == bindparam("target"),
    "address": audit.c.address == bindparam("address"),
    "since": audit.c.at >= bindparam("since", type_=audit.c.at.type),
    "until": audit.c.at < bindparam("until", type_=audit.c.at.type),
}
_PAGES: Final[dict[tuple[str, ...], Select[Any]]] = {}


def _page(names: tuple[str, ...]) -> Select[Any]:
    """The query that looks at the filters *names*; one is built for each set of them."""
    if names not in _PAGES:
        _PAGES[names] = (
            select(*_COLUMNS)
            .where(and_(audit.c.id < bindparam("last"), *(_FILTERS[name] for name in names)))
            .order_by(audit.c.id.desc())
            .limit(bindparam("size"))
        )
    return _PAGES[names]


class SqlAudit:
    """Entries, newest first, and the chain that links them."""

    def __init__(self, connection: Executor) -> None:
        self._connection = connection

    def add(
        self,
        cause: Cause,
        action: str,
        target: str,
        *,
        at: datetime,
        outcome: str = "done",
        detail: str = "",
    ) -> None:
        values: dict[str, Any] = {"at": at, "action": action, "target": target}
        values |= {"actor": cause.actor, "address": cause.address, "credential": cause.credential}
        self._connection.execute(_ADD, values | {"outcome": outcome, "detail": detail})

    def page(self, query: AuditQuery, last: int, size: int) -> list[AuditEntry]:
        asked = {name: value for name, value in row(query).items() if value is not None}
        values = {**asked, "last": last or 2**62, "size": size}
        found = self._connection.execute(_page(tuple(sorted(asked))), values)
        return [AuditEntry(*each) for each in found]

    def chain(self, position: int, size: int) -> list[AuditEntry]:
        found = self._connection.execute(_CHAIN, {"last": position, "size": size})
        return [AuditEntry(*each) for each in found]

    def unlinked(self, size: int) -> list[AuditEntry]:
        return [AuditEntry(*each) for each in self._connection.execute(_UNLINKED, {"size": size})]

    def head(self) -> AuditEntry | None:
        if self._connection.dialect.name == "postgresql":
            self._connection.execute(_LOCK, {})
        found = self._connection.execute(_HEAD, {}).first()
        return None if found is None else AuditEntry(*found)

    def link(self, key: int, *, position: int, digest: str) -> None:
        self._connection.execute(_LINK, {"key": key, **to(position=position, hash=digest)})


class SqlReplies:
    """Answers by the digest of the request's key."""

    def __init__(self, connection: Executor) -> None:
        self._connection = connection

    def get(self, digest: str) -> Reply | None:
        found = self._connection.execute(_REPLY, {"key": digest}).first()
        return None if found is None else Reply(*found)

    def begin(self, reply: Reply) -> bool:
        insert = insert_or_ignore(self._connection, replies)
        return self._connection.execute(insert, row(reply)).rowcount == 1

    def limit(self, owner: str, most: int) -> None:
        # No digit of a digest comes behind f.
        given = {"first": owner, "behind": f"{owner}g", "most": most, "beyond": _AT_ONCE}
        for digest in list(self._connection.scalars(_REPLIES_BEYOND, given)):
            self.drop(digest)

    def finish(self, digest: str, *, status: int, sealed: str) -> None:
        self._connection.execute(_REPLY_FINISH, {"key": digest, **to(status=status, sealed=sealed)})

    def drop(self, digest: str) -> None:
        self._connection.execute(_REPLY_DROP, {"key": digest})

    def expire(self, before: datetime) -> int:
        return self._connection.execute(_REPLY_EXPIRE, {"before": before}).rowcount
