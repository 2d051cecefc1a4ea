"""The facts that the policy decides on, read from the metadata and kept while they are proven."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Final, Protocol, TypeAlias

from entrepot.auth.facts import Facts, read_facts, read_holder, read_roles
from entrepot.auth.patterns import affordable
from entrepot.auth.policy import (
    NOWHERE,
    YES,
    Action,
    Allowed,
    Decision,
    Holder,
    Place,
    decide,
    lists_all,
)
from entrepot.auth.principal import Actor
from entrepot.auth.seen import MOST, seen_by
from entrepot.clock import Clock
from entrepot.metadata.port import Metadata, Transaction
from entrepot.model.permission import Role, Visibility
from entrepot.model.search import Seen
from entrepot.oci.names import namespace_of
from entrepot.registry.lookups import Lookups

# Names that are looked at in one read.
_TOGETHER: Final = 200
# What names are compared with a token's patterns for, in one read, and in one of many.
_WORK: Final = 200_000
_PIECE: Final = 50_000
# Those of some names of repositories that somebody may see; all at once, as lists are long.
Choice: TypeAlias = Callable[[Transaction, Sequence[str]], frozenset[str]]


class Access(Protocol):
    """The one place that decides: asked for every operation, and for each source of a mount."""

    async def decide(
        self,
        actor: Actor,
        action: Action,
        *,
        repository: str = "",
        namespace: str = "",
        tag: str | None = None,
    ) -> Decision: ...

    async def decide_each(
        self, actor: Actor, actions: Sequence[Action], *, repository: str = "", namespace: str = ""
    ) -> list[Decision]:
        """What `decide` says of each, as of one moment."""

    def readable(self, actor: Actor) -> Choice:
        """Those repositories from which the actor may pull, as of the transaction that asks.

        Of many names, those that come last are left out where a token's patterns are costly.
        """

    def listable(self, actor: Actor) -> Choice:
        """Those that a listing may show to the actor: the catalog, and what is found.

        That is what they may pull from, and what they might with a Bearer token that may list.
        """

    def seen(self, actor: Actor) -> Callable[[Transaction], Seen]:
        """What the actor may see, for a search; each hit is still to be asked for."""

    async def repositories(self, actor: Actor, last: str, size: int) -> list[str]:
        """Up to *size* names after *last* of repositories from which the actor may pull."""


class OpenAccess:
    """Everyone may do everything: a registry without accounts."""

    def __init__(self, metadata: Metadata) -> None:
        self._metadata = metadata

    async def decide(
        self,
        actor: Actor,  # noqa: ARG002 - nothing is looked at when all is open
        action: Action,  # noqa: ARG002
        *,
        repository: str = "",  # noqa: ARG002
        namespace: str = "",  # noqa: ARG002
        tag: str | None = None,  # noqa: ARG002
    ) -> Allowed:
        return YES

    async def decide_each(
        self,
        actor: Actor,  # noqa: ARG002
        actions: Sequence[Action],
        *,
        repository: str = "",  # noqa: ARG002
        namespace: str = "",  # noqa: ARG002
    ) -> list[Decision]:
        return [YES] * len(actions)

    def readable(self, actor: Actor) -> Choice:  # noqa: ARG002
        return lambda _, names: frozenset(names)

    def listable(self, actor: Actor) -> Choice:
        return self.readable(actor)

    def seen(self, actor: Actor) -> Callable[[Transaction], Seen]:  # noqa: ARG002
        return lambda _: Seen(everything=True)

    async def repositories(self, actor: Actor, last: str, size: int) -> list[str]:  # noqa: ARG002
        return await self._metadata.read(lambda t: t.repositories.page(last, size))


class AccountAccess:
    """What was given to accounts, teams and tokens decides, as it stands at this moment."""

    def __init__(self, metadata: Metadata, clock: Clock, *, anonymous_pull: bool) -> None:
        self._metadata = metadata
        self._clock = clock
        self._anonymous_pull = anonymous_pull
        self._facts: Lookups[Facts] = Lookups(metadata)

    async def decide(
        self,
        actor: Actor,
        action: Action,
        *,
        repository: str = "",
        namespace: str = "",
        tag: str | None = None,
    ) -> Decision:
        facts = await self._known(actor, repository, namespace)
        return self._judge(actor, action, facts, tag)

    async def decide_each(
        self, actor: Actor, actions: Sequence[Action], *, repository: str = "", namespace: str = ""
    ) -> list[Decision]:
        facts = await self._known(actor, repository, namespace)
        return [self._judge(actor, action, facts, None) for action in actions]

    async def _known(self, actor: Actor, repository: str, namespace: str) -> Facts:
        key = (actor.account, actor.namespace, actor.token, actor.generation, repository, namespace)
        facts = await self._facts.find(key, lambda t: read_facts(t, actor, repository, namespace))
        # A look-up can find nothing; ours always finds something.
        return facts or Facts(Holder(valid=False), NOWHERE)

    def _judge(self, actor: Actor, action: Action, facts: Facts, tag: str | None) -> Decision:
        return decide(
            actor,
            action,
            facts.holder,
            facts.place,
            tag=tag,
            now=self._clock(),
            anonymous_pull=self._anonymous_pull,
        )

    def readable(self, actor: Actor) -> Choice:
        def choose(t: Transaction, names: Sequence[str]) -> frozenset[str]:
            holder = read_holder(t, actor)
            names = names[: affordable(_patterns(holder), _WORK)]
            shown = t.repositories.visibilities(names)

            def may_pull(name: str, role: Role | None) -> bool:
                public = shown.get(name) is Visibility.PUBLIC
                place = Place(namespace_of(name), name, public, role, member=False)
                return bool(self._judge(actor, Action.PULL, Facts(holder, place), None))

            found = {name for name in names if may_pull(name, None)}
            # A role only ever adds: it is looked for where it makes the change.
            others = [name for name in names if name not in found]
            roles = read_roles(t, actor.account, others) if actor.account else {}
            return frozenset(found | {name for name, role in roles.items() if may_pull(name, role)})

        return choose

    def listable(self, actor: Actor) -> Choice:
        whole = lists_all(actor)
        named = frozenset(scope.name for scope in actor.access or ())
        readable = self.readable(actor)
        # What they might pull, if their Bearer token were asked for that.
        visible = self.readable(replace(actor, access=None))

        def choose(t: Transaction, names: Sequence[str]) -> frozenset[str]:
            found = readable(t, names)
            others = [name for name in names if name not in found and (whole or name in named)]
            return found | visible(t, others) if others else found

        return choose

    def seen(self, actor: Actor) -> Callable[[Transaction], Seen]:
        def work(t: Transaction) -> Seen:
            holder = read_holder(t, actor)
            ended = holder.expires_at is not None and holder.expires_at <= self._clock()
            if not holder.valid or ended:
                return Seen()
            public = self._anonymous_pull
            return seen_by(t, actor, holder, self.listable(actor), anonymous_pull=public)

        return work

    async def repositories(self, actor: Actor, last: str, size: int) -> list[str]:
        may_list = self.listable(actor)
        found: list[str] = []

        def work(t: Transaction, begin: str) -> tuple[list[str], int]:
            names = _candidates(t, actor, begin, min(size, _TOGETHER))
            return names, affordable(_patterns(read_holder(t, actor)), _PIECE)

        while len(found) < size:
            names, most = await self._metadata.read(partial(work, begin=last))
            if not names:
                break
            last = names[-1]
            for start in range(0, len(names), most):
                found += await self._chosen(may_list, names[start : start + most])
                # However many may not be listed, others have their turn on the loop.
                await asyncio.sleep(0)
        return found[:size]

    async def _chosen(self, choose: Choice, names: Sequence[str]) -> list[str]:
        some = await self._metadata.read(lambda t: choose(t, names))
        return [name for name in names if name in some]


def _patterns(holder: Holder) -> list[str]:
    return [scope.repository for scope in holder.scopes]


def _candidates(t: Transaction, actor: Actor, last: str, size: int) -> list[str]:
    """The next names that could be visible; it costs what a page costs, however many are not."""
    holder = read_holder(t, actor)
    if holder.valid and holder.admin:
        return t.repositories.page(last, size)
    names = set(t.repositories.public(last, size))
    spaces = [actor.namespace] if actor.namespace else []
    if actor.account is not None:
        spaces += t.namespaces.of_account(actor.account, "", MOST)
        granted = t.grants.repositories(actor.account, last, size)
        names |= t.repositories.visibilities(granted).keys()
    names |= set(t.repositories.within_any(spaces, last, size))
    return sorted(names)[:size]
