"""Whoever an identity source no longer knows loses access until it knows them again."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from entrepot.accounts import profile
from entrepot.accounts.sources import Vouched, settle
from entrepot.auth.recheck import Recheck
from entrepot.auth.sources.port import Found
from entrepot.errors import Denied, SourceUnavailable
from entrepot.metadata.port import Transaction
from entrepot.metadata.sql.sqlite import SqliteMetadata
from entrepot.model.account import Account
from entrepot.model.audit import Cause
from entrepot.model.permission import Visibility

NOW = datetime(2026, 1, 2, tzinfo=UTC)
NOBODY = Cause("anonymous")
Write = Callable[[Callable[[Transaction], Any]], Any]


@dataclass
class Staff:
    """A source of people by subject; None where it does not answer."""

    there: set[str] | None
    name: str = "staff"
    asked: list[str] = field(default_factory=list)

    async def verify(self, name: str, password: str, found: Found) -> Vouched | None:
        raise NotImplementedError

    async def verify_known(self, subject: str, password: str, found: Found) -> Vouched | None:
        raise NotImplementedError

    async def still(self, subjects: Sequence[str]) -> frozenset[str]:
        self.asked += subjects
        if self.there is None:
            raise SourceUnavailable
        return frozenset(self.there) & frozenset(subjects)


@dataclass
class World:
    write: Write
    metadata: SqliteMetadata
    runner: asyncio.Runner
    staff: Staff

    def recheck(self, *, now: datetime = NOW, provider: str | None = None) -> None:
        made = Recheck(
            self.metadata,
            lambda: now,
            [self.staff],
            provider=provider,
            sign_on_every=timedelta(days=90),
        )
        self.runner.run(made.run())

    def add(self, name: str, source: str = "staff") -> None:
        person = Vouched(source, f"id of {name}", name, None, "", None)
        self.write(lambda t: settle(t, person, Visibility.PRIVATE, NOBODY, now=NOW))

    def account(self, name: str) -> Account:
        found: Account = self.write(lambda t: t.accounts.get(name))
        return found

    def disabled(self, *names: str) -> list[bool]:
        return [self.account(name).disabled for name in names]


@pytest.fixture
def world(write: Write, metadata: SqliteMetadata, runner: asyncio.Runner) -> World:
    made = World(write, metadata, runner, Staff({"id of alice", "id of bob"}))
    made.add("alice")
    made.add("bob")
    return made


def test_whoever_left_is_out_and_comes_back(world: World) -> None:
    world.recheck()
    assert world.disabled("alice", "bob") == [False, False]
    world.staff.there = {"id of bob"}
    world.recheck()
    assert world.disabled("alice", "bob") == [True, False]
    assert world.account("alice").left_at == NOW
    world.staff.there = {"id of alice", "id of bob"}
    world.recheck()
    assert world.disabled("alice", "bob") == [False, False]
    assert world.account("alice").left_at is None


def test_a_login_that_the_source_confirms_brings_back(world: World) -> None:
    world.staff.there = set()
    world.recheck()
    world.add("alice")
    assert world.disabled("alice", "bob") == [False, True]


def test_a_source_that_does_not_answer_changes_nothing(world: World) -> None:
    world.staff.there = {"id of alice"}
    world.recheck()
    world.staff.there = None
    world.recheck()
    assert world.disabled("alice", "bob") == [False, True]


def test_whoever_an_administrator_disabled_stays_so(world: World) -> None:
    def disable(t: Transaction) -> None:
        profile.change_standing(t, "alice", NOBODY, admin=None, disabled=True, now=NOW)

    world.write(disable)
    world.recheck()
    assert world.disabled("alice") == [True]
    assert "id of alice" not in world.staff.asked
    with pytest.raises(Denied):
        world.add("alice")


def test_accounts_of_other_sources_are_not_looked_at(world: World) -> None:
    world.add("carol", "other")
    world.staff.there = set()
    world.recheck()
    assert world.disabled("alice", "bob", "carol") == [True, True, False]


def test_whoever_does_not_sign_on_again_is_out(world: World) -> None:
    world.add("carol", "oidc:x")
    world.recheck(now=NOW + timedelta(days=89), provider="oidc:x")
    assert world.disabled("carol") == [False]
    world.recheck(now=NOW + timedelta(days=91), provider="oidc:x")
    assert world.disabled("carol") == [True]
    world.add("carol", "oidc:x")
    assert world.disabled("carol") == [False]
