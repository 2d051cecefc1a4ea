"""Requests that another ASGI application answers."""

from entrepot.http.asgi import Asgi, Message, Send
from entrepot.http.request import Request
from entrepot.http.response import Response


async def delegate(application: Asgi, request: Request, send: Send) -> Response:
    """Have *application* answer; what is returned tells the status and the bytes sent."""
    response = Response(499, [])

    async def watch(message: Message) -> None:
        if message["type"] == "http.response.start":
            response.status = message["status"]
        else:
            response.sent += len(message.get("body", b""))
        await send(message)

    async def count() -> Message:
        message = await request.receive()
        request.received += len(message.get("body", b""))
        return message

    request.scope["entrepot.request"] = request
    await application(request.scope, count, watch)
    route = request.scope.get("route")
    request.route = getattr(route, "path", "")
    return response
