"""What a source of people with passwords promises."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, TypeAlias

from entrepot.accounts.sources import Vouched

# Called with the subject that a name leads to, before the password is checked: TooManyAttempts.
Found: TypeAlias = Callable[[str], Awaitable[None]]


class Source(Protocol):
    """Another place that knows people by name and password."""

    @property
    def name(self) -> str:
        """What accounts of it have as their source."""

    async def verify(self, name: str, password: str, found: Found) -> Vouched | None:
        """The person of that name and password; None when there is none. SourceUnavailable."""

    async def verify_known(self, subject: str, password: str, found: Found) -> Vouched | None:
        """The same, by the subject of an account, for a source where that is a name too."""

    async def still(self, subjects: Sequence[str]) -> frozenset[str]:
        """Those of *subjects* that the source still knows; SourceUnavailable."""
