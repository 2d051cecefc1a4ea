"""One connection: its requests one after the other, and what it waits for."""

import asyncio
from collections import deque

from entrepot.errors import Problem, RequestTimeout, ServerBusy
from entrepot.server.asgi import Asgi
from entrepot.server.exchange import Exchange
from entrepot.server.flow import Flow
from entrepot.server.limits import Limits, Pace
from entrepot.server.reader import Reader
from entrepot.server.refusals import mistake, refusal
from entrepot.server.roster import Roster
from entrepot.wire.bodies import Body


class Connection(Flow):
    """A connection of one client."""

    def __init__(
        self, app: Asgi, roster: Roster, loop: asyncio.AbstractEventLoop, scheme: str
    ) -> None:
        super().__init__(roster, loop)
        self.app = app
        self.limits: Limits = roster.limits
        self.scheme = scheme
        self._reader = Reader(self)
        self._half_closed = False
        self._discarded = 0
        # The request that is answered, and those that wait for their turn.
        self._current: Exchange | None = None
        self._next: deque[Exchange] = deque()
        # What is answered after all of them, and is the end.
        self._last: tuple[Problem, bool] | None = None
        self._task: asyncio.Task[None] | None = None
        self._pace: Pace | None = None
        # Bytes of the bodies of requests that have ended, both ways.
        self._moved = 0

    # What the loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        if self.roster.admit(self, self.peer[0] if self.peer else ""):
            self.roster.wait(self, self.roster.heads)
        else:
            self._refuse(ServerBusy("Too many connections; try again in a few seconds."))

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._reader.stop()
        if self._current is not None:
            self._current.break_off()
        self._next.clear()

    def eof_received(self) -> bool:
        """The client sends nothing more; it may still read (RFC 9112, 9.6)."""
        self._half_closed = True
        self._reader.stop()
        return self._current is not None and self.transport.can_write_eof()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._measure()

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._current is None and self.queue is None:
            self._rest()

    def data_received(self, data: bytes) -> None:
        reader = self._reader
        if reader.is_deaf:
            self._discarded += len(data)
            if self._discarded > self.limits.linger_bytes:
                self.abort()
            return
        reader.feed(data)
        if reader.incoming is not None:
            self._await_body()
        elif reader.unseen and self.queue is self.roster.idle:
            # A head has begun to arrive.
            self.roster.wait(self, self.roster.heads)

    # Requests, one after the other.

    def accept(self, exchange: Exchange) -> None:
        """Answer a request whose head has arrived, or keep it until its turn."""
        if self._current is None:
            self._current = exchange
            if self.queue is not None:
                del self.queue[self]
                self.queue = None
            self._task = self.loop.create_task(exchange.run())
        elif len(self._next) < self.limits.pipelined:
            self._next.append(exchange)
            self.pause_reading()
        else:
            self._reader.incoming = None
            self.refuse_next(ServerBusy("Too many pipelined requests."))

    def ended(self, exchange: Exchange) -> None:
        """Go on after the application has done with *exchange*."""
        self._current = self._task = None
        if exchange.held:
            self.roster.release(exchange)
        self._moved += exchange.received + exchange.sent
        if self.gone:
            return
        if exchange.finished and exchange.complete and exchange.keep:
            if self._next or self._last is not None:
                self._go_on()
            else:
                self._rest()
        elif not exchange.finished:
            self._end_unanswered(exchange)
        elif not exchange.complete:
            self._linger()
        else:
            self._close()

    def _go_on(self) -> None:
        """Answer the next of the requests that have arrived already."""
        if not self._next:
            if self._last is not None:
                problem, head = self._last
                self._refuse(problem, head=head)
            return
        self.accept(self._next.popleft())
        self.go_on_reading()
        if self._reader.incoming is not None:
            self._await_body()

    def _end_unanswered(self, exchange: Exchange) -> None:
        if exchange.started:
            self.abort()
        elif exchange.refusal is not None:
            self._refuse(exchange.refusal, head=exchange.is_head)
        elif exchange.broken:
            self._close()
        else:
            self.transport.write(mistake(self.roster.date, head=exchange.is_head))
            self._linger()

    def _rest(self) -> None:
        """Wait for the next request."""
        roster = self.roster
        # A body that nobody wanted may have stopped the reading.
        self.go_on_reading()
        if self._half_closed or roster.ending:
            self._close()
        elif self.blocked is None:
            self.queue = roster.heads if self._reader.unseen else roster.idle
            self.queue[self] = roster.clock()

    def _await_body(self) -> None:
        """Have the body's time or rate watched, from now on."""
        exchange = self._current
        if exchange is None or exchange is not self._reader.incoming or self.queue is not None:
            return
        if exchange.body is Body.SMALL:
            self.roster.wait(self, self.roster.bodies)
        else:
            self._measure()

    def body_arrived(self) -> None:
        """Wait for the client's body no longer."""
        if self.queue is self.roster.bodies:
            self.roster.stop_waiting(self)

    def go_on_reading(self) -> None:
        """Read on, unless requests wait for their turn."""
        if self.paused and not self._next:
            self.resume_reading()

    # Rates.

    def _measure(self) -> None:
        """Have the client's rate measured."""
        if self._pace is None:
            self._pace = Pace(self._total())
            self.roster.moving[self] = None

    def _is_owed(self) -> bool:
        """Whether an answer that has ended is not sent to its end."""
        return self._current is None and self.transport.get_write_buffer_size() > 0

    def _total(self) -> int:
        """The bytes of bodies that the client has sent and taken."""
        current = self._current
        moved = self._moved + (current.received + current.sent if current is not None else 0)
        return moved - self.unsent()

    # What the roster calls.

    def judge(self, seconds: float) -> None:
        """End when the client's rate is too low; *seconds* passed since the last look."""
        incoming = self._reader.incoming
        blocked = self.blocked is not None or self._is_owed()
        if self._pace is None or (not blocked and incoming is None):
            self._pace = None
            self.roster.moving.pop(self, None)
            return
        limits = self.limits
        waiting = blocked or not self.paused
        if not self._pace.is_slow(
            self._total(),
            seconds,
            waiting=waiting,
            rate=limits.minimum_rate,
            window=limits.rate_seconds,
        ):
            return
        if blocked:
            self.abort()
        elif incoming is not None:
            incoming.give_up(RequestTimeout("The request body arrives too slowly."))

    def rate(self) -> float | None:
        """Return the client's bytes a second lately, while it is waited for."""
        awaited = self._reader.incoming is not None and not self.paused
        if self._pace is None or not (awaited or self.blocked is not None or self._is_owed()):
            return None
        return self._pace.rate(self.limits.known_seconds)

    def expire(self) -> None:
        """End, or go on: the time to wait in this queue is over."""
        roster, queue = self.roster, self.queue
        incoming = self._reader.incoming
        if self._is_owed() and queue is not roster.bodies:
            # Its rate decides, not its time.
            roster.wait(self, queue or roster.idle)
            self._measure()
        elif queue is roster.lingering:
            self.abort()
        elif queue is roster.bodies and incoming is not None:
            if self.paused:
                # It is us who keep the client waiting.
                roster.wait(self, roster.bodies)
                return
            roster.stop_waiting(self)
            incoming.give_up(RequestTimeout())
        elif queue is roster.heads and self._reader.unseen:
            self._refuse(RequestTimeout())
        else:
            self._close()

    def close_idle(self) -> None:
        """End if no request is running."""
        if self._current is None and self.queue is not self.roster.lingering:
            self._close()

    def cancel(self) -> None:
        """End what is running."""
        if self._task is not None:
            self._task.cancel()
        else:
            self.abort()

    # The end.

    def refuse_next(self, problem: Problem, *, head: bool = False) -> None:
        """Answer what arrives now with *problem*, after all that came before it; then end."""
        self._reader.is_deaf = True
        if self._current is None:
            self._refuse(problem, head=head)
        else:
            self._last = problem, head

    def _refuse(self, problem: Problem, *, head: bool = False) -> None:
        self.transport.write(refusal(problem, self.roster.date, head=head))
        self._linger()

    def _close(self) -> None:
        """Close when all is sent; the roster ends a client that does not take it."""
        self._reader.is_deaf = True
        if self._discarded and not self._half_closed:
            self._linger()
            return
        self.roster.wait(self, self.roster.lingering)
        self.transport.close()

    def _linger(self) -> None:
        """Send nothing more but read on: TCP would drop the answer with what is unread.

        RFC 9112, 9.6.
        """
        self._reader.stop()
        if self._half_closed:
            self._close()
            return
        self._next.clear()
        self.go_on_reading()
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.roster.wait(self, self.roster.lingering)
