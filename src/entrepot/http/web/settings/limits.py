"""Limits as people write them: 10 GB, 500 MiB, 0, or nothing where there is none."""

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from entrepot.errors import FieldInvalid
from entrepot.http.api.quotas import MOST, QuotaDocument
from entrepot.http.web.charts import part

_LETTERS: Final = ("k", "M", "G", "T", "P", "E")
_UNITS: Final = {
    "B": 1,
    **{f"{letter}B": 1000 ** (place + 1) for place, letter in enumerate(_LETTERS)},
    **{f"{letter.upper()}iB": 1024 ** (place + 1) for place, letter in enumerate(_LETTERS)},
}
# As it is typed: in any case, and without the B.
_TYPED: Final = {unit.lower().removesuffix("b"): size for unit, size in _UNITS.items()}
_SIZE: Final = re.compile(r"([0-9]{1,20}(?:\.[0-9]{1,20})?) ?([a-z]*)")
_NUMBER: Final = re.compile(r"[0-9]{1,20}")


def bytes_of(text: str, field: str) -> int | None:
    """The bytes that were typed into the field; None where nothing was. FieldInvalid."""
    if not text:
        return None
    found = _SIZE.fullmatch(text.lower())
    size = _TYPED.get(found[2].removesuffix("b")) if found else None
    if found is None or size is None:
        raise FieldInvalid("write a size as 10 GB or 500 MiB", field=field)
    return _bounded(int(Fraction(found[1]) * size), field)


def number_of(text: str, field: str) -> int | None:
    """The number that was typed into the field; None where none was. FieldInvalid."""
    if not text:
        return None
    if _NUMBER.fullmatch(text) is None:
        raise FieldInvalid("write a whole number", field=field)
    return _bounded(int(text), field)


def _bounded(limit: int, field: str) -> int:
    if limit > MOST:
        raise FieldInvalid("that is too much; leave the field empty for no limit", field=field)
    return limit


def written(limit: int | None) -> str:
    """What to type for exactly these bytes, in the largest unit that they fill."""
    if not limit:
        return "" if limit is None else "0"
    unit = max((unit for unit in _UNITS if limit % _UNITS[unit] == 0), key=_UNITS.__getitem__)
    return f"{limit // _UNITS[unit]} {unit}"


@dataclass(frozen=True, slots=True)
class Filled:
    """How much of its limits a namespace holds, in percent; None where there is no limit."""

    bytes: float | None
    repositories: float | None


def filled(quota: QuotaDocument) -> Filled:
    """The bars of a quota."""
    limits = quota.limits
    return Filled(
        None if limits.bytes is None else part(quota.bytes, limits.bytes),
        None if limits.repositories is None else part(quota.repositories, limits.repositories),
    )
