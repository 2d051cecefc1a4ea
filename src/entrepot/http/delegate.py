"""Requests that another ASGI application answers."""

from entrepot.http.asgi import Asgi, Message, Send
from entrepot.http.request import Request
from entrepot.http.response import NO_STORE, NOSNIFF, Response


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
        request.routed(scope)
    return response


def _guarded(start: Message) -> Message:
    """With headers that each answer has, unless it has one of that name already."""
    headers = list(start.get("headers", ()))
    there = {name for name, _ in headers}
    missing = [header for header in (NOSNIFF, NO_STORE) if header[0] not in there]
    return {**start, "headers": [*headers, *missing]}
