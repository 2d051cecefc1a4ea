"""All connections of one worker: how many, what they wait for, and which is closed first.

A connection that waits for its client is in a queue, in the order in which waiting began; so the
one that has waited longest is the first, and a deadline is checked by looking at the first alone.
"""

from collections.abc import Callable
from typing import Final, Protocol, TypeAlias

from entrepot.server.limits import Limits, network_of
from entrepot.server.refusals import date_line, status_line
from entrepot.server.slowest import is_slow, ranked

# Of those who may make room, as many are looked at for one connection.
_LOOKS: Final = 100


class Guest(Protocol):
    """A connection, as the roster knows it."""

    queue: "Queue | None"
    network: str | None

    def expire(self) -> None:
        """End, or go on: the time to wait in this queue is over."""

    def make_room(self) -> None:
        """End at once, as another connection needs the place."""

    def judge(self, seconds: float) -> None:
        """End when the client's rate is too low; *seconds* passed since the last look."""

    def rate(self) -> float | None:
        """Bytes a second lately: infinite until it is known, None while it waits for the server."""

    def close_idle(self) -> None:
        """End if no request is running."""

    def cancel(self) -> None:
        """End what is running."""


Queue: TypeAlias = dict[Guest, float]


class Held(Protocol):
    """A request whose body is held in memory."""

    held: int

    def give_up_for_room(self) -> None:
        """End, as others need the memory."""


