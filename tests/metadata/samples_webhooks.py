"""Webhooks and deliveries, as the contracts of both want them."""

from dataclasses import replace

from entrepot.model.event import EventKind
from entrepot.model.webhook import Delivery, DeliveryState, Webhook, WebhookFormat
from tests.metadata.samples import ACTOR, moment
from tests.metadata.samples_access import TEXT, organizations

WAITING, DELIVERED, FAILED = DeliveryState
LEASE = 30


def webhook(key="hook", name="ci", *, of="acme", **values):
    made = Webhook(
        id=key,
        namespace=of,
        name=name,
        repository="",
        url=f"https://hooks.example/{TEXT}",
        events=frozenset({EventKind.PUSH, EventKind.DELETE}),
        format=WebhookFormat.CLOUDEVENTS,
        secret=TEXT,
        active=True,
        created_at=moment(),
        created_by=ACTOR,
    )
    return replace(made, **values)


def delivery(key="delivery", of="hook", *, number=0, due=0, state=WAITING):
    """A delivery of moment *number* that is due at moment *due*."""
    return Delivery(
        id=key,
        webhook=of,
        event="push",
        repository="acme/web",
        tag="v1",
        content_type="application/json",
        payload=f'{{"text": "{TEXT}"}}',
        state=state,
        attempts=0,
        next_at=moment(due),
        created_at=moment(number),
    )


def begin(t):
    """Two organizations, the first with the webhooks `hook` and `other`."""
    organizations(t, "acme", "umbrella")
    assert t.webhooks.add(webhook())
    assert t.webhooks.add(webhook("other", "chat"))


def put(*made):
    return lambda t: [t.deliveries.add(each) for each in made]


def claim(at, *, size=100, each=100, without=()):
    """The ids of what is claimed at moment *at*."""

    def work(t):
        taken = t.deliveries.claim(
            now=moment(at), until=moment(at + LEASE), size=size, each=each, without=without
        )
        assert all(one.next_at == moment(at + LEASE) for one in taken)
        return [one.id for one in taken]

    return work


def ids(t, of="hook"):
    return [each.id for each in t.deliveries.page(of, "", 1000)]
