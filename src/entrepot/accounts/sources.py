"""Accounts of people whom another source vouches for."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Final

from entrepot.accounts import leavers
from entrepot.accounts.names import RESERVED, candidates
from entrepot.accounts.profile import forget_resets
from entrepot.accounts.secrets import digest
from entrepot.accounts.signup import NewAccount, create_account
from entrepot.errors import Denied, FieldInvalid, Taken
from entrepot.metadata.port import Transaction
from entrepot.model.account import Account, Naming
from entrepot.model.audit import Cause
from entrepot.model.permission import Visibility


@dataclass(frozen=True, slots=True)
class Vouched:
    """A person as a source knows them; `groups` is None where it knows of no groups."""

    source: str
    subject: str
    name: str
    email: str | None
    full_name: str
    groups: frozenset[str] | None


# Usernames with a number that are tried.
_TRIES: Final = 100
# What a message repeats of a name.
_SHOWN: Final = 80


def settle(
    t: Transaction,
    person: Vouched,
    visibility: Visibility,
    cause: Cause,
    *,
    naming: Naming = Naming.LOCAL_PART,
    now: datetime,
) -> Account:
    """The person's account, created if needed, with the teams of their groups; Taken, Denied.

    It is linked by the source's id for the person. A username that belongs to another account is
    never taken over.
    """
    account = t.accounts.by_subject(person.source, person.subject)
    if account is None:
        account = _make(t, person, _username(t, person, naming), visibility, cause, now)
    if account.disabled and account.left_at is not None:
        account = leavers.take_back(t, account, now=now)
    if account.disabled:
        raise Denied("this account is disabled")
    if person.groups is not None:
        t.teams.follow(account.name, person.groups)
    changed = _news(t, account, person)
    if changed:
        t.accounts.change(account.name, changed)
    if "email" in changed:
        forget_resets(t, account.name)
    return account


def _username(t: Transaction, person: Vouched, naming: Naming) -> str:
    """A username that is free; Taken where the name itself is one that is not, Denied."""
    fallback = f"user-{digest(f'{person.source} {person.subject}')[:8]}"
    for name in islice(candidates(person.name, naming, fallback), _TRIES):
        if name in RESERVED:
            continue
        if t.namespaces.get(name) is None and not t.repositories.within(name, "", 1):
            return name
        if name == person.name.lower():
            raise Taken(f"the name {name} belongs to another account here; ask an administrator")
    raise Denied(
        f"no account can be created for {person.name[:_SHOWN]!r}: a username has letters and"
        " digits, joined by . _ __ or - (auth.account_names)"
    )


def _make(  # noqa: PLR0917 - as settle
    t: Transaction,
    person: Vouched,
    name: str,
    visibility: Visibility,
    cause: Cause,
    now: datetime,
) -> Account:
    email = person.email
    if email is not None and t.accounts.by_email(email.lower()) is not None:
        email = None
    new = NewAccount(
        name,
        None,
        email=email,
        full_name=person.full_name[:200],
        source=person.source,
        subject=person.subject,
    )
    try:
        return create_account(t, new, visibility, cause, now=now)
    except Taken:
        raise Taken(
            f"the name {name} belongs to another account here; ask an administrator"
        ) from None
    except FieldInvalid as error:
        raise Denied(f"no account can be created for {name}: {error}") from None


def _news(t: Transaction, account: Account, person: Vouched) -> Mapping[str, object]:
    values: dict[str, object] = {}
    if person.full_name and person.full_name[:200] != account.full_name:
        values["full_name"] = person.full_name[:200]
    email = (person.email or "").lower()
    if email and email != account.email and t.accounts.by_email(email) is None:
        values["email"] = email
    return values
