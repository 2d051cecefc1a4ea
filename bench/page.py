"""The table that is printed, and kept in docs/benchmarks.md."""

from collections.abc import Iterator, Sequence
from typing import Final

from bench.content import GIB, MIB
from bench.listings import FEW, MANY, PAGE, Listing
from bench.memory import Growth
from bench.ratios import Comparison, Result

LIMIT: Final = 32 * MIB
PAGE_SECONDS: Final = 0.005
# How much slower than out of few a page may be and still be as fast: what two runs differ by.
SAME: Final = 1.25

_HEAD: Final = """\
# Benchmarks

Written by `make bench`, which starts Debian's docker-registry and Entrepot side by side on one
machine and asks them by turns. Each number is the median of five runs. One worker process each,
files in a folder, random bytes. Entrepot works as it is shipped: the authorizer is asked,
the metadata is consulted, each request is logged and counted; docker-registry's access log is off.
"""


def written(
    machine: Sequence[str],
    compared: Sequence[Comparison],
    grown: Sequence[Growth],
    listed: Sequence[Listing],
) -> str:
    """The page as Markdown."""
    return "\n".join(
        [_HEAD, *_measured_on(machine), *_speed(compared), *_memory(grown), *_lists(listed)]
    )


def _measured_on(machine: Sequence[str]) -> Iterator[str]:
    yield from (f"- {line}" for line in machine)
    yield "- command: `make bench`\n"


def _speed(compared: Sequence[Comparison]) -> Iterator[str]:
    yield "## Speed\n"
    yield (
        "| request | connections | Entrepot | docker-registry | ratio | to reach | reached |"
        " p50 | p99 | peer's p50 | CPU per GB | peer's |"
    )
    yield "|---|---|---|---|---|---|---|---|---|---|---|---|"
    for row in compared:
        cells = [row.name, str(row.connections), _rate(row.ours), _rate(row.peer)]
        cells += [f"{row.ratio:.2f}x", f"{row.target:g}x", _yes(row)]
        cells += [_time(row.ours.p50), _time(row.ours.p99), _time(row.peer.p50)]
        cells += [_per_gigabyte(row.ours, row.size), _per_gigabyte(row.peer, row.size)]
        yield "| " + " | ".join(cells) + " |"
    yield (
        "\nA rate is requests or pushes a second; a push is a POST and a PUT, its bytes on the disk"
        " (fsync) before the answer. CPU per GB is what all processes of the server used.\n"
    )


def _yes(row: Comparison) -> str:
    fast = row.ratio >= row.target
    if row.name.startswith("manifest"):
        fast = fast and row.ours.p99 < row.peer.p50
    if row.name == "blob GET 64 MiB":
        fast = fast and row.ours.processor < row.peer.processor
    return "yes" if fast else "**no**"


def _rate(result: Result) -> str:
    return f"{result.rate:,.0f}" if result.rate >= 100 else f"{result.rate:.2f}"


def _time(seconds: float) -> str:
    return f"{seconds * 1000:.2f} ms" if seconds else ""


def _per_gigabyte(result: Result, size: int) -> str:
    return f"{result.processor * 1e9 / size:.2f} s" if size >= MIB else ""


def _memory(grown: Sequence[Growth]) -> Iterator[str]:
    yield f"## Memory: a blob of {GIB // MIB} MiB\n"
    yield "| server | push raises it by | pull raises it by | to stay below | reached |"
    yield "|---|---|---|---|---|"
    for row in grown:
        small = "yes" if max(row.push, row.pull) < LIMIT else "**no**"
        cells = [row.name, f"{row.push / MIB:.1f} MiB", f"{row.pull / MIB:.1f} MiB"]
        yield "| " + " | ".join([*cells, f"{LIMIT // MIB} MiB", small]) + " |"
    yield ""


def _lists(listed: Sequence[Listing]) -> Iterator[str]:
    yield f"## Listings: a page of {PAGE}, one connection\n"
    yield f"| page of | p50 out of {FEW:,} | p50 out of {MANY:,} | to stay below | reached |"
    yield "|---|---|---|---|---|"
    for row in listed:
        fast = row.many < PAGE_SECONDS and row.many < SAME * row.few
        cells = [row.name, _time(row.few), _time(row.many)]
        limit = f"{_time(PAGE_SECONDS)}, and {SAME:g}x of out of {FEW:,}"
        yield "| " + " | ".join([*cells, limit, "yes" if fast else "**no**"]) + " |"
    yield ""
