"""The bounds of the server, and the decisions that depend on time alone."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import Final

from entrepot.wire.bodies import Body

MIB: Final = 1024 * 1024
# Of the descriptors of a process, the part that connections may use; files need the rest.
_SHARE: Final = 0.75


def _all_small(_method: str, _path: str) -> Body:
    return Body.SMALL


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The bounds of one worker process. Times are seconds, sizes bytes."""

    connections: int = 4096
    connections_per_address: int = 1024
    proxies: tuple[str, ...] = ()
    head_seconds: float = 10
    head_bytes: int = 64 * 1024
    target_bytes: int = 16 * 1024
    headers: int = 100
    pipelined: int = 100
    keep_alive_seconds: float = 75
    body_seconds: float = 20
    minimum_rate: int = 1024
    rate_seconds: float = 60
    # A client that was waited for so long may be ended for its rate where places are needed.
    known_seconds: float = 5
    linger_seconds: float = 30
    linger_bytes: int = 64 * MIB
    shutdown_seconds: float = 60
    body_memory: int = 128 * MIB
    answer_memory: int = 192 * MIB
    read_bytes: int = 64 * 1024
    backlog: int = 2048
    bodies: Callable[[str, str], Body] = _all_small

    def within(self, descriptors: int) -> "Limits":
        """These limits, with no more connections than the process has descriptors for."""
        return replace(self, connections=min(self.connections, max(16, int(descriptors * _SHARE))))


class Pace:
    """The rate of a client over windows of time that it was waited for.

    Only time spent waiting for the client counts: a server that does not read, or has nothing to
    send, is not the client's fault.
    """

    __slots__ = ("_moved", "_seen", "_waited")

    def __init__(self, seen: int = 0) -> None:
        self._seen = seen
        self._moved = 0
        self._waited = 0.0

    def rate(self, known: float) -> float:
        """The bytes a second of this window; infinite before *known* seconds of waiting."""
        return self._moved / self._waited if self._waited >= known else math.inf

    def is_slow(
        self, total: int, seconds: float, *, waiting: bool, rate: int, window: float
    ) -> bool:
        """Whether the client was slower than *rate* over a whole *window*.

        *total* bytes have moved since the start, and *seconds* passed since the last look.
        """
        self._moved += total - self._seen
        self._seen = total
        if not waiting:
            return False
        self._waited += seconds
        if self._waited < window:
            return False
        slow = self._moved < rate * self._waited
        self._waited, self._moved = 0.0, 0
        return slow


@lru_cache(maxsize=4096)
def network_of(address: str, exempt: tuple[str, ...]) -> str | None:
    """What one client is counted by: its address, of IPv6 the /64; None when it is exempt."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return None
    parsed = getattr(parsed, "ipv4_mapped", None) or parsed
    if any(parsed in ip_network(network, strict=False) for network in exempt):
        return None
    if parsed.version == 6:
        return str(ip_network((int(parsed) >> 64 << 64, 64)).network_address)
    return str(parsed)
