"""Which repositories somebody may pull from, as what a search can be narrowed to.

It says what `Access.listable` says of each repository, of all of them at once. Where that is not
possible, because a token's scope is a pattern with parts of many names, it leaves some out; the
more, the longer it takes to compare a name with all patterns of the token.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import chain, islice
from typing import Final

from entrepot.auth.patterns import affordable, covers
from entrepot.auth.policy import VERBS, Action, Holder, lists_all
from entrepot.auth.principal import Actor
from entrepot.metadata.port import Transaction
from entrepot.model.permission import TokenScope
from entrepot.model.search import Seen
from entrepot.oci.names import OFFICIAL, canonical, is_repository

# Namespaces, and repositories that are named one by one; those who have more miss the rest.
MOST: Final = 5_000
EVERYTHING: Final = "*"
_PAGE: Final = 500
# What names are compared with patterns for, in one read: some 40 ms.
_WORK: Final = 200_000


def seen_by(
    t: Transaction,
    actor: Actor,
    holder: Holder,
    listable: Callable[[Transaction, Sequence[str]], frozenset[str]],
    *,
    anonymous_pull: bool,
) -> Seen:
    """What the actor, who is still who they were, may see; *listable* says it of names."""
    if not lists_all(actor):
        named = [scope.name for scope in actor.access or () if scope.type == "repository"]
        return Seen(public=anonymous_pull, repositories=listable(t, named))
    if actor.anonymous:
        return Seen(public=anonymous_pull)
    if actor.account is None:
        return _within_scopes(t, holder, [actor.namespace or ""], [], public=anonymous_pull)
    if holder.admin:
        return _of_administrator(t, holder, public=anonymous_pull)
    spaces = t.grants.spaces(actor.account, "", MOST)
    if actor.account not in {OFFICIAL, *spaces}:
        spaces.append(actor.account)
    granted = _granted(t, actor.account)
    if not holder.scopes or EVERYTHING in _pulls(holder):
        return Seen(public=True, namespaces=frozenset(spaces), repositories=frozenset(granted))
    return _within_scopes(t, holder, spaces, granted, public=anonymous_pull)


def _within_scopes(
    t: Transaction, holder: Holder, spaces: list[str], repositories: list[str], *, public: bool
) -> Seen:
    """Those of the namespaces and repositories that the token's scopes leave."""
    pulls = _pulls(holder)
    most = affordable(pulls, _WORK)
    spaces = spaces[:most]
    whole = {space for space in spaces if any(covers(scope, f"{space}/*") for scope in pulls)}
    others = _names(t, [space for space in spaces if space not in whole])
    named = islice(chain(repositories, others), most)
    some = {name for name in named if any(covers(scope, name) for scope in pulls)}
    return Seen(public=public, namespaces=frozenset(whole), repositories=frozenset(some))


def _of_administrator(t: Transaction, holder: Holder, *, public: bool) -> Seen:
    """Everything, or the namespaces and repositories that the scopes name."""
    pulls = _pulls(holder)
    if not holder.scopes or EVERYTHING in pulls:
        return Seen(everything=True)
    named = [canonical(scope) for scope in pulls if is_repository(scope)]
    spaces = {scope.partition("/")[0] for scope in pulls if "/" in scope}
    return _within_scopes(t, holder, sorted(spaces), named, public=public)


def _pulls(holder: Holder) -> list[str]:
    def reads(scope: TokenScope) -> bool:
        return VERBS[Action.PULL] in scope.verbs

    return [scope.repository for scope in holder.scopes if reads(scope)]


def _granted(t: Transaction, account: str) -> list[str]:
    found: list[str] = []
    last = ""
    while len(found) < MOST and (page := t.grants.repositories(account, last, _PAGE)):
        last = page[-1]
        found += page
    return found


def _names(t: Transaction, spaces: list[str]) -> Iterator[str]:
    room, last = MOST, ""
    while room > 0 and (page := t.repositories.within_any(spaces, last, _PAGE)):
        last = page[-1]
        room -= len(page)
        yield from page
