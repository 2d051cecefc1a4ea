"""The chain of the audit log: whatever is done to it is found."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.accounts import trail
from entrepot.model.audit import AuditEntry

_AT: Final = datetime(2026, 1, 1, tzinfo=UTC)
TEXT: Final = st.text(max_size=8)
FIELDS: Final = ("actor", "action", "target", "address", "credential", "outcome", "detail")


def chained(texts: list[str]) -> list[AuditEntry]:
    """Entries, linked one to another."""
    before, made = trail.BEGINNING, []
    for number, text in enumerate(texts, 1):
        at = _AT + timedelta(seconds=number)
        entry = AuditEntry(number, at, text, "a", "b", "c", "d", "done", text, None, None)
        before = trail.linked(entry, number, before)
        made.append(replace(entry, position=number, hash=before))
    return made


def verdict(entries: list[AuditEntry]) -> trail.Verdict:
    """What is found, an entry at a time."""
    found = trail.START
    for entry in sorted(entries, key=lambda entry: entry.position or 0):
        found = trail.follow(found, [entry])
        if found.broken_at is not None:
            break
    assert found == trail.follow(trail.START, entries) or found.broken_at is not None
    return found


@given(st.lists(TEXT, max_size=6))
def test_what_nobody_touched_is_whole(texts: list[str]) -> None:
    entries = chained(texts)
    found = verdict(entries)
    assert (found.entries, found.broken_at) == (len(texts), None)
    assert found.head == (entries[-1].hash if entries else trail.BEGINNING)


@given(st.lists(TEXT, min_size=1, max_size=6), st.data(), TEXT, st.sampled_from(FIELDS))
def test_each_change_is_found(texts: list[str], data: st.DataObject, new: str, part: str) -> None:
    entries = chained(texts)
    at = data.draw(st.integers(0, len(entries) - 1))
    changes: dict[str, Any] = {part: f"{getattr(entries[at], part)}{new}!"}
    entries[at] = replace(entries[at], **changes)
    assert verdict(entries).broken_at == at + 1


def _numbered(entries: list[AuditEntry]) -> list[AuditEntry]:
    return [replace(entry, position=number) for number, entry in enumerate(entries, 1)]


def _forged(entries: list[AuditEntry]) -> AuditEntry:
    """The second entry, changed and linked to the first as it should be."""
    changed = replace(entries[1], detail="x")
    return replace(changed, hash=trail.linked(changed, 2, entries[0].hash or ""))


CHANGES: Final[dict[str, Callable[[list[AuditEntry]], list[AuditEntry]]]] = {
    "first removed": lambda entries: entries[1:],
    "one removed": lambda entries: [*entries[:2], *entries[3:]],
    "one removed and numbered anew": lambda entries: _numbered([*entries[:2], *entries[3:]]),
    "two swapped": lambda entries: _numbered([entries[1], entries[0], *entries[2:]]),
    "one put in": lambda entries: _numbered([entries[0], entries[0], *entries[1:]]),
    "another time": lambda entries: [replace(entries[0], at=_AT), *entries[1:]],
    "no hash": lambda entries: [replace(entries[0], hash=None), *entries[1:]],
    "one hashed anew": lambda entries: [entries[0], _forged(entries), *entries[2:]],
}


@pytest.mark.parametrize("change", CHANGES)
def test_removal_insertion_and_reordering_are_found(change: str) -> None:
    assert verdict(CHANGES[change](chained(list("abcde")))).broken_at is not None


def test_what_is_cut_off_the_end_shows_in_the_head() -> None:
    entries = chained(list("abc"))
    found = verdict(entries[:2])
    assert found.broken_at is None
    assert found.head != verdict(entries).head


@given(TEXT, TEXT, TEXT, TEXT)
def test_no_two_entries_run_together(a: str, b: str, c: str, d: str) -> None:
    one = AuditEntry(1, _AT, a, b, "", "", "", "", "", None, None)
    other = AuditEntry(1, _AT, c, d, "", "", "", "", "", None, None)
    same = trail.linked(one, 1, "") == trail.linked(other, 1, "")
    assert same == ((a, b) == (c, d))
