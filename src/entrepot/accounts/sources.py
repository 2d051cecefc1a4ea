"""Accounts of people whom another source vouches for."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from entrepot.accounts.signup import NewAccount, create_account
from entrepot.errors import Denied, FieldInvalid, Taken
from entrepot.metadata.port import Transaction
from entrepot.model.account import Account
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


def settle(
    t: Transaction, person: Vouched, visibility: Visibility, cause: Cause, *, now: datetime
) -> Account:
    """The person's account, made if needed, with the teams of their groups; Taken, Denied.

    A name that has an account of another source is never taken over.
    """
    account = t.accounts.by_subject(person.source, person.subject)
    if account is None:
        account = _make(t, person, visibility, cause, now)
    if account.disabled:
        raise Denied("this account is disabled")
    if person.groups is not None:
        t.teams.follow(account.name, person.groups)
    changed = _news(t, account, person)
    if changed:
        t.accounts.change(account.name, changed)
    return account


def _make(
    t: Transaction, person: Vouched, visibility: Visibility, cause: Cause, now: datetime
) -> Account:
    email = person.email
    if email is not None and t.accounts.by_email(email.lower()) is not None:
        email = None
    new = NewAccount(
        person.name,
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
            f"the name {person.name} belongs to another account here; ask an administrator"
        ) from None
    except FieldInvalid as error:
        raise Denied(f"no account can be made for {person.name}: {error}") from None


def _news(t: Transaction, account: Account, person: Vouched) -> Mapping[str, object]:
    values: dict[str, object] = {}
    if person.full_name and person.full_name[:200] != account.full_name:
        values["full_name"] = person.full_name[:200]
    email = (person.email or "").lower()
    if email and email != account.email and t.accounts.by_email(email) is None:
        values["email"] = email
    return values
