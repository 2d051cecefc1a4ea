"""What the metadata promises of limits, and of what namespaces hold."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from entrepot.model.quota import Held, Holder, Pending, Quota


class Quotas(Protocol):
    """Each content is counted once a namespace, with the manifests that name it, and no longer.

    Before that, a blob is pending from when it is linked until it is named or unlinked.
    """

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

    def added(self, namespace: str, digests: Sequence[str]) -> int:
        """The bytes of those of *digests* that are known blobs and not held by the namespace."""

    def pending(self, namespace: str) -> Pending:
        """What is pending in the namespace."""

    def all_pending(self) -> Pending:
        """What is pending in all namespaces together."""

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
