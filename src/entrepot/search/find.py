"""Finding repositories, as those see them who ask."""

from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from typing import Final

from entrepot.metadata.port import Transaction
from entrepot.model.search import Found, Query, Seen

# Beyond so many nobody counts, or turns pages.
MOST: Final = 1_000


def find(
    t: Transaction,
    query: Query,
    seen: Seen,
    may_read: Callable[[Sequence[str]], AbstractSet[str]],
    *,
    offset: int,
    size: int,
) -> Found:
    """The page of *size* after *offset* others, of what is *seen* and may be read.

    What is seen should be what may be read; *may_read* chooses from the names all the same.
    """
    end = min(offset + size, MOST)
    names, total = _readable(t, query, seen, may_read, end + 1)
    if not total and query.otherwise is not None:
        names, total = _readable(t, query.otherwise, seen, may_read, end + 1)
    return Found(
        cards=t.cards.of(names[offset:end]),
        total=min(total, MOST),
        capped=total > MOST,
        more=len(names) > end and end < MOST,
    )


def _readable(
    t: Transaction,
    query: Query,
    seen: Seen,
    may_read: Callable[[Sequence[str]], AbstractSet[str]],
    wanted: int,
) -> tuple[list[str], int]:
    """The best *wanted* that may be read, and how many there are, up to one more than MOST."""
    asked: set[str] = set()
    read: set[str] = set()
    size = wanted
    while True:
        best, total = t.search.best(query, seen, size, MOST + 1)
        read |= may_read([name for name in best if name not in asked])
        asked |= set(best)
        names = [name for name in best if name in read]
        if len(best) < size:
            return names[:wanted], len(names)
        if len(names) >= wanted or size > 2 * MOST:
            hidden = len(best) - len(names)
            return names[:wanted], max(total - hidden, len(names))
        size *= 2
