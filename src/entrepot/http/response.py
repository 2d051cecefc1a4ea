"""Answers, as values."""

from collections.abc import AsyncIterator
from typing import Final, TypeAlias

from entrepot.http.asgi import Send

Headers: TypeAlias = list[tuple[bytes, bytes]]
# A body and the headers that go with it, to be sent more than once.
Rendered: TypeAlias = tuple[bytes, tuple[tuple[bytes, bytes], ...]]

VERSION: Final = (b"docker-distribution-api-version", b"registry/2.0")
# No browser takes content for anything but what it is said to be.
NOSNIFF: Final = (b"x-content-type-options", b"nosniff")
# What one caller may see, another may not.
NO_STORE: Final = (b"cache-control", b"no-store")
# What a 304 leaves out (RFC 9110, 15.4.5).
OF_CONTENT: Final = (b"content-length", b"content-type")
JSON: Final = (b"content-type", b"application/json")


class Response:
    """A status, headers and a body: bytes, or a stream of the length that the headers tell."""

    __slots__ = ("_first", "body", "headers", "sent", "status")

    def __init__(
        self, status: int, headers: Headers, body: bytes | AsyncIterator[bytes] = b""
    ) -> None:
        self.status = status
        self.headers = headers
        self.body = body
        self.sent = 0
        self._first: bytes | None = None

    async def prepare(self) -> None:
        """Have the first piece of a stream; what goes wrong with it can still be answered."""
        if not isinstance(self.body, bytes):
            self._first = await anext(self.body, b"")

    async def send(self, send: Send, *, head: bool) -> None:
        """Send it; without its body in answer to a HEAD (RFC 9110, 9.3.2)."""
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
        if head:
            await send({"type": "http.response.body", "body": b""})
        elif isinstance(self.body, bytes):
            self.sent = len(self.body)
            await send({"type": "http.response.body", "body": self.body})
        else:
            await self._stream(self.body, send)

    async def _stream(self, pieces: AsyncIterator[bytes], send: Send) -> None:
        if self._first:
            self.sent += len(self._first)
            await send({"type": "http.response.body", "body": self._first, "more_body": True})
        self._first = None
        async for piece in pieces:
            self.sent += len(piece)
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def header(name: str, value: str) -> tuple[bytes, bytes]:
    """A header; what cannot stand in one (a line break from a client, say) is left out."""
    if not (value.isascii() and value.isprintable()):
        value = "".join(c for c in value if c >= " " and c != "\x7f")
    return name.encode(), value.encode("latin-1", errors="replace")


def length(count: int) -> tuple[bytes, bytes]:
    """The Content-Length of *count* bytes."""
    return b"content-length", b"%d" % count


def empty(status: int, *headers: tuple[bytes, bytes]) -> Response:
    """An answer without a body."""
    if status in {204, 304}:
        return Response(status, [VERSION, NOSNIFF, *headers])
    return Response(status, [VERSION, NOSNIFF, length(0), *headers])


def document(status: int, body: bytes, *headers: tuple[bytes, bytes]) -> Response:
    """An answer in JSON."""
    kinds = headers if any(key == b"content-type" for key, _ in headers) else (JSON, *headers)
    return Response(status, [VERSION, NOSNIFF, length(len(body)), *kinds], body)
