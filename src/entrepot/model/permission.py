"""What may be done, and who was given it."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum


class Role(IntEnum):
    """What one may do to a repository; each includes the ones before it."""

    READER = 1
    WRITER = 2
    MAINTAINER = 3
    OWNER = 4

    @property
    def label(self) -> str:
        """The role's name on the wire."""
        return self.name.lower()


class Verb(StrEnum):
    """What a token can be limited to."""

    PULL = "pull"
    PUSH = "push"
    DELETE = "delete"
    MANAGE = "manage"


class Visibility(StrEnum):
    """Who may pull: everyone, or those who were given a role."""

    PUBLIC = "public"
    PRIVATE = "private"


@dataclass(frozen=True, slots=True)
class Grant:
    """A role given to an account or a team, on a namespace or on one repository of it.

    `repository` is empty where the role is on the whole namespace; of `account` and `team` one
    is set.
    """

    namespace: str
    repository: str
    account: str | None
    team: str | None
    role: Role
    created_at: datetime
    created_by: str


@dataclass(frozen=True, slots=True)
class TokenScope:
    """What a token may do: verbs on repositories and tags by pattern, in which `*` is any text."""

    repository: str
    verbs: frozenset[Verb]
    tags: str = "*"
