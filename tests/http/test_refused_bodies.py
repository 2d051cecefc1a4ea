"""A short body is read before its request is refused.

containerd 1.6 waits for ever where the answer comes before it has sent its manifest.
"""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from entrepot.config.auth import Auth, Mode
from entrepot.config.schema import Logs, Settings
from entrepot.http.app import App
from entrepot.http.asgi import Message
from entrepot.wiring.application import application
from entrepot.wiring.storage import prepare


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    settings = Settings(
        data=tmp_path / "data", logs=Logs(requests=False), auth=Auth(mode=Mode.OPEN)
    )
    prepare(settings)
    made = application(settings, tmp_path, as_json=True)
    yield made
    asyncio.run(made._services.stores.metadata.close())


def steps(app: App, path: str, *headers: tuple[bytes, bytes]) -> list[str]:
    """What the application did, in its order, with a body that comes in two pieces."""
    done: list[str] = []
    pieces = [b"pie", b"ce"]

    async def receive() -> Message:
        done.append("read")
        body = pieces.pop(0)
        return {"type": "http.request", "body": body, "more_body": bool(pieces)}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            done.append(f"{message['status'] // 100}xx")

    scope: dict[str, Any] = {
        "type": "http",
        "method": "PUT",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"host", b"localhost"), *headers],
        "client": ("127.0.0.1", 50000),
        "server": ("127.0.0.1", 5000),
    }
    asyncio.run(app(scope, receive, send))
    return done


@pytest.mark.parametrize("path", ["/v2/No/manifests/1.0", "/v2/a/manifests/sha256:x", "/v2/a/x"])
def test_a_short_body_is_read_before_it_is_refused(app: App, path: str) -> None:
    assert steps(app, path, (b"content-length", b"5")) == ["read", "read", "4xx"]


@pytest.mark.parametrize(
    "headers",
    [
        [(b"content-length", b"65537")],
        [(b"content-length", b"5"), (b"expect", b"100-continue")],
        [(b"content-length", b"x")],
        [(b"transfer-encoding", b"chunked")],
        [],
    ],
    ids=["long", "asks first", "no length", "of any length", "none"],
)
def test_no_other_is_waited_for(app: App, headers: list[tuple[bytes, bytes]]) -> None:
    assert steps(app, "/v2/No/manifests/1.0", *headers) == ["4xx"]
