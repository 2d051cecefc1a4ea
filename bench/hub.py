"""A hub of 100 000 repositories and 1 000 000 tags: how long its pages and its search take."""

import asyncio
import http.client
import json
import random
import re
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

from bench import catalogue
from bench.content import seed
from bench.contestants import Contestant
from bench.sample import LARGE_NAME, Size, names
from tests.programs.entrepot import entrepot
from tests.programs.postgres import postgres

_PASSWORD: Final = re.compile(r'"one_time_password":"([^"]+)"')
_SEED: Final = 5
_REQUESTS: Final = 60
_OFFICIAL: Final = ("python", "node", "debian", "redis", "golang", "ruby", "alpine", "nginx")
_QUERIES: Final = (
    *_OFFICIAL,
    *("ento", "ebia", "proxy", "web-server", "cache router", "team-0007", "queue7", "api-tools"),
    *("数据库", "镜像", "机器学习", "python server", "docker", "graph editor java", "s", "web"),
    *("redis:latest", "worker agent", "is:official", "arch:arm64 mail", "backup-broker120", "nix"),
)


@dataclass(frozen=True, slots=True)
class Page:
    """Seconds that a page takes at p50, on either database; what it is to stay below."""

    name: str
    limit: float
    sqlite: float
    postgres: float


@dataclass(frozen=True, slots=True)
class _Kind:
    name: str
    limit: float
    path: Callable[[random.Random, Sequence[str]], str]
    own: bool = False


def _repository(chosen: random.Random, names: Sequence[str]) -> str:
    return quote(chosen.choice(names))


def _namespace(chosen: random.Random, names: Sequence[str]) -> str:
    space, mark, _ = chosen.choice(names).partition("/")
    return f"/u/{space}" if mark else f"/u/{LARGE_NAME.partition('/')[0]}"


def _own_namespace(chosen: random.Random, names: Sequence[str]) -> str:
    return f"{_namespace(chosen, names)}/-/settings/repositories"


def _own_settings(chosen: random.Random, names: Sequence[str]) -> str:
    return f"{_namespace(chosen, names)}/-/settings"


def _tags(order: str) -> Callable[[random.Random, Sequence[str]], str]:
    return lambda chosen, _: (
        f"/r/{LARGE_NAME}/-/tags?order={order}&page={chosen.randrange(1, 1900)}"
    )


_KINDS: Final = (
    _Kind("search page", 0.030, lambda c, _: f"/search?q={quote(c.choice(_QUERIES))}"),
    _Kind("docker search", 0.030, lambda c, _: f"/v1/search?n=25&q={quote(c.choice(_QUERIES))}"),
    _Kind("home", 0.050, lambda _, __: "/"),
    _Kind("explore, by stars", 0.050, lambda c, _: f"/explore?order=stars&page={_any(c)}"),
    _Kind("explore, by last push", 0.050, lambda c, _: f"/explore?order=updated&page={_any(c)}"),
    _Kind(
        "explore, by name",
        0.050,
        lambda c, _: f"/explore?order=name&page={_any(c)}",
    ),
    _Kind("namespace", 0.050, _namespace),
    _Kind("repository", 0.050, lambda c, names: f"/r/{_repository(c, names)}"),
    _Kind("repository of 100 000 tags", 0.050, lambda _, __: f"/r/{LARGE_NAME}"),
    _Kind("its tags by last push", 0.050, _tags("updated")),
    _Kind("its tags by name", 0.050, _tags("name")),
    _Kind("its tags by size", 0.050, _tags("size")),
    _Kind("its tags by last pull", 0.050, _tags("pulled")),
    _Kind(
        "its tags that contain a text",
        0.050,
        lambda c, _: f"/r/{LARGE_NAME}/-/tags?q={c.randrange(100, 900)}",
    ),
    _Kind("tag", 0.050, lambda c, names: f"/r/{_repository(c, names)}/-/tags/latest"),
    _Kind("activity", 0.050, lambda c, names: f"/r/{_repository(c, names)}/-/activity"),
    _Kind("builds", 0.050, lambda c, names: f"/r/{c.choice(names[:4000])}/-/builds"),
    _Kind("500 builds", 0.050, lambda c, _: f"/r/{LARGE_NAME}/-/builds?last={_old(c)}.1"),
    _Kind(
        "Hub's tags",
        0.050,
        lambda c, _: f"/v2/repositories/{LARGE_NAME}/tags/?page_size=100&page={_few(c)}",
    ),
    _Kind("image", 0.050, lambda c, names: f"/r/{_repository(c, names)}/-/images/DIGEST"),
    _Kind(
        "two tags compared",
        0.050,
        lambda _, __: f"/r/{LARGE_NAME}/-/compare?from=latest&to=0.1-build",
    ),
    _Kind("log in", 0.050, lambda _, __: "/login"),
    _Kind("home of an administrator", 0.050, lambda _, __: "/", own=True),
    _Kind(
        "search page of an administrator",
        0.030,
        lambda c, _: f"/search?q={quote(c.choice(_QUERIES))}",
        own=True,
    ),
    _Kind("settings", 0.050, lambda _, __: "/settings", own=True),
    _Kind("access tokens", 0.050, lambda _, __: "/settings/tokens", own=True),
    _Kind("an organization's repositories", 0.050, _own_namespace, own=True),
    _Kind("administration", 0.050, lambda _, __: "/admin", own=True),
    _Kind("accounts", 0.050, lambda _, __: "/admin/users", own=True),
    _Kind("audit log", 0.050, lambda _, __: "/admin/audit", own=True),
    _Kind("storage", 0.050, lambda _, __: "/admin/storage", own=True),
    _Kind("quotas", 0.050, lambda _, __: "/admin/quotas", own=True),
    _Kind("an organization's settings", 0.050, _own_settings, own=True),
)


