"""Usernames of people whom an identity source knows, and accounts that stay theirs."""

from collections.abc import Callable
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.accounts.names import RESERVED, accept_name, candidates
from entrepot.accounts.signup import NewAccount, create_account
from entrepot.accounts.sources import Vouched, settle
from entrepot.errors import Denied, FieldInvalid, Taken
from entrepot.metadata.port import Transaction
from entrepot.model.account import Account, Naming
from entrepot.model.audit import Cause
from entrepot.model.permission import Visibility

NOW = datetime(2026, 1, 2, tzinfo=UTC)
NOBODY = Cause("anonymous")
LOCAL_PART, WHOLE, STRICT = Naming
Write = Callable[[Callable[[Transaction], Any]], Any]


@pytest.mark.parametrize(
    ("name", "naming", "first"),
    [
        ("alice", STRICT, ["alice"]),
        ("Alice", STRICT, ["alice"]),
        ("alice@example.org", STRICT, []),
        ("alice@example.org", LOCAL_PART, ["alice", "alice-2", "alice-3"]),
        ("Alice@Example.org", WHOLE, ["alice-example.org", "alice-example.org-2"]),
        ("Zoë.O'Hara+x@example.org", LOCAL_PART, ["zoe.o-hara-x", "zoe.o-hara-x-2"]),
        ("_a__b_@example.org", LOCAL_PART, ["a-b", "a-b-2"]),
        ("admin@example.org", LOCAL_PART, ["admin-2", "admin-3"]),
        ("users", STRICT, ["users", "users-2"]),
        ("张三", LOCAL_PART, ["user-1", "user-1-2"]),
        ("@example.org", LOCAL_PART, ["user-1", "user-1-2"]),
        ("\u212aelly", LOCAL_PART, ["kelly", "kelly-2"]),
    ],
)
def test_the_best_first(name: str, naming: Naming, first: list[str]) -> None:
    assert list(islice(candidates(name, naming, "user-1"), len(first) or 1)) == first


@given(st.text(max_size=200), st.sampled_from([LOCAL_PART, WHOLE]))
def test_any_name_becomes_a_username(name: str, naming: Naming) -> None:
    for candidate in islice(candidates(name, naming, "user-1"), 3):
        assert candidate in RESERVED or accept_name(candidate) == candidate


@pytest.mark.parametrize(
    "name",
    [
        *("u", "r", "users", "repositories", "namespaces", "orgs", "v2", "docker", "sso", "oidc"),
        *("session", "passkeys", "openapi.json", "sudo", "staff", "postmaster", "official-images"),
    ],
)
def test_addresses_of_ours_are_reserved(name: str) -> None:
    with pytest.raises(FieldInvalid, match="reserved"):
        accept_name(name)


def vouched(name: str, subject: str) -> Vouched:
    return Vouched("ldap", subject, name, None, "", None)


def settled(write: Write, name: str, subject: str, naming: Naming = LOCAL_PART) -> Account:
    person = vouched(name, subject)
    made: Account = write(
        lambda t: settle(t, person, Visibility.PRIVATE, NOBODY, naming=naming, now=NOW)
    )
    return made


def test_an_account_is_found_by_its_id_whoever_has_the_name(write: Write) -> None:
    first = settled(write, "alice@example.org", "1")
    second = settled(write, "alice@example.com", "2")
    assert (first.name, second.name) == ("alice", "alice-2")
    assert settled(write, "alice@example.com", "1").name == "alice"
    assert settled(write, "renamed", "2").name == "alice-2"


def test_no_account_is_taken_over(write: Write) -> None:
    local = NewAccount("alice", "hash")
    write(lambda t: create_account(t, local, Visibility.PRIVATE, NOBODY, now=NOW))
    with pytest.raises(Taken):
        settled(write, "alice", "1")
    assert settled(write, "alice@example.org", "1").name == "alice-2"


def test_strict_creates_none(write: Write) -> None:
    with pytest.raises(Denied, match="account_names"):
        settled(write, "alice@example.org", "1", STRICT)
