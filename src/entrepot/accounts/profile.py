"""An account's own settings: who they are, and their password."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from entrepot.accounts.mail import may_send
from entrepot.accounts.names import accept_email
from entrepot.accounts.secrets import digest
from entrepot.accounts.signup import keep_administrator
from entrepot.errors import FieldInvalid, NotFound, Taken
from entrepot.metadata.port import Transaction
from entrepot.model.account import Account, Code, CodeKind
from entrepot.model.audit import Cause

RESET_LIFE: Final = timedelta(hours=2)
_LONGEST: Final = 200


def known(t: Transaction, name: str) -> Account:
    """The account; NotFound."""
    account = t.accounts.get(name)
    if account is None:
        raise NotFound(f"there is no account {name}")
    return account


def change_profile(
    t: Transaction,
    name: str,
    cause: Cause,
    *,
    email: str | None,
    full_name: str | None,
    now: datetime,
) -> Account:
    """Set what is not None; an empty e-mail address takes it away. Taken, FieldInvalid."""
    values: dict[str, object] = {}
    if email is not None:
        values["email"] = accept_email(email) if email else None
    if full_name is not None:
        if len(full_name) > _LONGEST:
            raise FieldInvalid("a name to show has at most 200 characters", field="full_name")
        values["full_name"] = full_name
    if values:
        _change(t, name, values)
        t.audit.add(cause, "account.change", name, at=now, detail=" ".join(sorted(values)))
    return known(t, name)


def _change(t: Transaction, name: str, values: Mapping[str, object]) -> None:
    if not t.accounts.change(name, values):
        raise Taken("that e-mail address has another account")


def set_password(
    t: Transaction,
    name: str,
    password: str,
    cause: Cause,
    *,
    must_change: bool = False,
    now: datetime,
) -> None:
    """Set the password's hash, and end every session and every login by the old one."""
    account = known(t, name)
    values = {"password": password, "must_change": must_change}
    t.accounts.change(name, values | {"generation": account.generation + 1})
    t.codes.clear(CodeKind.RESET, name)
    t.audit.add(cause, "account.password", name, at=now)


def begin_reset(
    t: Transaction, email: str, secret: str, key: str, *, now: datetime
) -> Account | None:
    """Keep *secret* as good for one new password; None when no message is to be sent."""
    account = t.accounts.by_email(email.lower())
    if account is None or account.disabled or account.password is None:
        return None
    # No code without its message: a link that was sent stays valid until another one is.
    if not may_send(t, email, now=now):
        return None
    t.codes.clear(CodeKind.RESET, account.name)
    t.codes.add(
        Code(
            digest(secret),
            key,
            CodeKind.RESET,
            account.name,
            None,
            "",
            now,
            account.name,
            now + RESET_LIFE,
        )
    )
    return account


def change_standing(
    t: Transaction,
    name: str,
    cause: Cause,
    *,
    admin: bool | None,
    disabled: bool | None,
    now: datetime,
) -> Account:
    """Make an administrator or not, disable or enable; Stale for the last administrator."""
    account = known(t, name)
    if (admin is False and account.admin) or disabled:
        keep_administrator(t, name)
    values: dict[str, object] = {}
    if admin is not None:
        values["admin"] = admin
    if disabled is not None:
        # Whoever is enabled again logs in anew.
        values |= {"disabled": disabled, "left_at": None, "generation": account.generation + 1}
    if values:
        t.accounts.change(name, values)
        detail = " ".join(f"{field}={value}" for field, value in sorted(values.items()))
        t.audit.add(cause, "account.standing", name, at=now, detail=detail)
    return known(t, name)
