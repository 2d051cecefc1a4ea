"""Every route at 10,000 of everything and with hostile contents: what it costs is bounded.

The routes are the application's own, so that one that is added is walked too; one whose path has
a parameter without a sample fails. Costs are counted: processor time of the loop's thread in one
callback, bytes of the answer, statements.
"""

import asyncio
import base64
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
from pydantic import SecretStr
from sqlalchemy import Connection

from entrepot.config.schema import Database, Logs, Settings
from entrepot.http.api import application as api
from entrepot.http.api.bounded import Bounded
from entrepot.http.app import App
from entrepot.http.web.application import web
from entrepot.metadata.sql.direct import Direct
from entrepot.wiring import application, storage
from tests.costs import site
from tests.costs.ask import Answer, ask
from tests.costs.contents import Contents, push_all
from tests.costs.held import Held, scale, watched
from tests.costs.samples import CONTENTS, LARGER, targets
from tests.programs.postgres import postgres
from tests.shape.test_routes import page_rows, rows

_SECONDS: Final = 0.050
_BYTES: Final = 2**20
_STATEMENTS: Final = 400
_TRIES: Final = 3
SQLITE: Final = "sqlite"
POSTGRESQL: Final = "postgresql"
_AUTHORIZATION: Final = base64.b64encode(f"{site.CHIEF}:{site.PASSWORD}".encode()).decode()
_FORM: Final = "application/x-www-form-urlencoded"

ROUTES: Final = sorted({f"{method} {path}" for method, path, _ in (*rows(), *page_rows())})
PAGES: Final = frozenset(f"{method} {path}" for method, path, _ in page_rows())
READS: Final = [named for named in ROUTES if named.startswith("GET ")]
# What deletes comes last: the others have something to do.
WRITES: Final = sorted(
    (named for named in ROUTES if not named.startswith("GET ")),
    key=lambda named: (named.startswith("DELETE "), "delet" in named or "remove" in named, named),
)


@dataclass
class Walk:
    """The application, on a loop whose callbacks are measured."""

    app: App
    runner: asyncio.Runner
    contents: Contents
    described: dict[str, Any]
    held: Held
    scale: float
    statements: list[int]

    def ask(self, named: str, target: str, content_type: str = "", body: bytes = b"") -> Answer:
        headers = {"host": "registry.example", "authorization": f"Basic {_AUTHORIZATION}"}
        headers["content-length"] = str(len(body))
        if content_type:
            headers["content-type"] = content_type
        method = named.partition(" ")[0]
        return self.runner.run(ask(self.app, method, target, headers, body))

    def costs(self, named: str, *request: Any, tries: int = _TRIES) -> list[str]:
        """What costs too much of a request, each time it is tried.

        Compiling a template or a statement for the first time is no matter of the request.
        """
        found, status = [], 0
        for _ in range(tries):
            self.held.begin()
            self.statements[0] = 0
            answer = self.ask(named, *request)
            found, status = list(self._beyond(named, answer)), answer.status
            if not found:
                return []
        return [f"{named} {request[0][:200]} ({status}): {each}" for each in found]

    def _beyond(self, named: str, answer: Answer) -> Iterator[str]:
        if self.held.seconds > _SECONDS * self.scale:
            took = f"{self.held.seconds * 1000 / self.scale:.0f} ms"
            yield f"the loop is held for {took} by {self.held.by}"
        if answer.size > LARGER.get(named, _BYTES) and named not in CONTENTS:
            yield f"the answer has {answer.size} bytes"
        if self.statements[0] > _STATEMENTS and named != "GET /api/audit/export":
            yield f"{self.statements[0]} statements"
        if answer.status >= 500:
            yield f"{answer.status}: {answer.body[:300]!r}"


@pytest.fixture(scope="module", params=[SQLITE, POSTGRESQL])
def walk(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Walk]:
    folder = tmp_path_factory.mktemp("costs")
    with ExitStack() as stack:
        database = Database()
        kind: type[Direct | Connection] = Direct
        if request.param == POSTGRESQL:
            cluster = stack.enter_context(postgres(folder))
            database = Database(url=SecretStr(cluster.create_database()))
            kind = Connection
        settings = Settings(data=folder / "data", logs=Logs(requests=False), database=database)
        storage.prepare(settings)
        yield stack.enter_context(_walking(folder, settings, kind))


