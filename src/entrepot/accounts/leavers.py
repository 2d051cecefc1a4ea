"""People whom their identity source no longer knows: their accounts are disabled meanwhile."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from entrepot.metadata.port import Transaction
from entrepot.model.account import Account
from entrepot.model.audit import Cause

_ACTOR: Final = "entrepot"


def candidates(accounts: Sequence[Account]) -> list[Account]:
    """Those whose source decides whether they have access: not who was disabled otherwise."""
    return [each for each in accounts if not each.disabled or each.left_at is not None]


def settle(t: Transaction, account: Account, *, there: bool, now: datetime) -> None:
    """Disable the account of somebody who is not *there* any more; enable it once they are."""
    current = t.accounts.get(account.name)
    if current is None or current.subject != account.subject or not candidates([current]):
        return
    if there and current.left_at is not None:
        take_back(t, current, now=now)
    elif not there and current.left_at is None:
        t.accounts.change(current.name, {"disabled": True, "left_at": now})
        cause = Cause(_ACTOR, "", current.source)
        t.audit.add(cause, "account.leave", current.name, at=now, detail=current.source)


def take_back(t: Transaction, account: Account, *, now: datetime) -> Account:
    """Enable the account of somebody whom the source knows again."""
    t.accounts.change(account.name, {"disabled": False, "left_at": None})
    cause = Cause(_ACTOR, "", account.source)
    t.audit.add(cause, "account.return", account.name, at=now, detail=account.source)
    return t.accounts.get(account.name) or account
