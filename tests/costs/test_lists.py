"""Lists cost what a page costs: no statement for each item, and no items beyond the page."""

import asyncio
import base64
import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final

import pytest

from entrepot import clock
from entrepot.accounts.passwords import Passwords
from entrepot.accounts.signup import NewAccount, create_account
from entrepot.config.schema import Logs, Settings
from entrepot.http.api.shapes import ROOM, Done, page_of
from entrepot.http.app import App
from entrepot.http.services import Services
from entrepot.metadata.port import Transaction
from entrepot.metadata.sql import tables, tables_access, tables_hub
from entrepot.metadata.sql.direct import Direct
from entrepot.model.account import NamespaceKind
from entrepot.model.audit import Cause
from entrepot.model.permission import Role, Visibility
from entrepot.wiring import application, storage
from tests.costs.ask import ask
from tests.costs.site import PASSWORD, add

NOW: Final = clock.now()
FEW, MANY = "few", "many"
COUNTS: Final = {FEW: 10, MANY: 300}
_FIRST: Final = {FEW: 10_000, MANY: 20_000}


def _person(t: Transaction, name: str, password: str) -> None:
    """An account that is in so many namespaces, with a private repository in each.

    It has stars on as many repositories that it may not see.
    """
    create_account(t, NewAccount(name, password), Visibility.PRIVATE, Cause(name), now=NOW)
    numbers = range(COUNTS[name])
    shown: dict[str, Any] = {"visibility": Visibility.PRIVATE, "created_at": NOW}
    spaces = [f"{name}{number:03}" for number in numbers]
    kind = {"kind": NamespaceKind.ORGANIZATION, "description": "", **shown}
    hidden = f"of-{name}"
    add(t, tables_access.namespaces, [{"name": each, **kind} for each in (*spaces, hidden)])
    given: dict[str, Any] = {
        "repository": "",
        "account": name,
        "team_id": None,
        "role": Role.READER,
    }
    given |= {"created_at": NOW, "created_by": name}
    add(t, tables_access.grants, [{"namespace": each, **given} for each in spaces])
    own = [{"name": f"{each}/app", "namespace": each, **shown} for each in spaces]
    add(t, tables.repositories, own)
    key = _FIRST[name]
    others = [{"id": key + n, "name": f"{hidden}/{n:03}", "namespace": hidden} for n in numbers]
    add(t, tables.repositories, [{**each, **shown} for each in others])
    stars = [{"account": name, "repository_id": key + n, "created_at": NOW} for n in numbers]
    add(t, tables_hub.stars, stars)


@pytest.fixture(scope="module")
def count(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str, str], Any]]:
    """Ask an address as an account: the answer, and how many statements it took."""
    folder = tmp_path_factory.mktemp("lists")
    settings = Settings(data=folder / "data", logs=Logs(requests=False))
    storage.prepare(settings)
    statements: list[object] = []
    execute = Direct.execute

    def counted(self: Direct, *args: Any) -> Any:
        statements.append(args[0])
        return execute(self, *args)

    with asyncio.Runner() as runner, pytest.MonkeyPatch.context() as patch:
        parts: Services = application.services(settings, folder, as_json=True)
        password = runner.run(Passwords().hash(PASSWORD))
        for name in COUNTS:
            runner.run(parts.stores.metadata.write(partial(_person, name=name, password=password)))
        patch.setattr(Direct, "execute", counted)
        app: App = application.application(settings, folder, as_json=True)

        def asked(name: str, target: str) -> tuple[Any, int]:
            login = base64.b64encode(f"{name}:{PASSWORD}".encode()).decode()
            headers = {"host": "registry.example", "authorization": f"Basic {login}"}
            runner.run(ask(app, "GET", target, headers))
            statements.clear()
            answer = runner.run(ask(app, "GET", target, headers))
            assert answer.status == 200, answer.body
            return json.loads(answer.body), len(statements)

        yield asked
        runner.run(parts.stores.metadata.close())


@pytest.mark.parametrize(
    "target",
    [
        "/api/namespaces",
        "/api/repositories?size=5",
        "/v1/search?q=app",
        "/v2/search/repositories/?query=app",
        "/v2/_catalog?n=5",
    ],
)
def test_many_namespaces_take_no_more_statements(
    count: Callable[[str, str], Any], target: str
) -> None:
    found, few = count(FEW, target)
    more, many = count(MANY, target)
    assert found
    assert more
    assert many <= few + 10, f"{few} statements of 10 namespaces, {many} of 300"


def test_stars_that_are_hidden_are_looked_at_together(count: Callable[[str, str], Any]) -> None:
    found, few = count(FEW, "/api/stars?size=1")
    more, many = count(MANY, "/api/stars?size=1")
    assert found == more == {"items": [], "next": None}
    assert many <= few + 10, f"{few} statements of 10 stars, {many} of 300"


def test_namespaces_go_on_after_the_last(count: Callable[[str, str], Any]) -> None:
    found: list[str] = []
    while page := count(MANY, f"/api/namespaces?size=100&last={found[-1] if found else ''}")[0]:
        found += [each["name"] for each in page]
    assert found == [MANY, *(f"{MANY}{number:03}" for number in range(300))]


class _Large(Done):
    name: str
    text: str


@pytest.mark.parametrize("text", ["x" * 1000, "\U0001f600" * 1000, "x" * 2 * ROOM])
def test_a_page_ends_where_its_items_are_large(text: str) -> None:
    made: list[int] = []

    def items(last: str) -> Iterator[_Large]:
        for number in range(int(last or 0), 400):
            made.append(number)
            yield _Large(name=str(number + 1), text=text)

    names: list[str] = []
    last: str | None = ""
    while last is not None:
        made.clear()
        page = page_of(items(last), 100, "name")
        whole = len(page.model_dump_json().encode())
        assert whole < ROOM + 2 * len(text.encode()) + 10_000
        assert len(made) <= len(page.items) + 1
        names += [each.name for each in page.items]
        last = page.next
    assert names == [str(number + 1) for number in range(400)]
