"""Request bodies of /api and of pages are read before anything else is done, and stay small.

That is before anybody knows whether the credentials are right, so that a larger body costs no more
work than a small one.
"""

import asyncio
import gc
import re
from collections.abc import Iterable
from typing import Final

from entrepot.errors import BodyTooLarge, ClientGone
from entrepot.http.api.answers import problem_answer
from entrepot.http.asgi import Asgi, Message, Receive, Scope, Send
from entrepot.wire.bodies import is_simple

# Documents about accounts are small; nobody fills our memory with larger ones.
LIMIT: Final = 1024 * 1024
# Without credentials there is only logging in and signing up: what anyone may do needs no more.
LIMIT_ANONYMOUS: Final = 64 * 1024
# Python's garbage collector may keep hundreds of smaller requests for a while.
_LARGE: Final = 4 * 1024
_SOON_SECONDS: Final = 0.05
_CREDENTIALS: Final = frozenset({b"authorization", b"cookie"})


class Bounded:
    """An application whose request bodies have a limit; larger ones get a 413."""

    def __init__(self, application: Asgi, open_to_all: Iterable[re.Pattern[str]] = ()) -> None:
        """*open_to_all*: the paths where nobody needs credentials, whatever is shown."""
        self._application = application
        self._open_to_all = tuple(open_to_all)
        self._collection: asyncio.TimerHandle | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await _body(scope, receive, self._limit(scope))
        if body is None or not is_simple(body["body"]):
            await problem_answer(BodyTooLarge())(scope, receive, send)
            return
        messages = [body]

        async def again() -> Message:
            return messages.pop() if messages else await receive()

        size = len(body["body"]) + len(scope["path"]) + len(scope["query_string"])
        try:
            await self._application(scope, again, send)
        finally:
            # Templates leave cycles behind, which refer to the request.
            if size > _LARGE:
                self._collect_soon()

    def _limit(self, scope: Scope) -> int:
        shown = any(name in _CREDENTIALS for name, _ in scope["headers"])
        if not shown or any(path.fullmatch(scope["path"]) for path in self._open_to_all):
            return LIMIT_ANONYMOUS
        return LIMIT

    def _collect_soon(self) -> None:
        """Collect what is young, once nothing of the request runs any more."""
        if self._collection is None:
            loop = asyncio.get_running_loop()
            self._collection = loop.call_later(_SOON_SECONDS, self._collect)

    def _collect(self) -> None:
        self._collection = None
        gc.collect(0)


async def _body(scope: Scope, receive: Receive, limit: int) -> Message | None:
    """Return the whole body as one message; None when it is larger than *limit*. ClientGone."""
    if _announced(scope) > limit:
        return None
    pieces: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise ClientGone
        pieces.append(message.get("body", b""))
        size += len(pieces[-1])
        if size > limit:
            return None
        if not message.get("more_body", False):
            return {"type": "http.request", "body": b"".join(pieces), "more_body": False}


def _announced(scope: Scope) -> int:
    """Return the length that the request says its body has; 0 when it says none."""
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit() and len(value) < 19:
            return int(value)
    return 0
