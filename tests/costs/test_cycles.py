"""A request's body is given back with the request, not when the garbage collector runs next.

Until it does there are 20,000 more objects: hundreds of requests, whose bodies would be held.
"""

import asyncio
import gc
from collections.abc import Iterator
from pathlib import Path

import pytest

from entrepot.config.schema import Logs, Settings
from entrepot.http.app import App
from entrepot.http.request import Request
from entrepot.wiring.application import application
from entrepot.wiring.storage import prepare
from tests.costs.ask import ask
from tests.programs.waiting import PATIENCE

FORM = {"content-type": "application/x-www-form-urlencoded"}
JSON = {"content-type": "application/json"}


@pytest.fixture
def app(tmp_path: Path) -> App:
    settings = Settings(data=tmp_path / "data", logs=Logs(requests=False))
    prepare(settings)
    return application(settings, tmp_path, as_json=True)


@pytest.fixture
def without_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("without_collector")
@pytest.mark.parametrize(
    ("method", "target", "headers", "size"),
    [
        ("GET", "/api/namespaces/" + "a" * 15_000, {}, 0),
        ("GET", "/api/repositories?size=" + "a" * 15_000, {}, 0),
        ("GET", "/r/no/thing", {}, 0),
        ("POST", "/api/users", JSON, 60_000),
        ("POST", "/api/login", JSON, 60_000),
        ("POST", "/api/account/tokens", JSON | {"cookie": "entrepot=x"}, 900_000),
        ("POST", "/settings/tokens", FORM | {"cookie": "entrepot=x"}, 900_000),
    ],
)
def test_no_request_outlives_its_answer_for_long(
    app: App, method: str, target: str, headers: dict[str, str], size: int
) -> None:
    async def serve() -> None:
        body = b'{"name": 1, "x": "' + b"x" * size
        for _ in range(5):
            answer = await ask(app, method, target, {"host": "localhost", **headers}, body[:size])
            assert 300 <= answer.status < 500, answer.body
        while held := [each for each in gc.get_objects() if isinstance(each, Request)]:
            del held
            await asyncio.sleep(0.02)

    asyncio.run(asyncio.wait_for(serve(), PATIENCE))
