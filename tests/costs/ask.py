"""Requests to an application in this process, and what each cost."""

import asyncio
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_to_bytes

from entrepot.http.asgi import Asgi, Message


@dataclass
class Answer:
    """An answer, as far as costs are concerned."""

    status: int = 0
    size: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


async def ask(
    app: Asgi, method: str, target: str, headers: dict[str, str], body: bytes = b""
) -> Answer:
    """The application's answer; the body is kept up to 1 MiB."""
    path, _, query = target.partition("?")
    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote_to_bytes(path).decode("utf-8", "surrogateescape"),
        "raw_path": path.encode("ascii"),
        "query_string": query.encode("ascii"),
        "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 50000),
        "server": ("127.0.0.1", 5000),
    }
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]
    answer = Answer()

    async def receive() -> Message:
        if not messages:
            # The client waits for the answer, and hangs up never.
            await asyncio.Event().wait()
        return messages.pop()

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            answer.status = message["status"]
            answer.headers = {name.decode(): value.decode() for name, value in message["headers"]}
            return
        piece = message.get("body", b"")
        answer.size += len(piece)
        if len(answer.body) < 2**20:
            answer.body += piece

    await app(scope, receive, send)
    return answer
