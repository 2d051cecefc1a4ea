"""May they: one decision for every operation."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, TypeAlias

from entrepot.auth.principal import Actor


class Action(StrEnum):
    """What can be asked for; every route names one."""

    ENTER = "registry:enter"
    CATALOG = "registry:catalog"
    PULL = "repository:pull"
    PUSH = "repository:push"
    DELETE = "repository:delete"


@dataclass(frozen=True, slots=True)
class Allowed:
    def __bool__(self) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class Denied:
    """A refusal, with its reason."""

    reason: str

    def __bool__(self) -> bool:
        return False


Decision: TypeAlias = Allowed | Denied


class Authorizer(Protocol):
    """The one place that decides: asked for every operation, and for each source of a mount."""

    def decide(self, actor: Actor, action: Action, repository: str | None) -> Decision: ...


class OpenAccess:
    """Everyone may do everything: a registry without accounts."""

    def __init__(self) -> None:
        self._yes = Allowed()

    def decide(self, actor: Actor, action: Action, repository: str | None) -> Decision:  # noqa: ARG002 - nothing is looked at when all is open
        return self._yes
