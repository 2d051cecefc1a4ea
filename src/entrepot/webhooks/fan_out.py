"""Events become deliveries: one for each event and each webhook that wants it, up to a limit."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from entrepot.clock import Ids
from entrepot.metadata.port import Transaction
from entrepot.model.event import Event, EventKind
from entrepot.model.webhook import PING, Delivery, DeliveryState, Webhook, WebhookFormat
from entrepot.oci.names import namespace_of
from entrepot.webhooks.formats import CONTENT_TYPES, Told, render, render_ping

# Of a long description; it is kept with each delivery.
_README: Final = 1000
# Deliveries that wait for one webhook. As many are kept of each in all: `queue.expire`.
MOST_WAITING: Final = 1000


@dataclass(frozen=True, slots=True)
class FanOut:
    """How many deliveries were added, and how many were dropped because too many are waiting."""

    added: int = 0
    dropped: int = 0


def fan_out(
    t: Transaction,
    repository: str,
    events: Sequence[Event],
    *,
    now: datetime,
    new_id: Ids,
    site: str = "",
) -> FanOut:
    """Add a delivery for each of the repository's events and each webhook that wants it.

    A webhook with MOST_WAITING waiting deliveries gets no more; the first event that it misses
    is kept as a failed delivery, whose error says how many were dropped. *site* is the address
    under which clients reach this server, as far as it is known.
    """
    hooks = t.webhooks.active(namespace_of(repository))
    wanted = [(hook, [event for event in events if wants(hook, event)]) for hook in hooks]
    if not any(found for _, found in wanted):
        return FanOut()
    card, readme = t.cards.get(repository), t.cards.readme(repository)
    text = readme.text[:_README] if readme else ""

    def made(hook: Webhook, event: Event) -> Delivery:
        key = new_id()
        payload = render(hook.format, Told(key, event, card, text, site))
        new = _delivery(key, hook, event.kind.value, payload, now)
        return replace(new, repository=event.repository, tag=event.tag)

    added = dropped = 0
    for hook, found in wanted:
        room = MOST_WAITING - t.deliveries.waiting(hook.id, MOST_WAITING) if found else 0
        fitting, beyond = found[:room], found[room:]
        new = [made(hook, event) for event in fitting]
        if beyond:
            new.append(_dropped(made(hook, beyond[0]), len(beyond)))
        t.deliveries.add_all(new)
        added, dropped = added + len(fitting), dropped + len(beyond)
    return FanOut(added, dropped)


def _dropped(first: Delivery, count: int) -> Delivery:
    """Return the delivery that stands for *count* events that were dropped."""
    error = (
        f"{count} events were not delivered: "
        f"{MOST_WAITING} deliveries of this webhook were waiting already"
    )
    return replace(first, state=DeliveryState.FAILED, error=error)


def wants(hook: Webhook, event: Event) -> bool:
    """Whether the webhook is to be told of the event."""
    if event.kind is EventKind.DESCRIBE:
        return False
    here = hook.repository in {"", event.repository}
    # Docker Hub tells of tags only: a push by digest has none.
    can = hook.format is not WebhookFormat.DOCKER_HUB or event.tag != ""
    return here and can and event.kind in hook.events


def ping(
    t: Transaction, hook: Webhook, *, actor: str, now: datetime, new_id: Ids, site: str = ""
) -> Delivery:
    """Have the webhook told of nothing, to see whether it arrives."""
    key = new_id()
    payload = render_ping(hook, key=key, at=now, actor=actor, site=site)
    made = _delivery(key, hook, PING, payload, now)
    t.deliveries.add(made)
    return made


def _delivery(key: str, hook: Webhook, event: str, payload: str, now: datetime) -> Delivery:
    return Delivery(
        id=key,
        webhook=hook.id,
        event=event,
        repository=hook.repository,
        tag="",
        content_type=CONTENT_TYPES[hook.format],
        payload=payload,
        state=DeliveryState.WAITING,
        attempts=0,
        next_at=now,
        created_at=now,
    )
