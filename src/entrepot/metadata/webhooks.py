"""What the metadata promises of webhooks and deliveries."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from entrepot.model.webhook import Attempt, Delivery, DeliveryState, Webhook


class Webhooks(Protocol):
    """Webhooks by namespace and name, and by their id."""

    def get(self, namespace: str, name: str) -> Webhook | None: ...

    def known(self, key: str) -> Webhook | None:
        """The webhook with the id *key*."""

    def add(self, webhook: Webhook) -> bool:
        """Add the webhook; False when the namespace has one of that name."""

    def change(self, webhook: Webhook) -> bool:
        """Set all of it but namespace, name and making; False when it is not there."""

    def delete(self, namespace: str, name: str) -> bool:
        """Forget the webhook and its deliveries; False when it was not there."""

    def page(self, namespace: str, last: str, size: int) -> list[Webhook]:
        """Up to *size* webhooks of the namespace by name after *last*."""

    def active(self, namespace: str) -> list[Webhook]:
        """The namespace's webhooks that are switched on."""


class Deliveries(Protocol):
    """What is to be delivered, and what was."""

    def add(self, delivery: Delivery) -> None: ...

    def add_all(self, deliveries: Sequence[Delivery]) -> None:
        """Add them in this order; there may be none."""

    def get(self, webhook: str, key: str) -> Delivery | None: ...

    def page(self, webhook: str, last: str, size: int) -> list[Delivery]:
        """Up to *size* deliveries, the newest first, older than the one with the id *last*.

        From the newest on, where there is none of that id.
        """

    def is_due(self, *, now: datetime, without: Sequence[str]) -> bool:
        """Whether `claim` would find any."""

    def claim(
        self, *, now: datetime, until: datetime, size: int, each: int, without: Sequence[str]
    ) -> list[Delivery]:
        """Take up to *size* that are due, and up to *each* of a webhook; not of those in *without*.

        Nobody else gets them before *until*. Whoever made webhooks gets one taken before anybody
        gets a second, and so does each of their webhooks.
        """

    def record(
        self, key: str, attempt: Attempt, *, state: DeliveryState, next_at: datetime
    ) -> bool:
        """Keep how the attempt went; False when the delivery is not waiting any more."""

    def waiting(self, webhook: str, size: int) -> int:
        """How many wait for the webhook, counted up to *size*."""

    def cancel(self, webhook: str, error: str) -> int:
        """Give up all that wait for the webhook; how many."""

    def expire(self, before: datetime) -> int:
        """Forget those that were made before that."""

    def trim(self, size: int) -> int:
        """Forget the oldest of each webhook, so that it has at most *size*."""
