"""Couriers over metadata in a file, with a clock that stands still until it is moved."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Final

from entrepot.clock import new_uuid
from entrepot.metadata.sql.sqlite import SqliteMetadata
from entrepot.model.webhook import Delivery, DeliveryState, Webhook
from entrepot.webhooks.courier import Courier
from entrepot.webhooks.fan_out import fan_out
from entrepot.webhooks.receivers import Receivers
from tests.webhooks.samples import AT, begin, event

LOOPBACK: Final = [ip_network("127.0.0.0/8"), ip_network("::1/128")]


@dataclass
class Rounds:
    """The file, and the event loop on which all of its couriers run."""

    path: Path
    runner: asyncio.Runner
    metadata: SqliteMetadata
    now: datetime = AT
    opened: list[SqliteMetadata] = field(default_factory=list)

    def write(self, work: Callable[[Any], Any]) -> Any:
        return self.runner.run(self.metadata.write(work))

    def read(self, work: Callable[[Any], Any]) -> Any:
        return self.runner.run(self.metadata.read(work))

    def begin(self, *hooks: Webhook) -> None:
        self.write(lambda t: begin(t, *hooks))

    def happen(self, times: int = 1, **values: Any) -> int:
        """Have it happen, and be told of to as many webhooks as are returned."""
        found = [replace(event(), tag=f"v{number}", **values) for number in range(times)]
        return int(
            self.write(
                lambda t: (
                    fan_out(t, found[0].repository, found, now=self.now, new_id=new_uuid).added
                )
            )
        )

    def later(self, **by: float) -> None:
        self.now += timedelta(**by)

    def courier(
        self,
        networks: Sequence[Any] = LOOPBACK,
        *,
        ca: Path | None = None,
        elsewhere: bool = False,
    ) -> Courier:
        """One courier, which has the file open on its own where it is of another worker."""
        metadata = self.metadata
        if elsewhere:
            metadata = SqliteMetadata(self.path)
            self.opened.append(metadata)
        return Courier(metadata, lambda: self.now, Receivers(networks, ca))

    def deliver(self, *couriers: Courier) -> None:
        """Deliver all that is due, by these couriers at once or by a new one."""
        self.runner.run(_deliver(*(couriers or (self.courier(),))))

    def deliveries(self, of: str = "hook") -> list[Delivery]:
        found: list[Delivery] = self.read(lambda t: t.deliveries.page(of, "", 1000))
        return found

    def only(self, of: str = "hook") -> Delivery:
        (found,) = self.deliveries(of)
        return found

    def states(self, of: str = "hook") -> list[DeliveryState]:
        return [each.state for each in self.deliveries(of)]


async def _deliver(*couriers: Courier) -> None:
    async def one(courier: Courier) -> None:
        while await courier.dispatch():
            await courier.rest()

    await asyncio.gather(*map(one, couriers))


@contextmanager
def rounds(path: Path) -> Iterator[Rounds]:
    """Work on a migrated file."""
    with asyncio.Runner() as runner:
        made = Rounds(path, runner, SqliteMetadata(path))
        try:
            yield made
        finally:
            for each in (made.metadata, *made.opened):
                runner.run(each.close())
