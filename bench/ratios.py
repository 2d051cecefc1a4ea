"""Reads and writes of both servers, run by turns, and the medians."""

from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Final

from bench import gets, pushes
from bench.content import GIB, KIB, MANIFEST_TYPE, MIB, REPOSITORY, seed
from bench.contestants import Contestant, both
from bench.private import private

READ_SIZES: Final = (10 * KIB, MIB, 64 * MIB)
_ROUNDS: Final = 5
_SECONDS: Final = 3


@dataclass(frozen=True, slots=True)
class Result:
    """The medians of one kind of request: a second, in seconds, in processor seconds each."""

    rate: float
    processor: float
    p50: float = 0.0
    p99: float = 0.0


@dataclass(frozen=True, slots=True)
class Comparison:
    """One row: what was done, how Entrepot did and how its peer, and the ratio to be reached."""

    name: str
    size: int
    connections: int
    ours: Result
    peer: Result
    target: float

    @property
    def ratio(self) -> float:
        return self.ours.rate / self.peer.rate


def measure(folder: Path) -> list[Comparison]:
    """All reads, then all writes."""
    with both(folder) as servers:
        rows = [*_reads(servers), *_writes(servers)]
    with both(folder / "private") as (_, peer), private(folder / "accounts") as ours:
        return [*rows, *_private_reads((ours, peer))]


def _reads(servers: Sequence[Contestant], names: Container[str] | None = None) -> list[Comparison]:
    digests = {server.name: seed(server, READ_SIZES) for server in servers}

    def manifest(server: Contestant) -> gets.Reading:
        path = f"/v2/{REPOSITORY}/manifests/latest"
        return gets.read(server, path, connections=32, seconds=_SECONDS, accept=MANIFEST_TYPE)

    def blob(size: int, connections: int) -> Callable[[Contestant], gets.Reading]:
        def read(server: Contestant) -> gets.Reading:
            path = f"/v2/{REPOSITORY}/blobs/{digests[server.name][size]}"
            return gets.read(server, path, connections=connections, seconds=_SECONDS)

        return read

    rows = [
        ("manifest GET by tag", 0, 32, manifest, 15.0),
        ("blob GET 10 KiB", 10 * KIB, 32, blob(10 * KIB, 32), 20.0),
        ("blob GET 1 MiB", MIB, 8, blob(MIB, 8), 3.5),
        ("blob GET 64 MiB", 64 * MIB, 4, blob(64 * MIB, 4), 1.0),
    ]
    return [
        Comparison(name, size, connections, *_by_turns(servers, run), target)
        for name, size, connections, run, target in rows
        if names is None or name in names
    ]


def _private_reads(servers: Sequence[Contestant]) -> list[Comparison]:
    """The same from a private repository, with a Bearer token; the peer is open to all."""
    names = {"manifest GET by tag", "blob GET 10 KiB"}
    found = _reads(servers, names)
    return [replace(row, name=f"{row.name}, private, with a Bearer token") for row in found]


def _writes(servers: Sequence[Contestant]) -> list[Comparison]:
    def many(size: int, connections: int, most: int) -> Callable[[Contestant], pushes.Writing]:
        return lambda server: pushes.write_many(
            server, size, connections=connections, seconds=_SECONDS, most=most
        )

    def large(size: int, connections: int, count: int) -> Callable[[Contestant], pushes.Writing]:
        return lambda server: pushes.write_large(server, size, connections=connections, count=count)

    rows = [
        ("blob push 10 KiB", 10 * KIB, 32, many(10 * KIB, 32, 4000), 4.0),
        ("blob push 1 MiB", MIB, 8, large(MIB, 8, 400), 2.0),
        ("blob push 64 MiB", 64 * MIB, 1, large(64 * MIB, 1, 5), 1.0),
        ("blob push 1 GiB", GIB, 1, large(GIB, 1, 1), 1.0),
    ]
    return [
        Comparison(name, size, connections, *_by_turns(servers, run), target)
        for name, size, connections, run, target in rows
    ]


def _by_turns(
    servers: Sequence[Contestant], run: Callable[[Contestant], gets.Reading | pushes.Writing]
) -> tuple[Result, Result]:
    """One warm-up each, then rounds in which each server has its turn."""
    seen: dict[str, list[gets.Reading | pushes.Writing]] = {server.name: [] for server in servers}
    for server in servers:
        run(server)
    for _ in range(_ROUNDS):
        for server in servers:
            seen[server.name].append(run(server))
    ours, peer = (_medians(seen[server.name]) for server in servers)
    return ours, peer


def _medians(runs: Sequence[gets.Reading | pushes.Writing]) -> Result:
    reads = [run for run in runs if isinstance(run, gets.Reading)]
    return Result(
        rate=median(run.rate for run in runs),
        processor=median(run.processor for run in runs),
        p50=median(run.p50 for run in reads) if reads else 0.0,
        p99=median(run.p99 for run in reads) if reads else 0.0,
    )