class Roster:
    """The connections of one worker."""

    def __init__(
        self, limits: Limits, clock: Callable[[], float], wall: Callable[[], float]
    ) -> None:
        self.limits: Final = limits
        self.clock: Final = clock
        self.ending = False
        self.guests: set[Guest] = set()
        self.idle: Queue = {}
        self.heads: Queue = {}
        self.bodies: Queue = {}
        self.lingering: Queue = {}
        # Those who send or take much, whose rate is measured.
        self.moving: dict[Guest, None] = {}
        # The same in the order in which they make room, as it was when that was needed last.
        self._ranked: list[Guest] | None = None
        # Those whose answer waits for them, and its piece; the one that waits longest first.
        self.unsent: dict[Guest, bytes] = {}
        self.unsent_bytes = 0
        # How many wait for each piece: those of a document in a cache wait for the same.
        self._copies: dict[int, int] = {}
        self.holding: dict[Held, None] = {}
        self.held_bytes = 0
        self._wall = wall
        self._by_network: dict[str, set[Guest]] = {}
        self._swept = clock()
        self.date = b""
        self.lines: dict[int, bytes] = {}
        self._tell_time()

    def admit(self, guest: Guest, address: str) -> bool:
        """Count a new connection, in place of one that waits; False when there is no place."""
        limits = self.limits
        network = guest.network = network_of(address, limits.proxies)
        room = True
        if network is not None:
            same = self._by_network.setdefault(network, set())
            if len(same) >= limits.connections_per_address:
                room = self._end_one(same)
            same.add(guest)
        if room and len(self.guests) >= limits.connections:
            room = self._end_longest_waiting() or self._end_slowest(guest)
        self.guests.add(guest)
        return room

    def leave(self, guest: Guest) -> None:
        """Forget a connection that has ended."""
        if guest not in self.guests:
            return
        self.guests.discard(guest)
        self.stop_waiting(guest)
        self.moving.pop(guest, None)
        self.took(guest)
        if guest.network is not None:
            same = self._by_network[guest.network]
            same.discard(guest)
            if not same:
                del self._by_network[guest.network]

    def wait(self, guest: Guest, queue: Queue) -> None:
        """Put a connection at the end of *queue*, from now on."""
        if guest.queue is not None:
            del guest.queue[guest]
        guest.queue = queue
        queue[guest] = self.clock()

    def stop_waiting(self, guest: Guest) -> None:
        """The connection waits for its client no longer."""
        if guest.queue is not None:
            del guest.queue[guest]
            guest.queue = None

    def hold(self, request: Held, size: int) -> None:
        """Count *size* more bytes of a body in memory; when all is used, one body is given up.

        It is the one that has waited longest for its client, so that one which never ends goes
        before one that arrives.
        """
        if not request.held:
            self.holding[request] = None
        request.held += size
        self.held_bytes += size
        while self.held_bytes > self.limits.body_memory and request.held:
            longest = next(iter(self.holding), request)
            self.release(longest)
            longest.give_up_for_room()

    def complete(self, request: Held) -> None:
        """All of the body has arrived: it is held, and given up no longer."""
        self.holding.pop(request, None)

    def release(self, request: Held) -> None:
        """The request's body is held no longer."""
        self.held_bytes -= request.held
        request.held = 0
        self.holding.pop(request, None)

    def left(self, guest: Guest, piece: bytes) -> None:
        """The client left a *piece* waiting, or a part of it: all of it is held until then.

        When that is too much of all clients, the slowest ends.
        """
        self.took(guest)
        self.unsent[guest] = piece
        copies = self._copies[id(piece)] = self._copies.get(id(piece), 0) + 1
        if copies == 1:
            self.unsent_bytes += len(piece)
        while self.unsent_bytes > self.limits.answer_memory and len(self.unsent) > 1:
            slowest = next(iter(self.unsent))
            self.took(slowest)
            slowest.make_room()

    def took(self, guest: Guest) -> None:
        """The client took what waited for it."""
        piece = self.unsent.pop(guest, None)
        if piece is None:
            return
        self._copies[id(piece)] -= 1
        if not self._copies[id(piece)]:
            del self._copies[id(piece)]
            self.unsent_bytes -= len(piece)

    def sweep(self) -> None:
        """End all whose time is over. To be called about once a second."""
        now, limits = self.clock(), self.limits
        self._tell_time()
        for queue, seconds in (
            (self.idle, limits.keep_alive_seconds),
            (self.heads, limits.head_seconds),
            (self.bodies, limits.body_seconds),
            (self.lingering, limits.linger_seconds),
        ):
            while queue:
                first = next(iter(queue))
                if now - queue[first] < seconds:
                    break
                first.expire()
                if first in queue and now - queue[first] >= seconds:
                    # It ends by and by; it is not looked at again.
                    self.stop_waiting(first)
        for guest in list(self.moving):
            guest.judge(now - self._swept)
        self._swept = now
        self._ranked = None

    def end(self) -> None:
        """Close what has no running request; every other request is the last of its connection."""
        self.ending = True
        for guest in list(self.guests):
            guest.close_idle()

    def _end_longest_waiting(self) -> bool:
        waiting: list[Queue] = [queue for queue in (self.idle, self.heads, self.bodies) if queue]
        if self.lingering:
            longest = next(iter(self.lingering))
        elif waiting:
            first = min(waiting, key=_since)
            longest = next(iter(first))
        else:
            return False
        self._end(longest)
        return True

    def _end_slowest(self, newcomer: Guest) -> bool:
        """End one that sends or takes too slowly, or one whose address has more than the other's.

        They are ordered once a second at most: there can be thousands, and each may be asked for.
        """
        minimum = self.limits.minimum_rate
        if self._ranked is None:
            self._ranked = ranked(self.moving, self._share, minimum)
        order = self._ranked
        for at in reversed(range(max(len(order) - _LOOKS, 0), len(order))):
            slowest = order[at]
            if slowest not in self.moving or slowest.rate() is None:
                del order[at]
            elif is_slow(slowest, minimum) or self._share(slowest) > self._share(newcomer):
                del order[at]
                self._end(slowest)
                return True
        return False

    def _share(self, guest: Guest) -> int:
        """How many connections the guest's address has; 1 for a proxy's, which are many clients."""
        return len(self._by_network[guest.network]) if guest.network is not None else 1

    def _end_one(self, same: set[Guest]) -> bool:
        longest, since = None, 0.0
        for guest in same:
            if guest.queue is not None:
                began = guest.queue[guest]
                if longest is None or began < since:
                    longest, since = guest, began
        if longest is None:
            slow = [each for each in same if is_slow(each, self.limits.minimum_rate)]
            longest = min(slow, key=_rate, default=None)
        if longest is None:
            return False
        self._end(longest)
        self._by_network.setdefault(longest.network or "", same)
        return True

    def _end(self, guest: Guest) -> None:
        guest.make_room()
        self.leave(guest)

    def _tell_time(self) -> None:
        line = date_line(self._wall())
        if line != self.date:
            self.date = line
            self.lines.clear()

    def line(self, status: int) -> bytes:
        """The first lines of an answer on a connection that is kept: status, Date, Keep-Alive."""
        found = self.lines.get(status)
        if found is None:
            seconds = int(self.limits.keep_alive_seconds)
            kept = b"keep-alive: timeout=%d" % seconds
            found = self.lines[status] = status_line(status) + self.date + kept
        return found


def _since(queue: Queue) -> float:
    """Since when the first in the queue has waited."""
    return next(iter(queue.values()))


def _rate(guest: Guest) -> float:
    return guest.rate() or 0.0
