"""Docker Hub's addresses where all is open: everyone may do everything, and nobody logs in."""

from collections.abc import Iterator

import httpx
import pytest

from tests.api.site import Caller
from tests.conformance.registry import Repository
from tests.hub.test_repositories import get, names
from tests.hub.test_search import found, hub_search
from tests.programs.entrepot import entrepot
from tests.programs.waiting import PATIENCE, until


@pytest.fixture(scope="module")
def nobody(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Caller]:
    data = tmp_path_factory.mktemp("open")
    with (
        entrepot(data) as server,
        httpx.Client(base_url=server.url, timeout=PATIENCE, trust_env=False) as http,
    ):
        Repository("acme/web", http).push_image("v1")
        yield Caller(http)
        assert "Traceback" not in server.log()


def test_all_is_found(nobody: Caller) -> None:
    until(lambda: found(nobody, "web") == ["acme/web"])
    assert hub_search(nobody, query="acme")["count"] == 1
    podman = Caller(nobody.http, headers={"user-agent": "containers/5.23.1"})
    assert found(podman, "nothinglikethis") == []


@pytest.mark.parametrize("shown", ["Basic YWxpY2U6eA==", "JWT nonsense", "Bearer x", "Odd"])
def test_credentials_are_not_looked_at(nobody: Caller, shown: str) -> None:
    who = Caller(nobody.http, headers={"authorization": shown})
    assert who.ask("GET", "/v1/search?q=web").status_code == 200
    assert names(get(who, "repositories/acme/")) == ["web"]


def test_everyone_may_do_everything(nobody: Caller) -> None:
    path = "/v2/repositories/acme/web/"
    assert get(nobody, "repositories/acme/web/")["permissions"]["admin"] is True
    answer = nobody.ask("PATCH", path, json={"description": "A site"})
    assert answer.json()["description"] == "A site"
    Repository("acme/web", nobody.http).push_image("gone")
    assert nobody.ask("DELETE", f"{path}tags/gone/").status_code == 204
    assert nobody.ask("DELETE", f"{path}tags/gone/").status_code == 404


@pytest.mark.parametrize("path", ["/v2/users/login", "/v2/auth/token"])
def test_a_login_is_told_that_there_is_none(nobody: Caller, path: str) -> None:
    body = {"username": "alice", "password": "x", "identifier": "alice", "secret": "x"}
    answer = nobody.ask("POST", path, json=body)
    assert answer.status_code == 405
    assert "no accounts" in answer.json()["detail"]


def test_deletes_that_are_switched_off(tmp_path_factory: pytest.TempPathFactory) -> None:
    settings = {"registry__deletes": "false"}
    with (
        entrepot(tmp_path_factory.mktemp("kept"), settings=settings) as server,
        httpx.Client(base_url=server.url, timeout=PATIENCE, trust_env=False) as http,
    ):
        repository = Repository("acme/web", http)
        repository.push_image("v1")
        answer = http.delete("/v2/repositories/acme/web/tags/v1/")
        assert answer.status_code == 405
        assert "registry.deletes" in answer.json()["message"]
        assert repository.tags() == ["v1"]
