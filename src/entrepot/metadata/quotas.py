"""What the metadata promises of limits, and of what namespaces hold."""

from datetime import datetime
from typing import Protocol

from entrepot.model.quota import Held, Holder, Quota


class Quotas(Protocol):
    """Each content is counted once a namespace, with the manifests that name it, and no longer."""

    def own(self, namespace: str) -> Quota | None:
        """The limits set for the namespace alone; None where there are none."""

    def set(self, namespace: str, quota: Quota | None) -> None:
        """Set the namespace's own limits; None takes them away."""

    def held(self, namespace: str) -> Held:
        """What the namespace holds, with all that this transaction did."""

    def bytes(self, namespace: str) -> int:
        """The bytes of what the namespace holds."""

    def counts(self, namespace: str, digest: str) -> bool:
        """Whether the content is counted already: more of it costs nothing."""

    def largest(self, size: int) -> list[Holder]:
        """Up to *size* namespaces that hold anything, those with the most bytes first."""

    def notice(self, namespace: str, *, at: datetime, since: datetime) -> bool:
        """Note that a refusal is told of; False where that was done after *since*."""

    def last(self) -> int:
        """The place of the last change of what any namespace holds; 0 where there is none."""

    def fold(self, after: int, size: int) -> int:
        """Make one row of the changes of each namespace that has any among the next *size*.

        Returns the place to go on from: *after*, where there is nothing behind it.
        """
