"""What a worker process does to accounts and access; its arguments and results are JSON."""

import itertools
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, Final

from entrepot.metadata.port import Transaction
from entrepot.model.account import CodeKind, NamespaceKind
from entrepot.model.permission import Role
from tests.metadata.samples import moment
from tests.metadata.samples_access import (
    account,
    code,
    entry,
    grant,
    namespace,
    reply,
    robot,
)


async def _each(metadata: Any, rounds: int, work: Callable[[Transaction, int], Any]) -> list[Any]:
    """The results of *work* in one write a round."""
    return [
        await metadata.write(lambda t, n=number: work(t, n), durable=False)
        for number in range(rounds)
    ]


async def add_accounts(metadata: Any, rounds: int, actor: str) -> list[bool]:
    """Add an account a round, whose name or e-mail address others want as well."""

    def add(t: Transaction, number: int) -> bool:
        name = f"same-{number}" if number % 2 == 0 else f"{actor}-{number}"
        t.namespaces.add(namespace(name, NamespaceKind.PERSONAL))
        return t.accounts.add(replace(account(name), email=f"{number}@example.com"))

    return await _each(metadata, rounds, add)


async def change_emails(metadata: Any, rounds: int, actor: str) -> list[bool]:
    """Change to an e-mail address a round that others want as well."""
    return await _each(
        metadata,
        rounds,
        lambda t, n: t.accounts.change(f"{actor}-{n}", {"email": f"{n}@example.org"}),
    )


async def take_codes(metadata: Any, rounds: int) -> list[bool]:
    """Take a code a round; returns which were got."""

    def take(t: Transaction, number: int) -> bool:
        digest = code(str(number)).digest
        return t.codes.take(digest, CodeKind.RESET, now=moment()) is not None

    return await _each(metadata, rounds, take)


async def count_failures(metadata: Any, rounds: int, keys: list[str]) -> None:
    """Fail once a round under each of *keys*."""
    await _each(metadata, rounds, lambda t, _: t.places.fail(keys, at=moment(9), since=moment(5)))


async def link_entries(metadata: Any, rounds: int) -> list[int]:
    """Record an entry a round and link what is not linked; returns the positions."""

    def link(t: Transaction, number: int) -> list[int]:
        entry(t, number=number)
        head = t.audit.head()
        position = 0 if head is None or head.position is None else head.position
        linked = []
        for each in t.audit.unlinked(3):
            position += 1
            t.audit.link(each.id, position=position, digest=f"hash of {position}")
            linked.append(position)
        return linked

    return list(itertools.chain(*await _each(metadata, rounds, link)))


async def add_robots(metadata: Any, rounds: int, actor: str) -> list[bool]:
    """Add a robot a round, of a name that others want as well."""
    return await _each(
        metadata, rounds, lambda t, n: t.tokens.add(robot(f"{actor}-{n}", name=str(n)))
    )


async def give_roles(metadata: Any, rounds: int) -> None:
    """Give each role in turn, in place of the one that was there."""
    roles = list(Role)
    await _each(metadata, rounds, lambda t, n: t.grants.give(grant(roles[n % 4], account="alice")))


async def begin_replies(metadata: Any, rounds: int) -> list[bool]:
    """Begin a reply a round."""
    return await _each(metadata, rounds, lambda t, n: t.replies.begin(reply(str(n))))


async def follow_groups(metadata: Any, rounds: int) -> None:
    """Come with a group, and without it."""
    await _each(
        metadata,
        rounds,
        lambda t, n: t.teams.follow("alice", frozenset({"admins"} if n % 2 == 0 else ())),
    )


TASKS: Final[dict[str, Callable[..., Awaitable[Any]]]] = {
    task.__name__: task
    for task in (
        add_accounts,
        change_emails,
        take_codes,
        count_failures,
        link_entries,
        add_robots,
        give_roles,
        begin_replies,
        follow_groups,
    )
}