@contextmanager
def _walking(folder: Path, settings: Settings, kind: type[Direct | Connection]) -> Iterator[Walk]:
    """The walk of a filled site; statements are what a connection of that *kind* executes."""
    statements = [0]
    with asyncio.Runner() as runner, watched() as held, pytest.MonkeyPatch.context() as patch:
        parts = application.services(settings, folder, as_json=True)
        runner.run(site.fill(parts))
        contents = runner.run(push_all(parts))
        metadata = parts.stores.metadata
        runner.run(metadata.write(lambda t: site.spread(t, contents.image, site.MANY)))
        runner.run(metadata.write(lambda t: site.referrers(t, contents.noted, 2 * site.SOME)))
        patch.setattr(kind, "execute", _counted(kind.execute, statements))
        served = api.api(parts)
        app = App(parts, Bounded(served), Bounded(web(parts)))
        yield Walk(app, runner, contents, served.openapi(), held, scale(), statements)
        runner.run(metadata.close())


def _counted(execute: Callable[..., Any], count: list[int]) -> Callable[..., Any]:
    def counted(self: Direct | Connection, *args: Any, **options: Any) -> Any:
        count[0] += 1
        return execute(self, *args, **options)

    return counted


def test_the_site_is_as_large_as_it_should_be(walk: Walk) -> None:
    answer = walk.ask("GET", f"/v2/repositories/{site.ORG}/")
    assert json.loads(answer.body)["count"] == site.MANY
    tags = walk.ask("GET", f"/v2/repositories/{site.HOME}/tags/")
    assert json.loads(tags.body)["count"] > site.MANY
    page = walk.ask("GET", "/admin")
    assert page.status in {200, 303}


@pytest.mark.parametrize("named", READS)
def test_a_read_is_bounded(walk: Walk, named: str) -> None:
    assert [
        each for target in targets(named, walk.contents) for each in walk.costs(named, target)
    ] == []


@pytest.mark.parametrize("walk", [SQLITE], indirect=True)  # a body costs the same on any
@pytest.mark.parametrize("named", WRITES)
def test_a_hostile_body_is_bounded(walk: Walk, named: str) -> None:
    target = targets(named, walk.contents)[0]
    assert [
        each
        for content_type, body in _bodies(named, walk)
        for each in walk.costs(named, target, content_type, body)
    ] == []


def _bodies(named: str, walk: Walk) -> Iterator[tuple[str, bytes]]:
    """Bodies as long, as wide and as deep as they are taken: JSON, or a form where it is a page."""
    fill = 2**20 - 2000
    if named in PAGES:
        yield _FORM, b"&".join(b"f%d=x" % n for n in range(100_000))
        yield _FORM, b"&".join(b"tag=v%d" % n for n in range(1900))
        names = (b"name", b"description", b"readme", b"tag", b"account", b"password", b"url")
        yield _FORM, b"&".join(name + b"=" + b"%3C" * (fill // 25) for name in names)
        return
    yield "application/json", b"[" * fill
    yield "application/json", json.dumps({f"k{n}": n for n in range(55_000)}).encode()
    for name, schema in _fields(named, walk):
        yield "application/json", json.dumps({name: _hostile(schema)}).encode()


def _fields(named: str, walk: Walk) -> list[tuple[str, dict[str, Any]]]:
    """The members that a route of the API describes."""
    method, _, path = named.partition(" ")
    operation = walk.described["paths"].get(path, {}).get(method.lower(), {})
    content = operation.get("requestBody", {}).get("content", {})
    reference = content.get("application/json", {}).get("schema", {}).get("$ref", "")
    models = walk.described["components"]["schemas"]
    return list(models.get(reference.rpartition("/")[2], {}).get("properties", {}).items())


def _hostile(schema: dict[str, Any]) -> Any:
    kind = schema.get("type") or schema.get("anyOf", [{}])[0].get("type")
    if kind == "array":
        return ["<" * 30] * 20_000
    if kind == "integer":
        return 10**4000
    return "<" * 900_000 if kind == "string" else {f"k{n}": "x" for n in range(40_000)}
