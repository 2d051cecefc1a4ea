"""Webhooks, and what was and will be delivered to them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from entrepot.model.event import EventKind

# What a delivery is called that only tries whether somebody listens.
PING: Final = "ping"


class WebhookFormat(StrEnum):
    """In whose words a webhook is told."""

    DOCKER_HUB = "docker-hub"
    CLOUDEVENTS = "cloudevents"
    NOTIFICATIONS = "notifications"


class DeliveryState(StrEnum):
    """What became of a delivery."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Webhook:
    """An address that is told what happens in a namespace, or in one `repository` of it.

    Without a secret nothing that is sent is signed.
    """

    id: str
    namespace: str
    name: str
    repository: str
    url: str
    events: frozenset[EventKind]
    format: WebhookFormat
    secret: str | None
    active: bool
    created_at: datetime
    created_by: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """One document for one webhook, and how the last attempt to deliver it went.

    While it is `waiting`, `next_at` is when it is tried (again): a worker that takes it moves that
    on, so that another one tries if nothing more is heard.
    """

    id: str
    webhook: str
    event: str
    repository: str
    tag: str
    content_type: str
    payload: str
    state: DeliveryState
    attempts: int
    next_at: datetime
    created_at: datetime
    tried_at: datetime | None = None
    status: int | None = None
    error: str = ""
    milliseconds: int | None = None
    answer: str = ""


@dataclass(frozen=True, slots=True)
class Attempt:
    """How an attempt went: the answer's status and beginning, or else what was in the way."""

    at: datetime
    milliseconds: int
    status: int | None = None
    error: str = ""
    answer: str = ""

    @property
    def succeeded(self) -> bool:
        """Whether the receiver took it."""
        return self.status is not None and 200 <= self.status < 300
