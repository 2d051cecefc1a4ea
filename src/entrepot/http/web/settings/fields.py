"""What is typed into several forms: scopes of tokens, days, and choices."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Final

from entrepot.errors import FieldInvalid
from entrepot.http.api.shapes import ScopeDocument
from entrepot.http.web.visit import Form
from entrepot.model.permission import Verb, Visibility

ROLES: Final = ("reader", "writer", "maintainer", "owner")
_ROWS: Final = 3
_MOST_ROWS: Final = 50


@dataclass(frozen=True, slots=True)
class ScopeRow:
    """A row of the form of a token: one scope, or none yet."""

    number: int
    repository: str
    tags: str
    actions: tuple[str, ...]

    @property
    def empty(self) -> bool:
        return not self.repository and not self.actions

    def document(self) -> ScopeDocument:
        """The scope as /api takes it; ValidationError."""
        verbs = [Verb(action) for action in self.actions if action in list(Verb)]
        return ScopeDocument(repository=self.repository, actions=verbs, tags=self.tags or "*")


# The days after it can be counted.
_LAST_YEAR: Final = 9998


def scope_rows(form: Form) -> list[ScopeRow]:
    """The rows of scopes as they were typed, and some more where they were asked for."""
    text = form.get("rows")
    count = int(text) if text.isascii() and text.isdigit() and len(text) < 4 else _ROWS
    more = _ROWS if "more" in form else 0
    return [_row(form, number) for number in range(min(count + more, _MOST_ROWS))]


def _row(form: Form, number: int) -> ScopeRow:
    return ScopeRow(
        number,
        form.get(f"repository-{number}"),
        form.get(f"tags-{number}"),
        tuple(form.all(f"actions-{number}")),
    )


def scopes(form: Form) -> list[ScopeDocument]:
    """The scopes that were typed; ValidationError."""
    return [row.document() for row in scope_rows(form) if not row.empty]


def end_of_day(form: Form, name: str) -> datetime | None:
    """When the day that was typed ends, in UTC; None where none was. FieldInvalid."""
    day = _day(form.get(name), name)
    return datetime.combine(day, time(23, 59, 59), UTC) if day else None


def start_of_day(text: str, name: str) -> datetime | None:
    """When the day begins, in UTC; None where there is none. FieldInvalid."""
    day = _day(text, name)
    return datetime.combine(day, time(), UTC) if day else None


def _day(text: str, name: str) -> date | None:
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise FieldInvalid("write a day as 2026-12-31", field=name) from None
    if day.year > _LAST_YEAR:
        raise FieldInvalid("write a day as 2026-12-31", field=name)
    return day


def visibility(form: Form) -> Visibility:
    """The visibility that was chosen; FieldInvalid."""
    try:
        return Visibility(form.get("visibility"))
    except ValueError:
        raise FieldInvalid("choose public or private", field="visibility") from None
