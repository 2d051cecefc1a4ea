"""With which hand a caller changes a repository, and whether they may."""

from collections.abc import Sequence

from entrepot.auth.policy import Action, Denied
from entrepot.http import gate
from entrepot.http.caller import Caller
from entrepot.registry.curate import Hand


def hand_of(caller: Caller) -> Hand:
    """The caller's, at this moment."""
    audited = caller.services.authenticator is not None
    return Hand(caller.cause, caller.services.stores.clock(), audited)


async def ensure(caller: Caller, action: Action, repository: str, tag: str | None = None) -> None:
    """Raise why they may not; a token can be limited to some tags."""
    decision = await caller.services.access.decide(
        caller.actor, action, repository=repository, tag=tag
    )
    if isinstance(decision, Denied):
        raise gate.refusal(decision, repository)


async def may(caller: Caller, actions: Sequence[Action], repository: str) -> list[bool]:
    """Whether they may do each, for what a page offers."""
    access = caller.services.access
    decisions = await access.decide_each(caller.actor, actions, repository=repository)
    return [bool(decision) for decision in decisions]
