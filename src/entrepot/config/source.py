"""Where settings come from, and how a message names the place of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

Names: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """Settings from one place: their values, nested, and where each of them stands."""

    values: dict[str, Any]
    places: dict[Names, str]


def merge(sources: Sequence[Source]) -> dict[str, Any]:
    """All values together; what comes first in *sources* wins."""
    merged: dict[str, Any] = {}
    for source in reversed(sources):
        merged = _over(merged, source.values)
    return merged


def _over(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for name, value in above.items():
        known = merged.get(name)
        if isinstance(known, dict) and isinstance(value, dict):
            merged[name] = _over(known, value)
        else:
            merged[name] = value
    return merged


def where(names: Names, sources: Sequence[Source]) -> str:
    """The place of a setting; else of one inside of it, else of the section around it."""
    for source in sources:
        if names in source.places:
            return source.places[names]
    for source in sources:
        for other, place in source.places.items():
            if other[: len(names)] == names:
                return place
    return where(names[:-1], sources) if len(names) > 1 else ""
