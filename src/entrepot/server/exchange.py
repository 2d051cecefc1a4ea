"""One request and its answer, as ASGI has them."""

import asyncio
from collections.abc import Iterable
from typing import Final, Protocol, TypeAlias

from entrepot.errors import ClientGone, Problem, ServerBusy
from entrepot.observe import logs
from entrepot.server.asgi import Asgi, Message, Scope
from entrepot.server.limits import Limits
from entrepot.server.refusals import INVITATION, status_line
from entrepot.server.roster import Roster
from entrepot.wire.bodies import Body

Headers: TypeAlias = Iterable[tuple[bytes, bytes]]

_DISCONNECT: Final[Message] = {"type": "http.disconnect"}
_BARE: Final = frozenset({204, 304})
_CLOSE: Final = b"connection: close"
_CHUNKED: Final = b"transfer-encoding: chunked"


class Disconnected(ClientGone, OSError):
    """The client has gone; more of the answer need not be made.

    ASGI has send() raise an OSError. What ends an answer never raises it: nothing was in vain.
    """


class Link(Protocol):
    """The connection, as far as an exchange uses it."""

    app: Asgi
    roster: Roster
    limits: Limits
    loop: asyncio.AbstractEventLoop
    transport: asyncio.Transport
    gone: bool
    blocked: asyncio.Future[None] | None

    def write(self, head: bytes, body: bytes) -> bytes | None: ...
    async def write_in_parts(self, body: bytes) -> None: ...
    def pause_reading(self) -> None: ...
    def go_on_reading(self) -> None: ...
    def body_arrived(self) -> None: ...
    def abort(self) -> None: ...
    def ended(self, exchange: "Exchange") -> None: ...


