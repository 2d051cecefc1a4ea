"""The OpenAPI document is made once, and not on the event loop."""

import asyncio
import threading
from typing import Any
from unittest.mock import Mock

import pytest

from entrepot.http.api.application import api
from tests.costs.ask import ask


def test_it_is_made_once_and_beside_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    application = api(Mock())
    described, makers = application.openapi, []

    def watched() -> dict[str, Any]:
        makers.append(threading.current_thread())
        return described()

    monkeypatch.setattr(application, "openapi", watched)

    async def serve() -> None:
        target, headers = "/api/openapi.json", {"host": "localhost"}
        asked = [ask(application, "GET", target, headers) for _ in range(3)]
        first, *others = await asyncio.gather(*asked)
        assert first.status == 200
        assert b'"x-permission"' in first.body
        assert all(each == first for each in (*others, await ask(application, "GET", target, {})))

    asyncio.run(serve())
    assert len(makers) == 1
    assert threading.current_thread() not in makers
