"""Deliveries that wait: taken, recorded, made again, forgotten."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from entrepot.clock import Ids
from entrepot.errors import NotFound, Stale
from entrepot.metadata.port import Transaction
from entrepot.model.audit import Cause
from entrepot.model.webhook import Attempt, Delivery, DeliveryState, Webhook
from entrepot.webhooks import schedule
from entrepot.webhooks.registration import target

# Longer than an attempt takes: who has not recorded one by then has died.
LEASE: Final = timedelta(seconds=30)
_GONE: Final = 410
_KEPT: Final = timedelta(days=30)
_MOST: Final = 1000
_BY_HAND: Final = 20


@dataclass(frozen=True, slots=True)
class Errand:
    """A delivery that was taken, and the webhook it is for."""

    webhook: Webhook
    delivery: Delivery


def take(
    t: Transaction, *, now: datetime, size: int, each: int, without: Sequence[str]
) -> list[Errand]:
    """Up to *size* deliveries that are due, which nobody else gets for a while."""
    taken = t.deliveries.claim(now=now, until=now + LEASE, size=size, each=each, without=without)
    hooks = {key: t.webhooks.known(key) for key in {delivery.webhook for delivery in taken}}
    return [Errand(hook, one) for one in taken if (hook := hooks[one.webhook]) is not None]


def record(t: Transaction, errand: Errand, attempt: Attempt) -> DeliveryState:
    """Keep how the attempt went, and when to try again; 410 switches the webhook off."""
    delivery = errand.delivery
    pause = schedule.wait(delivery.attempts + 1)
    if attempt.succeeded:
        state = DeliveryState.DELIVERED
    elif attempt.status == _GONE or pause is None:
        state = DeliveryState.FAILED
    else:
        state = DeliveryState.WAITING
    again = attempt.at + pause if state is DeliveryState.WAITING and pause else attempt.at
    t.deliveries.record(delivery.id, attempt, state=state, next_at=again)
    if attempt.status == _GONE:
        _switch_off(t, errand, attempt.at)
    return state


def _switch_off(t: Transaction, errand: Errand, now: datetime) -> None:
    hook = t.webhooks.known(errand.webhook.id)
    # It may lead elsewhere by now.
    if hook is None or not hook.active or hook.url != errand.webhook.url:
        return
    t.webhooks.change(replace(hook, active=False))
    t.deliveries.cancel(hook.id, "the receiver answered 410: it wants nothing more")
    t.audit.add(
        Cause("entrepot"), "webhook.change", target(hook), at=now, detail="off: answered 410"
    )


def delivery_of(t: Transaction, hook: Webhook, key: str) -> Delivery:
    """The webhook's delivery; NotFound."""
    delivery = t.deliveries.get(hook.id, key)
    if delivery is None:
        raise NotFound(f"{hook.name} has no delivery {key}")
    return delivery


def require_room(t: Transaction, webhook: str) -> None:
    """Stale where so many deliveries wait that none is to be added by hand."""
    if t.deliveries.waiting(webhook, _BY_HAND) >= _BY_HAND:
        raise Stale(f"{_BY_HAND} deliveries of this webhook wait already; see how they end first")


def redeliver(t: Transaction, delivery: Delivery, *, now: datetime, new_id: Ids) -> Delivery:
    """Have the same document delivered once more; Stale."""
    require_room(t, delivery.webhook)
    made = Delivery(
        id=new_id(),
        webhook=delivery.webhook,
        event=delivery.event,
        repository=delivery.repository,
        tag=delivery.tag,
        content_type=delivery.content_type,
        payload=delivery.payload,
        state=DeliveryState.WAITING,
        attempts=0,
        next_at=now,
        created_at=now,
    )
    t.deliveries.add(made)
    return made


def expire(t: Transaction, *, now: datetime) -> int:
    """Forget what is old, and of each webhook all but the newest; how many."""
    return t.deliveries.expire(now - _KEPT) + t.deliveries.trim(_MOST)
