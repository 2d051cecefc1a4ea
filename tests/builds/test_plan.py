"""What reports make of a build: the state only moves on, and what was told stays."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.builds.plan import after
from entrepot.builds.reports import Report, accept
from entrepot.errors import Problem, Stale
from entrepot.model.build import SILENCE, Build, BuildState

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
QUEUED, RUNNING, SUCCEEDED, FAILED, CANCELED = BuildState
OVER = (SUCCEEDED, FAILED, CANCELED)
WAYS = {
    QUEUED: {QUEUED, RUNNING, *OVER},
    RUNNING: {RUNNING, *OVER},
    SUCCEEDED: {SUCCEEDED},
    FAILED: {FAILED},
    CANCELED: {CANCELED},
}
TEXTS = ("digest", "source", "ref", "commit", "log", "message")


def build(
    before: Build | None = None,
    state: BuildState = QUEUED,
    *,
    now: datetime = NOW,
    by: str = "ci",
    **told: Any,
) -> Build:
    """What the report makes of the build before."""
    return after(before, Report("1", state, **told), repository="acme/web", by=by, now=now)


@pytest.mark.parametrize("state", BuildState)
@pytest.mark.parametrize("before", BuildState)
def test_these_states_lead_to_these(before: BuildState, state: BuildState) -> None:
    known = replace(build(None, before), number=7)
    if state in WAYS[before]:
        assert build(known, state, now=NOW + MINUTE).state is state
    else:
        with pytest.raises(Stale, match=f"the build 1 is reported as {before} already"):
            build(known, state, now=NOW + MINUTE)


@pytest.mark.parametrize("state", BuildState)
def test_the_first_report_begins_a_build_in_any_state(state: BuildState) -> None:
    over = state.over
    assert build(None, state, by="acme+ci") == Build(
        number=0,
        repository="acme/web",
        name="1",
        state=state,
        tags=(),
        digest="",
        source="",
        ref="",
        commit="",
        log="",
        message="",
        created_at=NOW,
        started_at=NOW if state is RUNNING else None,
        ended_at=NOW if over else None,
        reported_at=NOW,
        reported_by="acme+ci",
    )


def test_times_are_those_of_the_reports() -> None:
    queued = build()
    running = build(queued, RUNNING, now=NOW + MINUTE)
    again = build(running, RUNNING, now=NOW + 2 * MINUTE, by="alice")
    ended = build(again, SUCCEEDED, now=NOW + 3 * MINUTE)
    assert (ended.created_at, ended.started_at, ended.ended_at) == (
        NOW,
        NOW + MINUTE,
        NOW + 3 * MINUTE,
    )
    assert ended.length == 2 * MINUTE
    assert (again.reported_at, again.reported_by) == (NOW + 2 * MINUTE, "alice")
    late = build(ended, SUCCEEDED, now=NOW + 9 * MINUTE, message="words")
    assert late == replace(ended, message="words", reported_at=NOW + 9 * MINUTE)


def test_times_that_are_told_count() -> None:
    started, ended = NOW - 9 * MINUTE, NOW - 4 * MINUTE
    running = build(None, RUNNING, started_at=started)
    over = build(running, FAILED, ended_at=ended)
    assert (over.created_at, over.started_at, over.ended_at) == (NOW, started, ended)
    put_right = build(over, FAILED, started_at=ended, ended_at=NOW)
    assert (put_right.started_at, put_right.ended_at) == (ended, NOW)


def test_times_that_are_told_are_kept_in_utc() -> None:
    there = timezone(timedelta(hours=9))
    made = build(None, FAILED, started_at=NOW.astimezone(there), ended_at=NOW.astimezone(there))
    assert [str(each) for each in (made.started_at, made.ended_at)] == [str(NOW)] * 2


def test_a_clock_that_goes_wrong_ends_no_build_before_its_start() -> None:
    running = build(None, RUNNING, started_at=NOW + 3 * MINUTE)
    assert build(running, FAILED, now=NOW + MINUTE).ended_at == NOW + 3 * MINUTE
    told = build(running, FAILED, now=NOW + MINUTE, ended_at=NOW)
    assert told.length == timedelta()


def test_a_build_of_which_no_start_was_told_has_no_length() -> None:
    assert build(None, SUCCEEDED).length is None
    assert build(None, RUNNING).length is None


def test_what_is_not_told_stays_and_what_is_empty_goes() -> None:
    told: dict[str, Any] = {name: f"the {name}" for name in TEXTS}
    known = build(None, QUEUED, tags=("a", "b"), **told)
    assert {name: getattr(known, name) for name in TEXTS} == told
    for state in (QUEUED, RUNNING, SUCCEEDED):
        same = build(known, state)
        assert {name: getattr(same, name) for name in (*TEXTS, "tags")} == {
            **told,
            "tags": ("a", "b"),
        }
    for name in TEXTS:
        emptied: dict[str, Any] = {name: ""}
        assert build(known, QUEUED, **emptied) == replace(known, **emptied)
    assert build(known, QUEUED, tags=()).tags == ()


def test_tags_stand_once_in_their_order() -> None:
    known = build(None, QUEUED, tags=("b", "a", "b", "c", "a"))
    assert known.tags == ("b", "a", "c")
    assert build(known, QUEUED, tags=("z", "b", "z")).tags == ("z", "b")


@pytest.mark.parametrize("state", BuildState)
def test_a_build_that_is_not_over_is_silent_after_a_day(state: BuildState) -> None:
    known = build(None, state)
    day = NOW + timedelta(days=1)
    almost = day - timedelta(microseconds=1)
    assert (known.is_silent(almost), known.is_silent(day)) == (False, not state.over)
    assert (known.is_open(almost), known.is_open(day)) == (not state.over, False)


def test_a_silent_build_that_is_heard_of_goes_on() -> None:
    back = build(build(None, RUNNING), RUNNING, now=NOW + 3 * SILENCE)
    assert back.is_open(NOW + 3 * SILENCE)
    assert not back.is_silent(NOW + 3 * SILENCE)
    assert build(back, SUCCEEDED, now=NOW + 5 * SILENCE).started_at == NOW


# Each with how many minutes after the one before it arrives; both clocks may go wrong.
MINUTES = st.integers(-5, 5000)
TOLD = st.tuples(
    MINUTES,
    st.builds(
        Report,
        name=st.just("1"),
        state=st.sampled_from(BuildState),
        tags=st.none() | st.lists(st.sampled_from("abc"), max_size=4).map(tuple),
        message=st.none() | st.sampled_from(["", "words", "others"]),
        ref=st.none() | st.sampled_from(["", "main"]),
        started_at=st.none() | MINUTES.map(lambda minutes: NOW + minutes * MINUTE),
        ended_at=st.none() | MINUTES.map(lambda minutes: NOW + minutes * MINUTE),
    ),
)


@given(st.lists(TOLD, max_size=12))
def test_whatever_is_told_a_build_only_moves_on(told: Sequence[tuple[int, Report]]) -> None:
    known: Build | None = None
    first = now = NOW
    for minutes, report in told:
        now += minutes * MINUTE
        try:
            accept(report, now=now)
            made = after(known, report, repository="acme/web", by="ci", now=now)
        except Problem:
            continue
        first = now if known is None else first
        _is_sound(made, report, first, now)
        if known is not None:
            _follows(known, made, report)
        known = made


def _is_sound(made: Build, report: Report, first: datetime, now: datetime) -> None:
    assert made.state is report.state
    assert (made.created_at, made.reported_at) == (first, now)
    assert (made.ended_at is not None) is made.state.over
    assert made.state is not RUNNING or made.started_at is not None
    if made.started_at is not None and made.ended_at is not None:
        assert made.ended_at >= made.started_at
    assert len(set(made.tags)) == len(made.tags)
    if report.tags is not None:
        places = [report.tags.index(tag) for tag in made.tags]
        assert set(made.tags) == set(report.tags)
        assert places == sorted(places)


def _follows(known: Build, made: Build, report: Report) -> None:
    assert made.state in WAYS[known.state]
    assert made.name == known.name
    if report.tags is None:
        assert made.tags == known.tags
    for name in TEXTS:
        told = getattr(report, name)
        assert getattr(made, name) == (getattr(known, name) if told is None else told)
    if report.started_at is None and known.started_at is not None:
        assert made.started_at == known.started_at
