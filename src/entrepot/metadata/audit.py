"""What the metadata promises of the audit log, and of answers that are kept for retries."""

from datetime import datetime
from typing import Protocol

from entrepot.model.audit import AuditEntry, AuditQuery, Cause, Reply


class Audit(Protocol):
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
        """Record what is done, in the transaction that does it."""

    def page(self, query: AuditQuery, last: int, size: int) -> list[AuditEntry]:
        """Up to *size* entries that match, the newest first, older than the id *last* (0: all)."""

    def chain(self, position: int, size: int) -> list[AuditEntry]:
        """Up to *size* linked entries after *position*, in the order of the chain."""

    def unlinked(self, size: int) -> list[AuditEntry]:
        """Up to *size* entries that are not linked yet, oldest first."""

    def head(self) -> AuditEntry | None:
        """The last linked entry; nobody else links until this transaction is over."""

    def link(self, key: int, *, position: int, digest: str) -> None: ...


class Replies(Protocol):
    def get(self, digest: str) -> Reply | None: ...

    def begin(self, reply: Reply) -> bool:
        """Keep a reply that is not there yet; False, and nothing changed, where one is."""

    def limit(self, owner: str, most: int) -> None:
        """Drop the oldest of those whose digest begins with the hex digits *owner*, but *most*."""

    def finish(self, digest: str, *, status: int, sealed: str) -> None: ...

    def drop(self, digest: str) -> None: ...

    def expire(self, before: datetime) -> int: ...
