"""An event becomes deliveries: one for each webhook that wants to know."""

from dataclasses import replace
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


def fan_out(t: Transaction, event: Event, *, now: datetime, new_id: Ids, site: str = "") -> int:
    """Have all webhooks told that want to know of the event; how many.

    *site* is the address under which clients reach this server, as far as it is known.
    """
    if event.kind is EventKind.DESCRIBE:
        return 0
    namespace = namespace_of(event.repository)
    hooks = [hook for hook in t.webhooks.active(namespace) if wants(hook, event)]
    if not hooks:
        return 0
    card, readme = t.cards.get(event.repository), t.cards.readme(event.repository)
    text = readme.text[:_README] if readme else ""
    for hook in hooks:
        key = new_id()
        payload = render(hook.format, Told(key, event, card, text, site))
        made = _delivery(key, hook, event.kind.value, payload, now)
        t.deliveries.add(replace(made, repository=event.repository, tag=event.tag))
    return len(hooks)


def wants(hook: Webhook, event: Event) -> bool:
    """Whether the webhook is to be told of the event."""
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
