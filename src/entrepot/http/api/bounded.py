"""Bodies of /api are read before anything else is done, and never grow large."""

from typing import Final

from entrepot.errors import BodyTooLarge
from entrepot.http.api.answers import problem_answer
from entrepot.http.asgi import Asgi, Message, Receive, Scope, Send

# Documents about accounts are small; nobody fills our memory with larger ones.
LIMIT: Final = 1024 * 1024


class Bounded:
    """An application whose requests have bodies of at most LIMIT bytes; others get a 413."""

    def __init__(self, application: Asgi) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await _body(receive)
        if body is None:
            await problem_answer(BodyTooLarge())(scope, receive, send)
            return
        messages = [body]

        async def again() -> Message:
            return messages.pop() if messages else await receive()

        await self._application(scope, again, send)


async def _body(receive: Receive) -> Message | None:
    """The whole body as one message, or what came in its place; None when it is too large."""
    pieces: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return message
        pieces.append(message.get("body", b""))
        size += len(pieces[-1])
        if size > LIMIT:
            return None
        if not message.get("more_body", False):
            return {"type": "http.request", "body": b"".join(pieces), "more_body": False}
