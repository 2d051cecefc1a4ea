"""Sizes, numbers and moments, as people of a language write them."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final
from urllib.parse import quote

from babel import Locale
from babel.dates import format_datetime, format_timedelta
from babel.numbers import format_compact_decimal, format_decimal
from markupsafe import Markup, escape

from entrepot.http.web import language, problems, spans
from entrepot.model.size import sized

_MOMENT: Final = 10


class Formats:
    """The filters of templates in one language: `{{ size|bytes }}`, `{{ moment|ago(now) }}`."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._texts = language.texts(name)
        self._locale = self._texts.locale

    def filters(self) -> dict[str, Callable[..., Any]]:
        """What templates call them."""
        return {
            "told": self.told,
            "marked": marked,
            "count": self.count,
            "compact": self.compact,
            "bytes": size,
            "ago": self.ago,
            "exact": self.exact,
            "brief": self.brief,
            "iso": iso,
            "short": short_digest,
            "segment": segment,
        }

    def told(self, problem: object) -> str:
        return problems.told(self._name, str(problem))

    def count(self, number: int) -> str:
        return _decimal(number, self._locale)

    def compact(self, number: int) -> str:
        return _compact(number, self._locale)

    def ago(self, moment: datetime | None, now: datetime) -> str:
        if moment is None:
            return "—"
        if abs((now - moment).total_seconds()) < _MOMENT:
            _ = self._texts.gettext
            return _("just now")
        return format_timedelta(moment - now, add_direction=True, locale=self._locale)

    def exact(self, moment: datetime | None) -> str:
        if moment is None:
            return ""
        return _exact(moment, self._locale)

    def brief(self, length: timedelta) -> str:
        return spans.brief(self._name, length)


# The same small numbers stand all over a page, and Babel takes its time for each.
@lru_cache(4096)
def _decimal(number: int, locale: Locale) -> str:
    return format_decimal(number, locale=locale)


@lru_cache(4096)
def _compact(number: int, locale: Locale) -> str:
    return format_compact_decimal(number, locale=locale, fraction_digits=1)


@lru_cache(4096)
def _exact(moment: datetime, locale: Locale) -> str:
    return format_datetime(moment, "medium", locale=locale) + " UTC"


def iso(moment: datetime) -> str:
    """The moment for programs."""
    return moment.isoformat(timespec="seconds")


def size(number: int | None) -> str:
    """Bytes with a unit, or that it is not known."""
    return "—" if number is None else sized(number)


def short_digest(digest: object) -> str:
    """The first characters of a digest, enough to tell it from others."""
    algorithm, _, encoded = str(digest).partition(":")
    return f"{algorithm}:{encoded[:12]}" if encoded else algorithm


def segment(text: str) -> str:
    """Text as a part of an address."""
    return quote(text, safe="/:@")


def marked(text: str, words: Sequence[str]) -> Markup:
    """The text, in which the words are marked wherever they are found."""
    wanted = _any_of(tuple(words))
    if wanted is None:
        return escape(text)
    # Every second piece is one that was found.
    shown = (
        f"<mark>{escape(piece)}</mark>" if place % 2 else escape(piece)
        for place, piece in enumerate(wanted.split(text))
    )
    return Markup("".join(shown))  # noqa: S704 - each piece is escaped


@lru_cache(256)
def _any_of(words: tuple[str, ...]) -> re.Pattern[str] | None:
    wanted = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True) if word)
    return re.compile(f"({wanted})", re.IGNORECASE) if wanted else None
