"""JSON that others wrote, parsed only where that is cheap.

Python's parser holds up all threads of the process until it is done, so what a document contains is
counted before. The counts take in what is inside of strings as well: they are limits of what no
program writes, not of what is right.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

# Digits of a number; 64 bits have 20. Python takes quadratic time for whole numbers.
_DIGITS: Final = 100


class TooIntricate(ValueError):
    """A document that contains too much to be parsed."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How many objects and arrays a document may contain, and how many commas and colons."""

    containers: int
    separators: int


# An index of 4 MiB has about 25,000 descriptors, or fewer that say more.
MANIFEST: Final = Bounds(100_000, 300_000)
CONFIG: Final = Bounds(25_000, 75_000)
REQUEST: Final = Bounds(10_000, 50_000)


def parse(
    content: bytes, bounds: Bounds, constant: Callable[[str], object] | None = None
) -> object:
    """Return what UTF-8 JSON says. Raises ValueError for other content, TooIntricate for too much.

    *constant* is given NaN and Infinity, which are no JSON.
    """
    if content.count(b"[") + content.count(b"{") > bounds.containers:
        raise TooIntricate(f"it has more than {bounds.containers} objects and arrays")
    if content.count(b",") + content.count(b":") > bounds.separators:
        raise TooIntricate(f"it has more than {bounds.separators} commas and colons")
    try:
        return json.loads(
            content.decode("utf-8"), parse_constant=constant, parse_int=_int, parse_float=_float
        )
    except RecursionError:
        raise TooIntricate("it nests too deeply") from None


def _int(text: str) -> int:
    return int(_short(text))


def _float(text: str) -> float:
    return float(_short(text))


def _short(text: str) -> str:
    if len(text) > _DIGITS:
        raise TooIntricate(f"it has a number of more than {_DIGITS} digits")
    return text
