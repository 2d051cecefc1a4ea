"""A hub of 100 000 repositories and 1 000 000 tags: how long its pages and its search take."""

import asyncio
import http.client
import random
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
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


def _repository(chosen: random.Random, names: Sequence[str]) -> str:
    return quote(chosen.choice(names))


def _namespace(chosen: random.Random, names: Sequence[str]) -> str:
    space, mark, _ = chosen.choice(names).partition("/")
    return f"/u/{space}" if mark else f"/u/{LARGE_NAME.partition('/')[0]}"


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
    _Kind(
        "Hub's tags",
        0.050,
        lambda c, _: f"/v2/repositories/{LARGE_NAME}/tags/?page_size=100&page={c.randrange(1, 100)}",
    ),
)


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
    return {kind.name: statistics.median(_times(server, kind, shown)) for kind in _KINDS}


def _times(server: Contestant, kind: _Kind, names: Sequence[str]) -> Iterator[float]:
    """The time of each of many requests, after a few that warm up."""
    chosen = random.Random(_SEED)
    with closing(http.client.HTTPConnection(server.host, server.port, timeout=60)) as connection:
        for number in range(_REQUESTS + 5):
            path = kind.path(chosen, names)
            began = time.perf_counter()
            connection.request("GET", path, headers={"Accept": "text/html,application/json"})
            answer = connection.getresponse()
            body = answer.read()
            took = time.perf_counter() - began
            if answer.status != 200:
                raise RuntimeError(f"{path}: {answer.status}: {body[:200]!r}")
            if number >= 5:
                yield took
