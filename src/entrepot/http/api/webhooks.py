"""Webhooks of namespaces, and what was delivered to them."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, Field

from entrepot.accounts.organizations import of_known
from entrepot.auth.policy import Action
from entrepot.http.api.caller import Known
from entrepot.http.api.routing import Routes
from entrepot.http.api.shapes import FEW, Document, Done, Few, Last, Page, Typed, page_of
from entrepot.http.caller import Caller
from entrepot.metadata.port import Transaction
from entrepot.model.event import EventKind
from entrepot.model.webhook import Delivery, DeliveryState, Webhook, WebhookFormat
from entrepot.webhooks import queue, registration
from entrepot.webhooks.fan_out import ping

routes = Routes("webhooks")

Name = Annotated[str, Field(max_length=255)]
Url = Annotated[Typed, Field(examples=["https://ci.example.org/hooks"])]
Repository = Annotated[Typed, Field(description="Only this repository's events; empty: all.")]


def _few(value: object) -> object:
    """Refuse a list that is far too long at once: each item would be an error of its own."""
    if isinstance(value, list) and len(value) > _EVENTS:
        raise ValueError(f"there are {len(EventKind)} kinds of events")
    return value


_EVENTS = 100
Events = Annotated[
    frozenset[EventKind], BeforeValidator(_few), Field(examples=[["push", "delete"]])
]
_HOOKS = "/namespaces/{namespace}/webhooks"
_HOOK = f"{_HOOKS}/{{webhook}}"
_DELIVERIES = f"{_HOOK}/deliveries"


class NewWebhook(Document):
    """Who is told, of what, and in whose words."""

    name: Typed
    url: Url
    events: Events
    repository: Repository = ""
    format: WebhookFormat = WebhookFormat.CLOUDEVENTS
    secret: Typed | None = Field(
        None, description="What signs; null: one is drawn and shown; empty: nothing is signed."
    )
    active: bool = True


class WebhookChange(Document):
    """What is to be otherwise."""

    url: Url | None = None
    events: Events | None = None
    repository: Repository | None = None
    format: WebhookFormat | None = None
    secret: Typed | None = Field(None, description="A new one; empty: nothing is signed.")
    active: bool | None = None


class WebhookInfo(BaseModel):
    """A webhook, without its secret."""

    name: str
    url: str
    events: list[EventKind]
    repository: str
    format: WebhookFormat
    signed: bool
    active: bool
    created_at: datetime
    created_by: str


class WebhookMade(BaseModel):
    """A new webhook, with its secret, which is shown this once."""

    webhook: WebhookInfo
    secret: str | None


class DeliveryInfo(BaseModel):
    """What became of a delivery."""

    id: str
    event: str
    repository: str
    tag: str
    state: DeliveryState
    attempts: int
    next_at: datetime | None = Field(description="When it is tried (again), while it waits.")
    created_at: datetime
    tried_at: datetime | None
    status: int | None = Field(description="The status of the last answer, if there was one.")
    error: str
    milliseconds: int | None


class DeliveryDetail(DeliveryInfo):
    """The same, with what was sent and what was answered."""

    content_type: str
    payload: str
    answer: str = Field(description="The beginning of the last answer.")


def shown(hook: Webhook) -> WebhookInfo:
    """How a webhook is shown."""
    return WebhookInfo(
        name=hook.name,
        url=hook.url,
        events=sorted(hook.events),
        repository=hook.repository,
        format=hook.format,
        signed=hook.secret is not None,
        active=hook.active,
        created_at=hook.created_at,
        created_by=hook.created_by,
    )


def summary(delivery: Delivery) -> DeliveryInfo:
    """How a delivery is shown in a list."""
    return DeliveryInfo(
        id=delivery.id,
        event=delivery.event,
        repository=delivery.repository,
        tag=delivery.tag,
        state=delivery.state,
        attempts=delivery.attempts,
        next_at=delivery.next_at if delivery.state is DeliveryState.WAITING else None,
        created_at=delivery.created_at,
        tried_at=delivery.tried_at,
        status=delivery.status,
        error=delivery.error,
        milliseconds=delivery.milliseconds,
    )


def detail(delivery: Delivery) -> DeliveryDetail:
    """How a delivery is shown on its own."""
    return DeliveryDetail(
        **summary(delivery).model_dump(),
        content_type=delivery.content_type,
        payload=delivery.payload,
        answer=delivery.answer,
    )


@routes.add("GET", _HOOKS, Action.MANAGE_NAMESPACE)
async def list_webhooks(
    caller: Known, namespace: str, last: Last = "", size: Few = FEW
) -> Page[WebhookInfo]:
    """The namespace's webhooks."""
    found = await caller.read(
        lambda t: of_known(t, namespace).webhooks.page(namespace, last, size + 1)
    )
    return page_of((shown(hook) for hook in found), size, "name")


