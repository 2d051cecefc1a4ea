"""All connections of one worker: how many, what they wait for, and which is closed first.

A connection that waits for its client is in a queue, in the order in which waiting began; so the
one that has waited longest is the first, and a deadline is checked by looking at the first alone.
"""

from collections.abc import Callable
from typing import Final, Protocol, TypeAlias

from entrepot.server.limits import Limits, network_of
from entrepot.server.refusals import date_line, status_line


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
        # Those whose answer waits for them, and how much of it; the one that waits longest first.
        self.unsent: dict[Guest, int] = {}
        self.unsent_bytes = 0
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
            room = self._end_longest_waiting()
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

    def left(self, guest: Guest, size: int) -> None:
        """The client left *size* bytes of an answer waiting; the slowest ends when that is much."""
        self.took(guest)
        self.unsent[guest] = size
        self.unsent_bytes += size
        while self.unsent_bytes > self.limits.answer_memory and len(self.unsent) > 1:
            slowest = next(iter(self.unsent))
            self.took(slowest)
            slowest.make_room()

    def took(self, guest: Guest) -> None:
        """The client took what waited for it."""
        self.unsent_bytes -= self.unsent.pop(guest, 0)

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
        longest.make_room()
        self.leave(longest)
        return True

    def _end_one(self, same: set[Guest]) -> bool:
        longest, since = None, 0.0
        for guest in same:
            if guest.queue is not None:
                began = guest.queue[guest]
                if longest is None or began < since:
                    longest, since = guest, began
        if longest is None:
            return False
        longest.make_room()
        self.leave(longest)
        self._by_network.setdefault(longest.network or "", same)
        return True

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
