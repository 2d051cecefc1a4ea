"""An account's own settings: who they are, and their password."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from entrepot.accounts.mail import may_send
from entrepot.accounts.names import accept_email
from entrepot.accounts.secrets import digest
from entrepot.accounts.sessions import end_logins
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
        if "email" in values:
            forget_resets(t, name)
        t.audit.add(cause, "account.change", name, at=now, detail=" ".join(sorted(values)))
    return known(t, name)


def _change(t: Transaction, name: str, values: Mapping[str, object]) -> None:
    if not t.accounts.change(name, values):
        raise Taken("that e-mail address has another account")


def forget_resets(t: Transaction, name: str) -> None:
    """Have no code that was mailed set a password any more: the address or the account changed."""
    t.codes.clear(CodeKind.RESET, name)


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
    values = {"password": password, "must_change": must_change}
    t.accounts.change(name, values)
    end_logins(t, name)
    forget_resets(t, name)
    t.audit.add(cause, "account.password", name, at=now)


def begin_reset(
    t: Transaction, email: str, secret: str, key: str, *, now: datetime
) -> Account | None:
    """Keep *secret* as good for one new password; None when no message is to be sent."""
    # Counted for any address, so that the transaction is one that writes for any address. And no
    # code without its message: a link that was sent stays valid until another one is.
    may = may_send(t, email, now=now)
    account = t.accounts.by_email(email.lower())
    if not may or account is None or account.disabled or account.password is None:
        return None
    forget_resets(t, account.name)
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


def whose_reset(t: Transaction, key: str, *, now: datetime) -> str:
    """The name of the account that the code sets a password of; NotFound."""
    code = t.codes.find(key, CodeKind.RESET)
    account = t.accounts.get(code.account) if code is not None and code.account else None
    if code is None or code.expires_at <= now or account is None or account.disabled:
        raise NotFound("that code was used, or has expired; ask for a new one")
    return account.name


def finish_reset(t: Transaction, key: str, password: str, cause: Cause, *, now: datetime) -> None:
    """Set the password's hash by the code, which is used up; NotFound."""
    name = whose_reset(t, key, now=now)
    if t.codes.take(key, CodeKind.RESET, now=now) is None:
        raise NotFound("that code was used, or has expired; ask for a new one")
    set_password(t, name, password, cause, now=now)


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
        values |= {"disabled": disabled, "left_at": None}
    if values:
        t.accounts.change(name, values)
        if disabled is not None:
            # After being enabled again, the account must log in again.
            end_logins(t, name)
            forget_resets(t, name)
        detail = " ".join(f"{field}={value}" for field, value in sorted(values.items()))
        t.audit.add(cause, "account.standing", name, at=now, detail=detail)
    return known(t, name)
