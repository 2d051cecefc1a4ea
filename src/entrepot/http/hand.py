"""With which hand a caller changes a repository, and whether they may."""

import asyncio
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


async def ensure_each(caller: Caller, action: Action, repository: str, tags: list[str]) -> None:
    """Raise why they may not do it with one of the tags; others have their turn in between."""
    for tag in tags:
        await ensure(caller, action, repository, tag)
        await asyncio.sleep(0)


async def may(caller: Caller, actions: Sequence[Action], repository: str) -> list[bool]:
    """Whether they may do each, for what a page offers."""
    access = caller.services.access
    decisions = await access.decide_each(caller.actor, actions, repository=repository)
    return [bool(decision) for decision in decisions]
