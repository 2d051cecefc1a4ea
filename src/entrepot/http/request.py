"""One request, parsed only as far as someone asks."""

import re
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Final
from urllib.parse import parse_qs

from entrepot.auth.principal import ANONYMOUS, Actor
from entrepot.errors import ClientGone, Problem, RequestInvalid, Unavailable
from entrepot.http.asgi import Receive, Scope

_NUMBER_LENGTH: Final = 19
_SHORT: Final = 64 * 1024
# Most requests; no address below has a secret.
_REGISTRY: Final = "/v2/"
# Whatever follows: also of an address that is mistyped, the code may be right.
_SECRETS: Final = re.compile(
    r"(/(?:reset|password-resets?|invitations?|sign-up-invitations?))(?![\w.-]).+",
    re.DOTALL | re.IGNORECASE,
)
# The first part of a path, where that is no code itself.
_BEGIN: Final = re.compile(r"(/*(?:[\w.~-]{1,24}(?![\w.~-]))?).*", re.DOTALL | re.ASCII)


class Request:
    """A request and what is known of it: who sends it, and which repository it is about.

    `name` is the repository as the client wrote it, `repository` its canonical name, `last` the
    final part of the path: a reference, a digest or an upload. `unavailable` is why it was refused,
    where a part of the registry could not be reached.
    """

    __slots__ = (
        "_query",
        "_receive",
        "actor",
        "ended",
        "headers",
        "id",
        "last",
        "method",
        "name",
        "path",
        "received",
        "repository",
        "route",
        "scope",
        "unavailable",
    )

    def __init__(self, scope: Scope, receive: Receive, request_id: str) -> None:
        self.scope = scope
        self._receive = receive
        self._query: dict[str, list[str]] | None = None
        self.id = request_id
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.headers: list[tuple[bytes, bytes]] = scope["headers"]
        self.actor: Actor = ANONYMOUS
        self.name = ""
        self.repository = ""
        self.last = ""
        self.route = ""
        self.received = 0
        self.ended = False
        self.unavailable: Unavailable | None = None

    @property
    def logged_path(self) -> str:
        """The path without the codes in it that set a password or accept an invitation.

        Of an unknown path, little is kept: there are many ways to mistype one. Below /v2/,
        where clients are mistaken and people are not, it is kept but for what looks like a code.
        """
        if self.path.startswith(_REGISTRY):
            return self.path if self.route else _SECRETS.sub(r"\1/***", self.path)
        if self.route:
            return _SECRETS.sub(r"\1/***", self.path)
        begin = _BEGIN.sub(r"\1", self.path, count=1)
        return self.path if begin == self.path else f"{begin.removesuffix('/')}/***"

    def routed(self, scope: Scope) -> None:
        """Know the route that a web framework has found for the request."""
        self.route = getattr(scope.get("route"), "path", "")

    @property
    def receive(self) -> Receive:
        """Where the body comes from, for whoever reads it as it is."""
        return self._receive

    def header(self, name: bytes) -> str | None:
        """The header's value, the first of several; *name* is in lower case."""
        for key, value in self.headers:
            if key == name:
                return value.decode("latin-1")
        return None

    def query(self, name: str) -> str | None:
        """The query parameter's value, the first of several."""
        values = self.queries(name)
        return values[0] if values else None

    def queries(self, name: str) -> list[str]:
        """All values of a query parameter."""
        if self._query is None:
            text = self.scope["query_string"].decode("latin-1")
            self._query = _parsed(text) if text else {}
        return self._query.get(name, [])

    def content_length(self) -> int | None:
        """How long the body was announced to be; None when it was not."""
        value = self.header(b"content-length")
        if value is None:
            return None
        if not (value.isascii() and value.isdigit() and len(value) < _NUMBER_LENGTH):
            raise RequestInvalid("Content-Length must be a number of bytes")
        return int(value)

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body as it arrives; ClientGone when the client hangs up before its end."""
        announced = self.content_length()
        while not self.ended:
            message = await self._receive()
            if message["type"] != "http.request":
                self.ended = True
                raise ClientGone
            chunk: bytes = message.get("body", b"")
            self.ended = not message.get("more_body", False)
            self.received += len(chunk)
            if chunk:
                yield chunk
        if announced is not None and self.received < announced:
            raise ClientGone

    async def body(self, limit: int) -> bytes | None:
        """The whole body, or None, of which not all was read, when it is longer than *limit*."""
        if (self.content_length() or 0) > limit:
            return None
        chunks: list[bytes] = []
        async for chunk in self.chunks():
            if self.received > limit:
                return None
            chunks.append(chunk)
        return b"".join(chunks)

    async def drain(self) -> None:
        """Read a short body that was announced and not read.

        containerd 1.6 waits for ever where it is refused before it has sent a manifest.
        """
        with suppress(Problem):
            if not self.header(b"expect") and 0 < (self.content_length() or 0) <= _SHORT:
                async for _ in self.chunks():
                    pass


def _parsed(text: str) -> dict[str, list[str]]:
    """The parameters of a query; RequestInvalid for a NUL, which no text of ours has."""
    if "%00" in text or "\0" in text:
        raise RequestInvalid("The query has a NUL character (%00); remove it.")
    return parse_qs(text, keep_blank_values=True)
