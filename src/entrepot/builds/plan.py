"""What a report makes of a build: decided from it, from what was known, and from the time.

    queued ── running ─┬─ succeeded
                       ├─ failed
                       └─ canceled

Steps may be left out, and the same may be told again; no way leads back.
"""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from entrepot.builds.reports import Report
from entrepot.errors import Stale
from entrepot.model.build import Build, BuildState

_TOLD: Final = ("digest", "source", "ref", "commit", "log", "message")
_STEPS: Final = {BuildState.QUEUED: 0, BuildState.RUNNING: 1}
_LAST: Final = 2


def after(
    before: Build | None, report: Report, *, repository: str, by: str, now: datetime
) -> Build:
    """The build as it is from now on; Stale where it cannot come to that state any more."""
    if before is None:
        before = _new(repository, report, by, now)
    elif not _leads(before.state, report.state):
        raise Stale(
            f"the build {before.name} is reported as {before.state} already; tell of another"
            " attempt under a name of its own"
        )
    started = _started(before, report, now)
    told: dict[str, Any] = {
        name: value for name in _TOLD if (value := getattr(report, name)) is not None
    }
    if report.tags is not None:
        told["tags"] = tuple(dict.fromkeys(report.tags))
    return replace(
        before,
        state=report.state,
        started_at=started,
        ended_at=_ended(before, report, started, now),
        reported_at=now,
        reported_by=by,
        **told,
    )


def _new(repository: str, report: Report, by: str, now: datetime) -> Build:
    return Build(
        number=0,
        repository=repository,
        name=report.name,
        state=report.state,
        tags=(),
        digest="",
        source="",
        ref="",
        commit="",
        log="",
        message="",
        created_at=now,
        started_at=None,
        ended_at=None,
        reported_at=now,
        reported_by=by,
    )


def _leads(before: BuildState, state: BuildState) -> bool:
    further = _STEPS.get(state, _LAST) > _STEPS.get(before, _LAST)
    return state is before or further


def _started(before: Build, report: Report, now: datetime) -> datetime | None:
    known = _utc(report.started_at) or before.started_at
    return now if known is None and report.state is BuildState.RUNNING else known


def _ended(
    before: Build, report: Report, started: datetime | None, now: datetime
) -> datetime | None:
    if not report.state.over:
        return None
    ended = _utc(report.ended_at) or before.ended_at or now
    # The builder's clock may have told the one and ours the other: what ends has started.
    return ended if started is None else max(started, ended)


def _utc(told: datetime | None) -> datetime | None:
    return None if told is None else told.astimezone(UTC)
