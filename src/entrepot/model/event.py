"""What happened to a repository, told in the transaction that did it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class EventKind(StrEnum):
    """What there is to tell of."""

    PUSH = "push"
    PULL = "pull"
    DELETE = "delete"
    DESCRIBE = "describe"
    BUILD = "build"
    QUOTA = "quota"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened; `id` is 0 until the metadata numbers it.

    `tag` is empty where a manifest was pushed, pulled or deleted by its digest, and `digest` where
    a tag alone was deleted. Of a quota, `size` is what the namespace holds, and `detail` a JSON
    object with the `limits` and whether somebody was `refused`; of a build it is one with the
    `build`, whose first tag and digest, so far as they are known, are the event's.
    """

    id: int
    kind: EventKind
    repository: str
    tag: str
    digest: str
    media_type: str
    size: int
    actor: str
    address: str
    at: datetime
    detail: str = ""
