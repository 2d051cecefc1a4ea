"""What anyone may send is short, whatever credentials it shows, and no document is complicated."""

import asyncio
from pathlib import Path

import pytest

from entrepot.config.schema import Logs, Settings
from entrepot.http.app import App
from entrepot.wiring.application import application
from entrepot.wiring.storage import prepare
from tests.costs.ask import ask

MADE_UP = ({"cookie": "entrepot=x"}, {"authorization": "Bearer x"})
SMALL = 64 * 1024
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def app(tmp_path: Path) -> App:
    settings = Settings(data=tmp_path / "data", logs=Logs(requests=False))
    prepare(settings)
    return application(settings, tmp_path, as_json=True)


def status(app: App, target: str, content_type: str, shown: dict[str, str], body: bytes) -> int:
    headers = {"host": "localhost", "content-type": content_type, **shown}
    return asyncio.run(ask(app, "POST", target, headers, body)).status


@pytest.mark.parametrize("shown", MADE_UP, ids=range(len(MADE_UP)))
@pytest.mark.parametrize(
    "target", ["/api/login", "/api/sign-up", "/v2/users/login", "/v2/auth/token"]
)
def test_logging_in_takes_little(app: App, target: str, shown: dict[str, str]) -> None:
    content = b'{"name":"' + b"x" * SMALL
    small = status(app, target, "application/json", shown, content[:SMALL])
    assert small in {400, 422}
    assert status(app, target, "application/json", shown, content) == 413


def test_a_form_that_anyone_may_send_is_short(app: App) -> None:
    for shown in MADE_UP:
        assert status(app, "/login", FORM, shown, b"name=" + b"x" * SMALL) == 413


def test_a_document_of_a_stranger_is_no_work(app: App) -> None:
    for shown in MADE_UP:
        for content in (b"[]," * 300_000, b'{"":1},' * 100_000):
            found = status(app, "/api/account/tokens", "application/json", shown, b"[" + content)
            assert found == 413
