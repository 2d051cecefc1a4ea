"""Answers that are kept for an Idempotency-Key: so many an account, and none for strangers."""

import asyncio
import base64
from pathlib import Path
from typing import Final

import pytest

from entrepot.accounts.passwords import Passwords
from entrepot.accounts.signup import NewAccount, create_account
from entrepot.config.schema import Logs, Settings
from entrepot.http.api import once
from entrepot.http.api.application import api
from entrepot.http.app import App
from entrepot.http.services import Services
from entrepot.http.web.application import web
from entrepot.metadata.sql.tables_access import replies
from entrepot.model.audit import Cause
from entrepot.model.permission import Visibility
from entrepot.wiring import storage
from entrepot.wiring.application import services
from tests.costs.ask import ask
from tests.costs.site import CHIEF, NOW, PASSWORD, rows_of

_BASIC: Final = base64.b64encode(f"{CHIEF}:{PASSWORD}".encode()).decode()
_KNOWN: Final = {"authorization": f"Basic {_BASIC}"}
_MOST: Final = 3
_TOKENS: Final = "/api/account/tokens"


@pytest.fixture
def parts(tmp_path: Path) -> Services:
    settings = Settings(data=tmp_path / "data", logs=Logs(requests=False))
    storage.prepare(settings)
    return services(settings, tmp_path, as_json=True)


async def send(app: App, target: str, key: str, **shown: str) -> int:
    headers = {"host": "localhost", "content-type": "application/json", "idempotency-key": key}
    body = b'{"name":"laptop"}' if target == _TOKENS else b'{"email":"nobody@example.org"}'
    return (await ask(app, "POST", target, headers | shown, body)).status


async def kept(parts: Services) -> int:
    return await parts.stores.metadata.read(lambda t: rows_of(t, replies))


def test_what_is_kept_is_bounded(parts: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(once, "MOST", _MOST)

    async def serve() -> None:
        new = NewAccount(CHIEF, await Passwords().hash(PASSWORD), admin=True)
        cause = Cause(CHIEF)
        metadata = parts.stores.metadata
        await metadata.write(lambda t: create_account(t, new, Visibility.PRIVATE, cause, now=NOW))
        app = App(parts, api(parts), web(parts))
        for number in range(_MOST):
            for target in ("/api/password-resets", _TOKENS):
                await send(app, target, f"{number}", cookie="entrepot=x")
        assert await kept(parts) == 0
        for number in range(2 * _MOST):
            shown = _KNOWN | {"cookie": f"other={number}"}
            assert await send(app, _TOKENS, f"{number}", **shown) == 201
        assert await kept(parts) == _MOST
        await metadata.close()

    asyncio.run(serve())
