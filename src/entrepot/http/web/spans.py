"""Lengths of time, as people of a language write them."""

from datetime import timedelta
from typing import Final

from babel.numbers import format_decimal

from entrepot.http.web import language

_HOUR: Final = 3600
_MINUTE: Final = 60


def span(name: str, length: timedelta) -> str:
    """The length in the language *name*, in the largest unit that it fills."""
    texts, seconds = language.texts(name), length.total_seconds()
    count = round(seconds / _unit(seconds), 2)
    # Of 1.5 there are many.
    number = 1 if count == 1 else 2
    if seconds >= _HOUR:
        text = texts.ngettext("%(shown)s hour", "%(shown)s hours", number)
    elif seconds >= _MINUTE:
        text = texts.ngettext("%(shown)s minute", "%(shown)s minutes", number)
    else:
        text = texts.ngettext("%(shown)s second", "%(shown)s seconds", number)
    return text % {"shown": format_decimal(count, locale=texts.locale)}


def brief(name: str, length: timedelta) -> str:
    """The length in the language *name*, to the second, in at most two units."""
    _, seconds = language.texts(name).gettext, max(0, round(length.total_seconds()))
    hours, minutes = seconds // _HOUR, seconds % _HOUR // _MINUTE
    if hours:
        return _("%(hours)s h %(minutes)s min") % {"hours": hours, "minutes": minutes}
    if minutes:
        return _("%(minutes)s min %(seconds)s s") % {
            "minutes": minutes,
            "seconds": seconds % _MINUTE,
        }
    return _("%(seconds)s s") % {"seconds": seconds}


def _unit(seconds: float) -> int:
    return next((unit for unit in (_HOUR, _MINUTE) if seconds >= unit), 1)