@routes.add("POST", _HOOKS, Action.MANAGE_NAMESPACE, 201)
async def create(caller: Known, namespace: str, new: NewWebhook) -> WebhookMade:
    """Have an address told what happens; the secret is shown this once."""
    services = caller.services
    hook = Webhook(
        id=services.stores.ids(),
        namespace=namespace,
        name=new.name,
        repository=new.repository,
        url=new.url,
        events=new.events,
        format=new.format,
        secret=services.draw() if new.secret is None else new.secret,
        active=new.active,
        created_at=services.stores.clock(),
        created_by=caller.actor.name,
    )
    networks = services.settings.webhooks.networks
    made = await caller.write(lambda t: registration.create(t, hook, caller.cause, networks))
    return WebhookMade(webhook=shown(made), secret=made.secret)


@routes.add("GET", _HOOK, Action.MANAGE_NAMESPACE)
async def get(caller: Known, namespace: str, webhook: Name) -> WebhookInfo:
    """A webhook."""
    return shown(await caller.read(lambda t: registration.webhook_of(t, namespace, webhook)))


@routes.add("PATCH", _HOOK, Action.MANAGE_NAMESPACE)
async def change(
    caller: Known, namespace: str, webhook: Name, wanted: WebhookChange
) -> WebhookInfo:
    """Change a webhook; what waits for one that is switched off is given up."""
    networks, now = caller.services.settings.webhooks.networks, caller.services.stores.clock()
    asked = registration.Change(**wanted.model_dump())

    def work(t: Transaction) -> Webhook:
        hook = registration.webhook_of(t, namespace, webhook)
        return registration.change(t, hook, asked, caller.cause, networks, now=now)

    return shown(await caller.write(work))


@routes.add("DELETE", _HOOK, Action.MANAGE_NAMESPACE)
async def delete(caller: Known, namespace: str, webhook: Name) -> Done:
    """Delete a webhook and all its deliveries."""
    now = caller.services.stores.clock()
    await caller.write(lambda t: registration.delete(t, namespace, webhook, caller.cause, now=now))
    return Done()


@routes.add("POST", f"{_HOOK}/test", Action.MANAGE_NAMESPACE, 201)
async def test(caller: Known, namespace: str, webhook: Name) -> DeliveryInfo:
    """Send something that asks for nothing, even to a webhook that is switched off."""
    stores, site = caller.services.stores, caller.services.settings.server.url or ""

    def work(t: Transaction) -> Delivery:
        hook = registration.webhook_of(t, namespace, webhook)
        queue.require_room(t, hook.id)
        actor, now = caller.actor.name, stores.clock()
        return ping(t, hook, actor=actor, now=now, new_id=stores.ids, site=site)

    return await _begun(caller, await caller.write(work))


@routes.add("GET", _DELIVERIES, Action.MANAGE_NAMESPACE)
async def list_deliveries(
    caller: Known, namespace: str, webhook: Name, last: Last = "", size: Few = FEW
) -> Page[DeliveryInfo]:
    """The webhook's deliveries, the newest first."""

    def work(t: Transaction) -> list[Delivery]:
        hook = registration.webhook_of(t, namespace, webhook)
        return t.deliveries.page(hook.id, last, size + 1)

    found = await caller.read(work)
    return page_of((summary(each) for each in found), size, "id")


@routes.add("GET", f"{_DELIVERIES}/{{delivery}}", Action.MANAGE_NAMESPACE)
async def get_delivery(
    caller: Known, namespace: str, webhook: Name, delivery: Name
) -> DeliveryDetail:
    """A delivery, with what was sent."""

    def work(t: Transaction) -> Delivery:
        hook = registration.webhook_of(t, namespace, webhook)
        return queue.delivery_of(t, hook, delivery)

    return detail(await caller.read(work))


@routes.add("POST", f"{_DELIVERIES}/{{delivery}}/redeliver", Action.MANAGE_NAMESPACE, 201)
async def redeliver(caller: Known, namespace: str, webhook: Name, delivery: Name) -> DeliveryInfo:
    """Send the same once more, as a new delivery."""
    stores = caller.services.stores

    def work(t: Transaction) -> Delivery:
        hook = registration.webhook_of(t, namespace, webhook)
        before = queue.delivery_of(t, hook, delivery)
        return queue.redeliver(t, before, now=stores.clock(), new_id=stores.ids)

    return await _begun(caller, await caller.write(work))


async def _begun(caller: Caller, delivery: Delivery) -> DeliveryInfo:
    caller.services.courier.wake()
    return summary(delivery)
