"""Patterns in the scopes of tokens, in which `*` is any text and all else is itself.

Not `fnmatch`: it makes a regular expression of each pattern, which takes milliseconds, and keeps
few of them.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from entrepot.oci.names import OFFICIAL

# Looking through a name for a part of a pattern, and for each character of that part.
_ONCE: Final = 5
_PART: Final = 10


def fits(pattern: str, text: str) -> bool:
    """Return whether *pattern* matches all of *text*."""
    first, middle, last = _parts(pattern)
    if last is None:
        return text == first
    at, end = len(first), len(text) - len(last)
    if at > end or not (text.startswith(first) and text.endswith(last)):
        return False
    for part in middle:
        at = text.find(part, at, end)
        if at < 0:
            return False
        at += len(part)
    return True


@lru_cache(maxsize=4096)
def covers(pattern: str, repository: str) -> bool:
    """Return whether *pattern* matches the repository. One decision calls this several times.

    Of an official image both names count: `centos` is `library/centos`.
    """
    if fits(pattern, repository):
        return True
    return "/" not in repository and fits(pattern, f"{OFFICIAL}/{repository}")


@lru_cache(maxsize=1024)
def _parts(pattern: str) -> tuple[str, tuple[str, ...], str | None]:
    """What stands before the first `*`, between two, and behind the last; None without any."""
    first, *rest = pattern.split("*")
    if not rest:
        return first, (), None
    return first, tuple(filter(None, rest[:-1])), rest[-1]


def affordable(patterns: Iterable[str], work: int) -> int:
    """How many names can be compared with all of the patterns for *work*, but at least one.

    A unit of work is some 0.2 microseconds where names were chosen to make it long.
    """
    return max(1, work // (1 + sum(map(_work, patterns))))


def _work(pattern: str) -> int:
    _, middle, _ = _parts(pattern)
    return _ONCE + sum(_PART + len(part) for part in middle)
