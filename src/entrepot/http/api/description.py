"""The OpenAPI document, generated once per worker in a thread: it takes half a second."""

import asyncio

from fastapi import FastAPI
from fastapi.responses import JSONResponse
from starlette.requests import Request as HttpRequest
from starlette.responses import Response


class Description:
    """The bytes of an application's OpenAPI document."""

    def __init__(self, application: FastAPI) -> None:
        self._application = application
        self._turn = asyncio.Lock()
        self._content: bytes | None = None

    async def serve(self, _: HttpRequest) -> Response:
        """Return the document; requests during its generation wait for it."""
        async with self._turn:
            if self._content is None:
                self._content = await asyncio.to_thread(self._made)
        return Response(self._content, media_type="application/json")

    def _made(self) -> bytes:
        content = bytes(JSONResponse(self._application.openapi()).body)
        # What FastAPI would keep takes several times as much memory.
        self._application.openapi_schema = None
        return content
