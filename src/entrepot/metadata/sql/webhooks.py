"""Webhooks and deliveries, in SQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, delete, func, select

from entrepot.metadata.sql.dialect import insert_or_ignore
from entrepot.metadata.sql.direct import Executor
from entrepot.metadata.sql.locks import lock
from entrepot.metadata.sql.records import changing, columns, row, to
from entrepot.metadata.sql.tables_webhooks import deliveries, webhooks
from entrepot.model.webhook import Attempt, Delivery, DeliveryState, Webhook

_HOOK = columns(webhooks, Webhook)
_NAMED = (webhooks.c.namespace == bindparam("space"), webhooks.c.name == bindparam("called"))
_GET = select(*_HOOK).where(*_NAMED)
_KNOWN = select(*_HOOK).where(webhooks.c.id == bindparam("key"))
_CHANGED: Final = ("repository", "url", "events", "format", "secret", "active")
_CHANGE = changing(webhooks, _CHANGED, webhooks.c.id == bindparam("key"))
_DELETE = delete(webhooks).where(*_NAMED)
_PAGE = (
    select(*_HOOK)
    .where(webhooks.c.namespace == bindparam("space"), webhooks.c.name > bindparam("last"))
    .order_by(webhooks.c.name)
    .limit(bindparam("size"))
)
_ACTIVE = (
    select(*_HOOK)
    .where(webhooks.c.namespace == bindparam("space"), webhooks.c.active)
    .order_by(webhooks.c.name)
)

_DELIVERY = columns(deliveries, Delivery)
_ADD = deliveries.insert()
_OF_HOOK = deliveries.c.webhook == bindparam("hook")
_THIS = deliveries.c.id == bindparam("key")
_ONE = select(*_DELIVERY).where(_OF_HOOK, _THIS)
_BEFORE = select(deliveries.c.number).where(_OF_HOOK, deliveries.c.id == bindparam("last"))
_NEWEST = (
    select(*_DELIVERY)
    .where(_OF_HOOK, deliveries.c.number < func.coalesce(_BEFORE.scalar_subquery(), 2**62))
    .order_by(deliveries.c.number.desc())
    .limit(bindparam("size"))
)

_WAITING = deliveries.c.state == DeliveryState.WAITING
_DUE = (_WAITING, deliveries.c.next_at <= bindparam("now"))
_OTHERS = deliveries.c.webhook.not_in(bindparam("without", expanding=True))
_ANY = select(deliveries.c.number).where(*_DUE, _OTHERS).limit(1)
_TURNS = (
    select(
        deliveries.c.number,
        deliveries.c.next_at,
        webhooks.c.created_by,
        func.row_number()
        .over(
            partition_by=deliveries.c.webhook,
            order_by=(deliveries.c.next_at, deliveries.c.number),
        )
        .label("turn"),
    )
    .join(webhooks, webhooks.c.id == deliveries.c.webhook)
    .where(*_DUE, _OTHERS)
    .subquery()
)
_ORDER: Final = (_TURNS.c.turn, _TURNS.c.next_at, _TURNS.c.number)
_SHARES = (
    select(
        _TURNS,
        func.row_number().over(partition_by=_TURNS.c.created_by, order_by=_ORDER).label("share"),
    )
    .where(_TURNS.c.turn <= bindparam("each"))
    .subquery()
)
_NEXT = (
    select(_SHARES.c.number)
    .order_by(_SHARES.c.share, _SHARES.c.turn, _SHARES.c.next_at, _SHARES.c.number)
    .limit(bindparam("size"))
)
_WAITS = select(deliveries.c.number).where(_OF_HOOK, _WAITING).limit(bindparam("size"))
_NUMBERED = deliveries.c.number == bindparam("place")
_TAKE = changing(deliveries, ("next_at",), _NUMBERED, *_DUE)
_TAKEN = select(*_DELIVERY).where(_NUMBERED)

_TRIED: Final = ("state", "next_at", "tried_at", "status", "error", "milliseconds", "answer")
_RECORD = changing(deliveries, _TRIED, _THIS, _WAITING).values(attempts=deliveries.c.attempts + 1)
_CANCEL = changing(deliveries, ("state", "error"), _OF_HOOK, _WAITING)
_EXPIRE = delete(deliveries).where(deliveries.c.created_at < bindparam("before"))
_MANY = (
    select(deliveries.c.webhook)
    .group_by(deliveries.c.webhook)
    .having(func.count() > bindparam("size"))
    .order_by(deliveries.c.webhook)
)
_KEPT = (
    select(deliveries.c.number)
    .where(_OF_HOOK)
    .order_by(deliveries.c.number.desc())
    .limit(1)
    .offset(bindparam("size"))
)
_TRIM = delete(deliveries).where(_OF_HOOK, deliveries.c.number <= _KEPT.scalar_subquery())


class SqlWebhooks:
    """Webhooks by namespace and name, and by their id."""

    def __init__(self, connection: Executor) -> None:
        self._connection = connection

    def get(self, namespace: str, name: str) -> Webhook | None:
        found = self._connection.execute(_GET, {"space": namespace, "called": name}).first()
        return None if found is None else Webhook(*found)

    def known(self, key: str) -> Webhook | None:
        found = self._connection.execute(_KNOWN, {"key": key}).first()
        return None if found is None else Webhook(*found)

    def add(self, webhook: Webhook) -> bool:
        insert = insert_or_ignore(self._connection, webhooks)
        return self._connection.execute(insert, row(webhook)).rowcount == 1

    def change(self, webhook: Webhook) -> bool:
        values = to(**{name: getattr(webhook, name) for name in _CHANGED})
        return self._connection.execute(_CHANGE, {"key": webhook.id, **values}).rowcount == 1

    def delete(self, namespace: str, name: str) -> bool:
        found = {"space": namespace, "called": name}
        return self._connection.execute(_DELETE, found).rowcount == 1

    def page(self, namespace: str, last: str, size: int) -> list[Webhook]:
        values = {"space": namespace, "last": last, "size": size}
        return [Webhook(*each) for each in self._connection.execute(_PAGE, values)]

    def active(self, namespace: str) -> list[Webhook]:
        return [Webhook(*each) for each in self._connection.execute(_ACTIVE, {"space": namespace})]


class SqlDeliveries:
    """Deliveries in the order in which they were made, and those that are due."""

    def __init__(self, connection: Executor) -> None:
        self._connection = connection

    def add(self, delivery: Delivery) -> None:
        self.add_all([delivery])

    def add_all(self, deliveries: Sequence[Delivery]) -> None:
        if deliveries:
            self._connection.execute(_ADD, [row(delivery) for delivery in deliveries])

    def get(self, webhook: str, key: str) -> Delivery | None:
        found = self._connection.execute(_ONE, {"hook": webhook, "key": key}).first()
        return None if found is None else Delivery(*found)

    def page(self, webhook: str, last: str, size: int) -> list[Delivery]:
        values = {"hook": webhook, "last": last, "size": size}
        return [Delivery(*each) for each in self._connection.execute(_NEWEST, values)]

    def is_due(self, *, now: datetime, without: Sequence[str]) -> bool:
        values = {"now": now, "without": list(without)}
        return self._connection.execute(_ANY, values).first() is not None

    def claim(
        self, *, now: datetime, until: datetime, size: int, each: int, without: Sequence[str]
    ) -> list[Delivery]:
        # One after the other: nodes that come at once find different ones.
        lock(self._connection, "deliveries")
        values = {"now": now, "without": list(without), "each": each, "size": size}
        found = list(self._connection.scalars(_NEXT, values))
        return [taken for number in found if (taken := self._take(number, now, until))]

    def _take(self, number: int, now: datetime, until: datetime) -> Delivery | None:
        """The delivery, unless it was recorded, given up or forgotten at this moment."""
        values = {"place": number, "now": now, **to(next_at=until)}
        if not self._connection.execute(_TAKE, values).rowcount:
            return None
        return Delivery(*self._connection.execute(_TAKEN, {"place": number}).first())

    def record(
        self, key: str, attempt: Attempt, *, state: DeliveryState, next_at: datetime
    ) -> bool:
        values = to(
            state=state,
            next_at=next_at,
            tried_at=attempt.at,
            status=attempt.status,
            error=attempt.error,
            milliseconds=attempt.milliseconds,
            answer=attempt.answer,
        )
        return self._connection.execute(_RECORD, {"key": key, **values}).rowcount == 1

    def waiting(self, webhook: str, size: int) -> int:
        return len(list(self._connection.scalars(_WAITS, {"hook": webhook, "size": size})))

    def cancel(self, webhook: str, error: str) -> int:
        values = to(state=DeliveryState.FAILED, error=error)
        return self._connection.execute(_CANCEL, {"hook": webhook, **values}).rowcount

    def expire(self, before: datetime) -> int:
        return self._connection.execute(_EXPIRE, {"before": before}).rowcount

    def trim(self, size: int) -> int:
        gone = 0
        for key in list(self._connection.scalars(_MANY, {"size": size})):
            gone += self._connection.execute(_TRIM, {"hook": key, "size": size}).rowcount
        return gone
