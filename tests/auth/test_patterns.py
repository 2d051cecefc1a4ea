"""Patterns of tokens: what they stand for, and what comparing names with them costs."""

import asyncio
import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.auth import policy, seen
from entrepot.auth.access import AccountAccess
from entrepot.auth.actors import bearer_of
from entrepot.auth.patterns import affordable, covers, fits
from entrepot.metadata.port import Transaction
from entrepot.metadata.sql.sqlite import SqliteMetadata
from entrepot.model.account import NamespaceKind
from entrepot.model.permission import TokenScope, Verb
from tests.metadata.samples import moment
from tests.metadata.samples_access import account, namespace, personal
from tests.metadata.samples_search import repository

TEXTS = st.text("ab/*\n?[", max_size=12)
# A part that is found late or never: the costliest there is, by its length.
COSTLY = "alice/*" + "a" * 60 + "b" + "a" * 60 + "*"


def test_what_patterns_stand_for() -> None:
    assert covers("*", "a/b/c")
    assert covers("library/*", "centos")
    assert covers("cent*", "centos")
    assert not covers("a?b", "axb")
    assert not covers("a[bc]", "ab")
    assert not covers("acme/*", "acmes/web")
    assert not covers("acme/web", "acme/web/more")


@given(TEXTS, TEXTS)
def test_a_star_is_any_text_and_all_else_is_itself(pattern: str, text: str) -> None:
    expression = ".*".join(map(re.escape, pattern.split("*")))
    assert fits(pattern, text) is (re.fullmatch(expression, text, re.DOTALL) is not None)


def test_the_costlier_the_patterns_the_fewer_the_names() -> None:
    usual = affordable(["acme/web*"] * 5, seen._WORK)
    assert usual > seen.MOST
    assert affordable([COSTLY] * 50, seen._WORK) < 40
    assert affordable(["a*" * 120] * 50, seen._WORK) < 5
    assert affordable(["a*" * 120] * 50, 1) == 1
    assert affordable([], 1) == 1


FOUND = "alice/z" + "a" * 60 + "b" + "a" * 60
NAMES = [*(f"alice/{'a' * 200}{number:03}" for number in range(150)), FOUND]
TOKEN = personal("costly", scopes=(TokenScope(COSTLY, frozenset({Verb.PULL})),) * 50)
ACTOR = bearer_of(TOKEN)


def _fill(t: Transaction) -> None:
    t.namespaces.add(namespace("alice", NamespaceKind.PERSONAL))
    t.accounts.add(account("alice"))
    for name in NAMES:
        repository(t, name, public=False)
    t.tokens.add(TOKEN)


@pytest.fixture
def compared(
    metadata: SqliteMetadata, write: Callable[[Any], Any], monkeypatch: pytest.MonkeyPatch
) -> list[int]:
    """How many names are compared with a pattern, in each read."""
    write(_fill)
    reads, read = [0], metadata.read

    async def counted(work: Any) -> Any:
        reads.append(0)
        return await read(work)

    def watched(pattern: str, name: str) -> bool:
        reads[-1] += 1
        return covers(pattern, name)

    monkeypatch.setattr(metadata, "read", counted)
    for module in (policy, seen):
        monkeypatch.setattr(module, "covers", watched)
    return reads


def test_lists_compare_few_names_in_one_read(
    metadata: SqliteMetadata, runner: asyncio.Runner, compared: list[int]
) -> None:
    access = AccountAccess(metadata, moment, anonymous_pull=False)
    assert runner.run(access.repositories(ACTOR, "", 1000)) == [FOUND]
    assert 0 < max(compared) < 4_000


def test_searches_and_pages_compare_few_names(
    metadata: SqliteMetadata, runner: asyncio.Runner, compared: list[int]
) -> None:
    access = AccountAccess(metadata, moment, anonymous_pull=False)
    runner.run(metadata.read(access.seen(ACTOR)))
    assert 0 < max(compared) < 2_000
    choose = access.readable(ACTOR)
    runner.run(metadata.read(lambda t: choose(t, NAMES)))
    assert max(compared) < 12_000
