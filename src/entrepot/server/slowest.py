"""Which connection that sends or takes much is ended first, when others need places."""

from collections.abc import Callable, Iterable
from typing import Protocol, TypeVar


class Moving(Protocol):
    """A connection whose rate is measured."""

    def rate(self) -> float | None:
        """Bytes a second lately: infinite until it is known, None while it waits for the server."""


M = TypeVar("M", bound=Moving)


def is_slow(guest: Moving, minimum: float) -> bool:
    """Whether the client is known to be below the minimum rate, if only for the moment."""
    rate = guest.rate()
    return rate is not None and rate < minimum


def ranked(moving: Iterable[M], share: Callable[[M], int], minimum: float) -> list[M]:
    """Order connections that wait for their client; the last is the first to end.

    These are those below the minimum rate, the slowest first; then those of the address that has
    the largest *share* of all connections. What waits for the server is left out.
    """
    found = [(guest, rate) for guest in moving if (rate := guest.rate()) is not None]

    def key(one: tuple[M, float]) -> tuple[bool, int, float]:
        guest, rate = one
        below = rate < minimum
        return below, 0 if below else share(guest), -rate

    return [guest for guest, _ in sorted(found, key=key)]
