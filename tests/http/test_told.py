"""What answers of pages and of /api say beside their body, and what the log says of a path."""

import asyncio
import json
from base64 import b64encode
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import pytest

from entrepot import clock
from entrepot.accounts import profile
from entrepot.accounts.passwords import Passwords
from entrepot.accounts.signup import NewAccount, create_account
from entrepot.config.schema import Logs, Settings
from entrepot.errors import StorageFull, StorageReadOnly, Unavailable
from entrepot.http.api import login
from entrepot.http.app import App
from entrepot.http.asgi import Message, Receive, Scope, Send
from entrepot.http.delegate import delegate
from entrepot.http.request import Request
from entrepot.http.services import Services
from entrepot.http.v2 import blobs
from entrepot.metadata.sql.sqlite import SqliteMetadata
from entrepot.model.audit import Cause
from entrepot.model.permission import Visibility
from entrepot.oci.digest import Digest
from entrepot.wiring.application import application
from entrepot.wiring.storage import prepare
from tests.costs.ask import Answer, ask

PASSWORD: Final = "correct horse battery"
FORM: Final = {"host": "localhost", "content-type": "application/x-www-form-urlencoded"}
CODE: Final = "A-code-that-nobody-may-read-000000000000"


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as made:
        yield made


@pytest.fixture
def app(tmp_path: Path, runner: asyncio.Runner) -> Iterator[App]:
    """A registry with erin."""
    settings = Settings(data=tmp_path / "data", logs=Logs(requests=False))
    prepare(settings)
    made = application(settings, tmp_path, as_json=True)

    async def fill() -> None:
        new = NewAccount("erin", await Passwords().hash(PASSWORD), admin=True)
        await made._services.stores.metadata.write(
            lambda t: create_account(t, new, Visibility.PRIVATE, Cause("x"), now=clock.now())
        )

    runner.run(fill())
    yield made
    runner.run(made._services.stores.metadata.close())


def log_in(app: App, runner: asyncio.Runner, password: str) -> Answer:
    body = urlencode({"name": "erin", "password": password}).encode()
    return runner.run(ask(app, "POST", "/login", FORM, body))


def test_a_form_that_is_held_up_says_for_how_long(app: App, runner: asyncio.Runner) -> None:
    for number in range(10):
        assert log_in(app, runner, f"wrong {number}").status == 401
    held_up = log_in(app, runner, "wrong")
    assert (held_up.status, held_up.headers.get("retry-after")) == (429, "900")
    assert b'role="alert"' in held_up.body
    # Browsers would ask for a password in a window of their own.
    assert "www-authenticate" not in log_in(app, runner, "wrong").headers


@pytest.mark.parametrize(
    ("raised", "status"), [(StorageReadOnly(), 503), (StorageFull(), 507)], ids=["503", "507"]
)
def test_a_form_tells_when_to_come_back_and_an_outage_is_counted(
    app: App,
    runner: asyncio.Runner,
    monkeypatch: pytest.MonkeyPatch,
    raised: StorageReadOnly | StorageFull,
    status: int,
) -> None:
    counted: list[Unavailable] = []
    monkeypatch.setattr(Services, "refused", lambda _, problem: counted.append(problem))

    async def write(_: object, __: object, **___: object) -> None:
        raise raised

    monkeypatch.setattr(SqliteMetadata, "write", write)
    refused = log_in(app, runner, PASSWORD)
    assert (refused.status, refused.headers.get("retry-after")) == (status, "60")
    assert counted == [raised] * (status == 503)


