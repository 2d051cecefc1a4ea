"""What a garbage collection may do, decided from facts and times alone.

    a blob that no manifest of its repository names   kept for the grace, then retired: the
                                                      repository has it no more
    a retired blob                                    put back by a push that names it; after the
                                                      grace it is forgotten, and its bytes condemned
    bytes that no blob and no manifest names          condemned
    condemned bytes                                   spared by a push; removed once they are due

Manifests are the roots, with a tag or without one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from entrepot.model.garbage import Condemned, Link, RetiredLink

# The longest that one batch of removals may take; whoever comes later may remove the same.
REMOVING: Final = timedelta(minutes=5)
# A removal is begun only so early in that time: the store may be slow, and try again.
BEGUN: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Fate:
    """What is done with retired blobs."""

    restored: tuple[RetiredLink, ...]
    forgotten: tuple[RetiredLink, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is done with condemned bytes."""

    spared: tuple[Condemned, ...]
    removed: tuple[Condemned, ...]


def retire(links: Sequence[Link], *, now: datetime, grace: timedelta) -> list[Link]:
    """The unnamed blobs that were in their repositories for longer than the grace."""
    return [link for link in links if link.linked_at <= now - grace]


def settle(retired: Sequence[RetiredLink], *, now: datetime, grace: timedelta) -> Fate:
    """What becomes of retired blobs: what is named after all goes back, the rest with time."""
    return Fate(
        restored=tuple(each for each in retired if each.named),
        forgotten=tuple(
            each for each in retired if not each.named and each.retired_at <= now - grace
        ),
    )


def due(now: datetime, grace: timedelta, spared: timedelta) -> datetime:
    """When bytes are due that are condemned now without having waited as retired blobs."""
    return now + max(grace, spared)


def judge(condemned: Sequence[Condemned], *, now: datetime) -> Verdict:
    """What becomes of condemned bytes; those that somebody removes at this moment are left."""
    return Verdict(
        spared=tuple(each for each in condemned if each.held and each.until <= now),
        removed=tuple(
            each for each in condemned if not each.held and each.due <= now and each.until <= now
        ),
    )
