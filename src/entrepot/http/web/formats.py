"""Sizes, numbers and moments, as people of a language write them."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

from babel.dates import format_datetime, format_timedelta
from babel.numbers import format_compact_decimal, format_decimal
from markupsafe import Markup, escape

from entrepot.http.web import language, problems
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
            "iso": iso,
            "short": short_digest,
            "segment": segment,
        }

    def told(self, problem: object) -> str:
        return problems.told(self._name, str(problem))

    def count(self, number: int) -> str:
        return format_decimal(number, locale=self._locale)

    def compact(self, number: int) -> str:
        return format_compact_decimal(number, locale=self._locale, fraction_digits=1)

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
        return format_datetime(moment, "medium", locale=self._locale) + " UTC"


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
    wanted = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True) if word)
    if not wanted:
        return escape(text)
    # Every second piece is one that was found.
    pieces = re.split(f"({wanted})", text, flags=re.IGNORECASE)
    shown = (
        Markup("<mark>{}</mark>").format(piece) if place % 2 else escape(piece)
        for place, piece in enumerate(pieces)
    )
    return Markup("").join(shown)
