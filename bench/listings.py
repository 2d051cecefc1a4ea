"""Listings of many tags and repositories, and how long a page takes."""

import http.client
import random
import statistics
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from urllib.parse import quote

from bench.content import REPOSITORY, seed
from bench.contestants import Contestant, ours
from entrepot.metadata.sql import driver

FEW: Final = 1_000
MANY: Final = 100_000
PAGE: Final = 100
_REQUESTS: Final = 400
# Page 1, and pages that start anywhere.
_SEED: Final = 7


@dataclass(frozen=True, slots=True)
class Listing:
    """Seconds that a page takes at p50, out of few and out of many."""

    name: str
    few: float
    many: float


def measure(folder: Path) -> list[Listing]:
    """Pages of tags and of repositories, from two servers: one with few, one with many."""
    with _listed(folder / "few", FEW) as few, _listed(folder / "many", MANY) as many:
        return [
            Listing(what, *_interleaved(path, (few, many)))
            for what, path in (
                ("tags", f"/v2/{REPOSITORY}/tags/list"),
                ("repositories", "/v2/_catalog"),
            )
        ]


def _interleaved(path: str, servers: tuple[Contestant, Contestant]) -> tuple[float, float]:
    readings: tuple[list[float], list[float]] = ([], [])
    for _ in range(3):
        for server, seen, count in zip(servers, readings, (FEW, MANY), strict=True):
            seen.append(statistics.median(_pages(server, path, count)))
    few, many = (statistics.median(seen) for seen in readings)
    return few, many


def _pages(server: Contestant, path: str, count: int) -> Iterator[float]:
    chosen = random.Random(_SEED)
    with closing(http.client.HTTPConnection(server.host, server.port, timeout=60)) as connection:
        for _ in range(_REQUESTS):
            last = _name(chosen.randrange(count - PAGE))
            began = time.perf_counter()
            connection.request("GET", f"{path}?n={PAGE}&last={quote(last)}")
            answer = connection.getresponse()
            body = answer.read()
            yield time.perf_counter() - began
            if answer.status != 200 or body.count(b'"') < 2 * PAGE:
                raise RuntimeError(f"{answer.status}: {body[:200]!r}")


@contextmanager
def _listed(data: Path, count: int) -> Iterator[Contestant]:
    """A server with *count* tags in one repository, and *count* repositories."""
    with ours(data) as server:
        seed(server, ())
    _fill(data / "entrepot.db", count)
    with ours(data) as server:
        yield server


def _fill(database: Path, count: int) -> None:
    """Rows as pushes would leave them, without the pushes."""
    at = int(datetime.now(UTC).timestamp() * 1e6)
    with closing(driver.connect(database)) as connection, connection:
        (owner, manifest), *_ = connection.execute("SELECT repository_id, id FROM manifests")
        names = [_name(number) for number in range(count)]
        connection.executemany(
            "INSERT INTO repositories (name, created_at) VALUES (?, ?)",
            [(name, at) for name in names],
        )
        connection.executemany(
            "INSERT INTO tags (repository_id, name, manifest_id, created_at, updated_at,"
            " updated_by) VALUES (?, ?, ?, ?, ?, 'anonymous')",
            [(owner, name, manifest, at, at) for name in names],
        )


def _name(number: int) -> str:
    return f"a{number:06d}"
