"""Builds of a repository's images, as whoever runs them tells of them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

# A builder that has said nothing for so long has died, as far as anybody can tell.
SILENCE: Final = timedelta(days=1)


class BuildState(StrEnum):
    """How far a build is."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"

    @property
    def over(self) -> bool:
        """Whether nothing more comes after it."""
        return self in _OVER


_OVER: Final = frozenset({BuildState.SUCCEEDED, BuildState.FAILED, BuildState.CANCELED})


@dataclass(frozen=True, slots=True)
class Build:
    """One build; `number` is 0 until the metadata numbers it, and grows along the timeline.

    `name` is what the builder calls it, one in its repository. `source` and `log` are addresses of
    what it is built from and of what it printed. What was not told is empty, or None.
    """

    number: int
    repository: str
    name: str
    state: BuildState
    tags: tuple[str, ...]
    digest: str
    source: str
    ref: str
    commit: str
    log: str
    message: str
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    reported_at: datetime
    reported_by: str

    def is_open(self, now: datetime) -> bool:
        """Whether more is to be heard of it."""
        return not self.state.over and not self.is_silent(now)

    def is_silent(self, now: datetime) -> bool:
        """Whether it is not over, and nothing was heard of it for too long."""
        return not self.state.over and now - self.reported_at >= SILENCE

    @property
    def length(self) -> timedelta | None:
        """How long it ran, once that is known."""
        if self.started_at is None or self.ended_at is None:
            return None
        return self.ended_at - self.started_at
