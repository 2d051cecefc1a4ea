"""Requests that another ASGI application answers."""

from entrepot.http.asgi import Asgi, Message, Send
from entrepot.http.request import Request
from entrepot.http.response import NOSNIFF, Response


async def delegate(application: Asgi, request: Request, send: Send) -> Response:
    """Have *application* answer; what is returned tells the status and the bytes sent."""
    response = Response(499, [])

    async def watch(message: Message) -> None:
        if message["type"] == "http.response.start":
            response.status = message["status"]
            message = _guarded(message)
        else:
            response.sent += len(message.get("body", b""))
        await send(message)

    async def count() -> Message:
        message = await request.receive()
        request.received += len(message.get("body", b""))
        return message

    # A scope of its own: one that the request refers to would be a cycle, which keeps the body of
    # each request until the garbage collector runs.
    scope = {**request.scope, "entrepot.request": request}
    try:
        await application(scope, count, watch)
    except Exception:
        # Starlette raises again what its handler has logged and answered.
        if response.status != 500:
            raise
    finally:
        request.route = getattr(scope.get("route"), "path", "")
    return response


def _guarded(start: Message) -> Message:
    headers = list(start.get("headers", ()))
    if any(name == NOSNIFF[0] for name, _ in headers):
        return start
    return {**start, "headers": [*headers, NOSNIFF]}