def _few(chosen: random.Random) -> int:
    return chosen.randrange(1, 100)


def _old(chosen: random.Random) -> int:
    return chosen.randrange(26, 500)


def _any(chosen: random.Random) -> int:
    return chosen.randrange(1, 500)


def measure(folder: Path, size: Size | None = None) -> list[Page]:
    """Each page on SQLite and on PostgreSQL, one connection, for a visitor without an account."""
    size = size or Size()
    folder.mkdir(parents=True, exist_ok=True)
    with _on_sqlite(folder / "sqlite", size) as server:
        here = _medians(server, size)
    with _on_postgres(folder / "postgres", size) as server:
        there = _medians(server, size)
    return [Page(kind.name, kind.limit, here[kind.name], there[kind.name]) for kind in _KINDS]


@contextmanager
def _on_sqlite(data: Path, size: Size) -> Iterator[Contestant]:
    data.mkdir(parents=True, exist_ok=True)
    with _serving(data) as server:
        seed(server, (10_240,))
    catalogue.fill_file(data / "entrepot.db", size)
    with _serving(data, mode="accounts") as server:
        yield server


@contextmanager
def _on_postgres(data: Path, size: Size) -> Iterator[Contestant]:
    data.mkdir(parents=True, exist_ok=True)
    with postgres(data) as cluster:
        url = cluster.create_database()
        with _serving(data, url) as server:
            seed(server, (10_240,))
        asyncio.run(catalogue.fill_postgres(url, size))
        with _serving(data, url, mode="accounts") as server:
            yield server


@contextmanager
def _serving(data: Path, url: str = "", *, mode: str = "open") -> Iterator[Contestant]:
    settings = {"auth__mode": mode} | ({"database__url": url} if url else {})
    with entrepot(data, settings=settings) as server:
        yield Contestant("Entrepot", server.host, server.port, server.process)


def _medians(server: Contestant, size: Size) -> dict[str, float]:
    # Every tenth is private.
    shown = [name for place, name in enumerate(names(size)) if place % 10 != 9]
    visitor = {"Accept": "text/html,application/json"}
    owner = visitor | {"Cookie": _log_in(server)}
    return {
        kind.name: statistics.median(_times(server, kind, shown, owner if kind.own else visitor))
        for kind in _KINDS
    }


def _times(
    server: Contestant, kind: _Kind, shown: Sequence[str], headers: Mapping[str, str]
) -> Iterator[float]:
    """The time of each of many requests, after a few that warm up."""
    chosen = random.Random(_SEED)
    with closing(http.client.HTTPConnection(server.host, server.port, timeout=60)) as connection:
        digest = _digest(connection)
        for number in range(_REQUESTS + 5):
            path = kind.path(chosen, shown).replace("DIGEST", digest)
            began = time.perf_counter()
            _ask(connection, "GET", path, headers)
            if number >= 5:
                yield time.perf_counter() - began


def _digest(connection: http.client.HTTPConnection) -> str:
    """The one image that all tags are of."""
    told = _ask(connection, "GET", f"/v2/repositories/{LARGE_NAME}/tags/latest/", {})
    digest: str = json.loads(told)["digest"]
    return digest


def _log_in(server: Contestant) -> str:
    """The cookie of a session of the first administrator, with a password of their own."""
    found = _PASSWORD.search(server.process.log())
    if found is None:
        raise RuntimeError("Entrepot told no password of a first administrator")
    old, kind = found[1], {"Content-Type": "application/json"}
    with closing(http.client.HTTPConnection(server.host, server.port, timeout=60)) as connection:
        body = json.dumps({"name": "admin", "password": old})
        told = _send(connection, "/api/login", body, kind)
        shown = kind | {"Cookie": _cookie(told), "X-CSRF-Token": json.loads(told.read())["csrf"]}
        change = json.dumps({"old": old, "new": f"own {old}"})
        changed = _send(connection, "/api/account/password", change, shown)
        changed.read()
        return _cookie(changed)


def _cookie(answer: http.client.HTTPResponse) -> str:
    return answer.headers["Set-Cookie"].partition(";")[0]


def _send(
    connection: http.client.HTTPConnection, path: str, body: str, headers: Mapping[str, str]
) -> http.client.HTTPResponse:
    connection.request("POST", path, body, dict(headers))
    answer = connection.getresponse()
    if answer.status >= 300:
        raise RuntimeError(f"{path}: {answer.status}: {answer.read()[:200]!r}")
    return answer


def _ask(
    connection: http.client.HTTPConnection, method: str, path: str, headers: Mapping[str, str]
) -> bytes:
    connection.request(method, path, headers=dict(headers))
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != 200:
        raise RuntimeError(f"{path}: {answer.status}: {body[:200]!r}")
    return body