def test_a_reset_is_answered_before_anything_is_looked_up(
    app: App, runner: asyncio.Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the time would tell whether an address has an account."""
    begun: list[str] = []
    later: list[Coroutine[Any, Any, object]] = []
    monkeypatch.setattr(Services, "later", lambda _, work: later.append(work))
    monkeypatch.setattr(login, "mails_links", lambda _: True)
    monkeypatch.setattr(profile, "begin_reset", lambda _, email, *__, **___: begun.append(email))
    for email in ("erin@example.org", "nobody@example.org"):
        body, headers = json.dumps({"email": email}).encode(), {"content-type": "application/json"}
        asked = ask(app, "POST", "/api/password-resets", {"host": "localhost", **headers}, body)
        assert runner.run(asked).status == 202
    assert begun == []
    for work in later:
        runner.run(work)
    assert begun == ["erin@example.org", "nobody@example.org"]


def test_work_after_the_answer_logs_what_goes_wrong(
    app: App, runner: asyncio.Runner, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(problem: Exception) -> None:
        raise problem

    async def main() -> None:
        for problem in (StorageReadOnly("of a disk"), ValueError("of ours")):
            app._services.later(fail(problem))
        while app._services.errands:
            await asyncio.sleep(0)

    runner.run(main())
    assert [each.levelname for each in caplog.records] == ["WARNING", "ERROR"]
    assert all("background work failed" in each.getMessage() for each in caplog.records)


def basic(app: App, runner: asyncio.Runner, name: str) -> Callable[..., Answer]:
    shown = "Basic " + b64encode(f"{name}:{PASSWORD}".encode()).decode()
    headers = {"host": "localhost", "authorization": shown, "content-type": "application/json"}

    def asking(method: str, path: str, **body: Any) -> Answer:
        return runner.run(ask(app, method, path, headers, json.dumps(body).encode()))

    return asking


@pytest.mark.parametrize(
    ("shared", "kept"), [(True, b"max-age=31536000"), (False, b"private, max-age=31536000")]
)
def test_a_cache_in_between_keeps_what_everyone_may_pull(*, shared: bool, kept: bytes) -> None:
    headers = dict(blobs._describe(Digest.of(b"x"), 1, shared=shared))
    assert headers[b"cache-control"] == kept


def test_no_cache_keeps_what_api_answers(app: App, runner: asyncio.Runner) -> None:
    erin = basic(app, runner, "erin")
    routes = json.loads(erin("GET", "/api/openapi.json").body)["paths"]
    plain = [path for path, methods in routes.items() if "get" in methods and "{" not in path]
    assert len(plain) > 15
    answers = {path: erin("GET", path) for path in plain}
    assert sum(answer.status == 200 for answer in answers.values()) > 12
    kept = [path for path in plain if answers[path].headers.get("cache-control") != "no-store"]
    assert kept == []


def test_an_application_keeps_the_headers_that_it_has(runner: asyncio.Runner) -> None:
    own = [(b"cache-control", b"max-age=1")]

    async def other(_: Scope, __: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": own})
        await send({"type": "http.response.body", "body": b""})

    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    runner.run(delegate(other, request("/api/x"), send))
    assert sent[0]["headers"] == [*own, (b"x-content-type-options", b"nosniff")]


def request(path: str, route: str = "") -> Request:
    async def nothing() -> Message:
        return {}

    made = Request({"method": "GET", "path": path, "headers": []}, nothing, "1")
    made.route = route
    return made


@pytest.mark.parametrize(
    "path",
    [
        "/RESET/{}",
        "/Reset/{}",
        "/invitation/{}",
        "/v2/reset/{}",
        "/v2/Invitations/{}/",
        "/api/sign-up-invitations/{}",
        "/api//password-resets/{}",
        "/API/password-resets/{}",
        "/reset;/{}",
        "/reset\\{}",
        "/reset{}",
        "/rest/{}",
        "/{}",
        "//{}",
        "//reset/{}",
        "/x/y/{}",
        "/reset\0/{}",
        "/reset\n{}",
        "{}",
    ],
)
def test_no_address_that_is_none_has_its_code_in_the_log(path: str) -> None:
    assert CODE not in request(path.format(CODE)).logged_path


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/reset/{}", "/reset/{code}"),
        ("/reset/{}/", "/reset/{code}"),
        ("/invitations/{}", "/invitations/{code}"),
        ("/api/password-resets/{}", "/api/password-resets/{code}"),
        ("/api/sign-up-invitations/{}", "/api/sign-up-invitations/{invitation}"),
    ],
)
def test_nor_has_one_that_takes_a_code(path: str, route: str) -> None:
    logged = request(path.format(CODE), route).logged_path
    assert logged == path.partition("/{}")[0] + "/***"


@pytest.mark.parametrize(
    ("path", "route", "logged"),
    [
        ("/", "", "/"),
        ("/favicon.ico", "", "/favicon.ico"),
        ("/wp-admin/setup.php", "", "/wp-admin/***"),
        ("/r/acme/reset-tools", "/r/{repository:path}", "/r/acme/reset-tools"),
        ("/v2/acme/web/manifest/latest", "", "/v2/acme/web/manifest/latest"),
        ("/v2/reset/tools/manifests/1", "/v2/{name}/manifests/{reference}", None),
    ],
)
def test_what_operators_look_for_is_in_the_log(path: str, route: str, logged: str | None) -> None:
    assert request(path, route).logged_path == (logged or path)
