"""The application's start and end (ASGI lifespan)."""

import asyncio

from entrepot.server.asgi import Asgi, Message


class StartFailed(Exception):
    """The application did not start."""


class Lifespan:
    """The conversation with one application about its start and its end."""

    def __init__(self, app: Asgi) -> None:
        self._app = app
        self._asked: asyncio.Queue[Message] = asyncio.Queue()
        self._answered: asyncio.Queue[Message] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Have the application start; StartFailed."""
        self._task = asyncio.create_task(self._run())
        answer = await self._ask("lifespan.startup")
        if answer["type"] != "lifespan.startup.complete":
            raise StartFailed(answer.get("message") or "the application did not start")

    async def stop(self) -> None:
        """Have the application end, and wait until it has."""
        if self._task is None:
            return
        await self._ask("lifespan.shutdown")
        await self._task

    async def _ask(self, kind: str) -> Message:
        self._asked.put_nowait({"type": kind})
        return await self._answered.get()

    async def _run(self) -> None:
        scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}}
        try:
            await self._app(scope, self._asked.get, self._answered.put)
        finally:
            # Whoever waits for an answer hears that there will be none.
            self._answered.put_nowait({"type": "lifespan.failed"})
