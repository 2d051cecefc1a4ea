"""The table of the hub that is printed, and kept in docs/benchmarks-hub.md."""

from collections.abc import Iterator, Sequence
from typing import Final

from bench.hub import Page
from bench.sample import LARGE, REPOSITORIES, TAGS

_HEAD: Final = f"""\
# Benchmarks of the hub

Written by `make bench`, which fills a hub with {REPOSITORIES:,} repositories and {TAGS:,} tags,
{LARGE:,} of them in one repository (`bench/catalogue.py`), once on SQLite and once on
PostgreSQL, and asks one worker over one connection, accounts on. Each number is the median of
the time until the whole answer was there. Searches are a mix of names, parts of names,
descriptions, Chinese, filters and what is not there. Who asks has no account, where it does not
say otherwise.
"""


def written(machine: Sequence[str], pages: Sequence[Page]) -> str:
    """The page as Markdown."""
    return "\n".join([_HEAD, *(f"- {line}" for line in machine), *_rows(pages), ""])


def _rows(pages: Sequence[Page]) -> Iterator[str]:
    yield "- command: `make bench`, or `make bench ARGS=--hub` for this page alone\n"
    yield "| page | p50 on SQLite | p50 on PostgreSQL | to stay below | reached |"
    yield "|---|---|---|---|---|"
    for row in pages:
        fast = "yes" if max(row.sqlite, row.postgres) < row.limit else "**no**"
        cells = [row.name, _time(row.sqlite), _time(row.postgres), _time(row.limit), fast]
        yield "| " + " | ".join(cells) + " |"


def _time(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"