class Exchange:
    """A request, whose body arrives by `feed`, and the answer that the application sends."""

    # Defaults stand here and not in __init__: most requests change few of them.
    body = Body.SMALL
    expects = False
    complete = False
    broken = False
    received = 0
    held = 0
    refusal: Problem | None = None
    started = False
    finished = False
    sent = 0
    _size = 0
    _ended = False
    _waiter: asyncio.Future[None] | None = None
    _start: Message | None = None
    _left: int | None = None
    _chunked = False

    def __init__(self, connection: Link, scope: Scope, *, keep: bool) -> None:
        self.scope = scope
        self.keep = keep
        self.is_head: bool = scope["method"] == "HEAD"
        self._connection = connection
        self._chunks: list[bytes] = []

    # The body.

    def feed(self, data: bytes) -> None:
        """Take in a piece of the body."""
        self.received += len(data)
        if self.finished or self.refusal is not None:
            return
        self._chunks.append(data)
        self._size += len(data)
        if self.body.is_held:
            self._connection.roster.hold(self, len(data))
        if self._waiter is not None:
            self._wake()
        elif self._size >= self._connection.limits.read_bytes:
            self._connection.pause_reading()

    def complete_body(self) -> None:
        """The whole body has arrived."""
        self.complete = True
        if self.received:
            self._connection.body_arrived()
            if self.held:
                self._connection.roster.complete(self)
        self._wake()

    def break_off(self) -> None:
        """No more of the body will arrive."""
        self.broken = True
        self._wake()

    def give_up(self, problem: Problem) -> None:
        """Wait for the body no longer; the answer is *problem*, if none has begun."""
        if self.started:
            self._connection.abort()
            return
        self.refusal = problem
        if self.body.is_held:
            self._chunks.clear()
            self._size = 0
        self.break_off()

    def give_up_for_room(self) -> None:
        """Give up the body, as others need the memory."""
        self.give_up(ServerBusy("Too many request bodies are being received; try again."))

    @property
    def is_awaited(self) -> bool:
        """Whether the application waits for more of the body."""
        return self._waiter is not None

    def _wake(self) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    # ASGI.

    async def run(self) -> None:
        """Have the application answer."""
        try:
            await self._connection.app(self.scope, self.receive, self.send)
        except asyncio.CancelledError:
            self._connection.abort()
        except Exception:  # noqa: BLE001 - logged; the connection ends with a 500 or half an answer
            # What a framework makes of Disconnected is no mistake.
            if not self._connection.gone:
                logs.get(__name__).exception("application failed", path=self.scope["path"])
        self._connection.ended(self)

    async def receive(self) -> Message:
        """ASGI's receive."""
        connection = self._connection
        while not self._chunks:
            if self.complete and not self._ended:
                self._ended = True
                return {"type": "http.request", "body": b"", "more_body": False}
            if self.broken or connection.gone:
                return _DISCONNECT
            if self.expects and not self.complete:
                self._invite()
            self._waiter = connection.loop.create_future()
            await self._waiter
        chunks = self._chunks
        body = chunks[0] if len(chunks) == 1 else b"".join(chunks)
        chunks.clear()
        self._size = 0
        self._ended = self.complete
        connection.go_on_reading()
        return {"type": "http.request", "body": body, "more_body": not self._ended}

    def _invite(self) -> None:
        """Tell a client that waits with its body to send it (RFC 9110, 10.1.1)."""
        self.expects = False
        if not self.started and not self.received:
            self._connection.transport.write(INVITATION)

    async def send(self, message: Message) -> None:
        """ASGI's send."""
        connection = self._connection
        if connection.blocked is not None:
            await connection.blocked
        if connection.gone and message.get("more_body"):
            raise Disconnected
        if connection.gone or self.finished or self.refusal is not None:
            return
        if message["type"] == "http.response.start":
            self._start = message
            return
        body: bytes = message.get("body", b"")
        more: bool = message.get("more_body", False)
        start, head = self._start, b""
        if start is not None:
            self._start = None
            head = self._head(start["status"], start.get("headers", ()), len(body), more)
            self.started = True
        await self._pass_on(self._write(head, body, more))
        if not more:
            self._finish()

    async def _pass_on(self, rest: bytes | None) -> None:
        """Wait until what was written has gone: nothing more is made before, of any answer."""
        connection = self._connection
        if rest is not None:
            await connection.write_in_parts(rest)
        elif connection.blocked is not None:
            await connection.blocked

    def _head(self, status: int, headers: Headers, size: int, more: bool) -> bytes:  # noqa: FBT001
        """The head of the answer; decides how its body is framed and whether the connection lasts.

        Each of these lines is run for every request.
        """
        roster = self._connection.roster
        lines = [b"", *map(b": ".join, headers)]
        length = None
        for name, value in headers:
            if name == b"content-length":
                length = int(value)
                break
        if status in _BARE:
            length = 0
        elif length is None:
            length = self._frame(lines, size, more=more)
        self._left = length
        if self.keep and self.complete and not roster.ending:
            lines[0] = roster.lines.get(status) or roster.line(status)
        else:
            self.keep = False
            lines[0] = status_line(status, self.scope["http_version"]) + roster.date + _CLOSE
        head = b"\r\n".join(lines)
        # The first of the lines has two line breaks itself.
        if head.count(b"\n") != len(lines) + 1:
            raise ValueError("a response header contains a line break")
        return head + b"\r\n\r\n"

    def _frame(self, lines: list[bytes], size: int, *, more: bool) -> int | None:
        """Frame a body whose length the application did not tell; the length, if there is one."""
        if self.is_head:
            return 0
        if not more:
            lines.append(b"content-length: %d" % size)
            return size
        if self.scope["http_version"] == "1.1":
            self._chunked = True
            lines.append(_CHUNKED)
        else:
            self.keep = False
        return None

    def _write(self, head: bytes, body: bytes, more: bool) -> bytes | None:  # noqa: FBT001
        """Send a piece of the answer; nothing goes beyond the announced length."""
        left = self._left
        if self.is_head:
            body = b""
        elif left is not None:
            if len(body) > left:
                body = body[:left]
            self._left = left - len(body)
        elif self._chunked:
            body = _chunk(body, last=not more)
        self.sent += len(body)
        return self._connection.write(head, body)

    def _finish(self) -> None:
        self.finished = True
        self._chunks.clear()
        if self._left and not self.is_head:
            # Less than was announced: the client must see that it has not all.
            logs.get(__name__).error(
                "answer too short", path=self.scope["path"], missing=self._left
            )
            self._connection.abort()


def _chunk(body: bytes, *, last: bool) -> bytes:
    piece = b"%x\r\n%b\r\n" % (len(body), body) if body else b""
    return piece + b"0\r\n\r\n" if last else piece
