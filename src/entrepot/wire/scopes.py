"""Scopes of Bearer tokens: what a client asks for, and what it was given.

Distribution's "Token Scope Documentation": `type:name:action,action`, where a type may have a
class, `repository(plugin)`, and several scopes are parted by spaces.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Final

from entrepot.errors import RequestInvalid

REPOSITORY: Final = "repository"
REGISTRY: Final = "registry"
CATALOG: Final = "catalog"
# More than any client asks for; a push with many mounts asks for one scope a source.
_LIMIT: Final = 100
_LENGTH: Final = 512
_ACTIONS: Final = 10


@dataclass(frozen=True, slots=True)
class Scope:
    """Actions on one resource."""

    type: str
    name: str
    actions: frozenset[str]

    @property
    def text(self) -> str:
        """The scope as it is written."""
        return f"{self.type}:{self.name}:{','.join(sorted(self.actions))}"


def parse_scopes(values: Iterable[str]) -> tuple[Scope, ...]:
    """The scopes in *values*, in order, those of one resource as one; RequestInvalid."""
    texts = list(islice((word for value in values for word in value.split()), _LIMIT + 1))
    if len(texts) > _LIMIT:
        raise RequestInvalid(f"ask for at most {_LIMIT} scopes at once")
    found: dict[tuple[str, str], set[str]] = {}
    for text in texts:
        kind, name, actions = _parse(text)
        found.setdefault((kind, name), set()).update(actions)
    return tuple(Scope(kind, name, frozenset(actions)) for (kind, name), actions in found.items())


def _parse(text: str) -> tuple[str, str, list[str]]:
    # A name may hold a port (`host:5000/name`), so the ends are split off first.
    kind, first, rest = text.partition(":")
    name, last, actions = rest.rpartition(":")
    if not first or not last or not name or len(text) > _LENGTH:
        raise RequestInvalid("a scope is type:name:actions, such as repository:alice/web:pull,push")
    wanted = [action for action in actions.split(",") if action]
    if len(wanted) > _ACTIONS:
        raise RequestInvalid(f"a scope has at most {_ACTIONS} actions")
    return kind.partition("(")[0], name, wanted
