"""Sizes, numbers and moments, as people of a language write them."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

from babel.dates import format_datetime, format_timedelta
from babel.numbers import format_compact_decimal, format_decimal

from entrepot.http.web.language import Texts

_UNITS: Final = ("B", "kB", "MB", "GB", "TB", "PB")
_THOUSAND: Final = 1000


def filters(texts: Texts) -> dict[str, Callable[..., Any]]:
    """The filters of templates: `{{ size|bytes }}`, `{{ moment|ago(now) }}` and so on."""
    locale = texts.locale

    def count(number: int) -> str:
        return format_decimal(number, locale=locale)

    def compact(number: int) -> str:
        return format_compact_decimal(number, locale=locale, fraction_digits=1)

    def size(number: int | None) -> str:
        return "—" if number is None else file_size(number)

    def ago(moment: datetime | None, now: datetime) -> str:
        if moment is None:
            return "—"
        return format_timedelta(moment - now, add_direction=True, locale=locale)

    def exact(moment: datetime | None) -> str:
        return "" if moment is None else format_datetime(moment, "medium", locale=locale) + " UTC"

    def iso(moment: datetime) -> str:
        return moment.isoformat(timespec="seconds")

    return {
        "count": count,
        "compact": compact,
        "bytes": size,
        "ago": ago,
        "exact": exact,
        "iso": iso,
        "short": short_digest,
        "segment": segment,
    }


def file_size(number: int) -> str:
    """Bytes with a unit by thousands, as docker prints them."""
    amount, unit = float(number), 0
    while amount >= _THOUSAND and unit < len(_UNITS) - 1:
        amount, unit = amount / _THOUSAND, unit + 1
    return f"{number} B" if unit == 0 else f"{amount:.3g} {_UNITS[unit]}"


def short_digest(digest: object) -> str:
    """The first characters of a digest, enough to tell it from others."""
    algorithm, _, encoded = str(digest).partition(":")
    return f"{algorithm}:{encoded[:12]}" if encoded else algorithm


def segment(text: str) -> str:
    """Text as a part of an address."""
    return quote(text, safe="/:@")
