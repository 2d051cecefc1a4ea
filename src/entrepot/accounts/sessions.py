"""Sessions of browsers."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from entrepot.accounts.secrets import digest
from entrepot.errors import NotFound, Stale
from entrepot.metadata.port import Transaction
from entrepot.model.account import Account, CodeKind, Session
from entrepot.model.audit import Cause

# Sessions of one account; a further one ends the one that was seen longest ago.
MOST: Final = 100
# What somebody who was logged in, or gave the password, has begun and not finished.
_BEGUN: Final = (CodeKind.LOGIN, CodeKind.SECOND_FACTOR, CodeKind.PASSKEY)


@dataclass(frozen=True, slots=True)
class Opening:
    """What a new session is made of: its secret, its CSRF token, and who asks from where."""

    secret: str
    csrf: str
    method: str
    address: str
    agent: str
    life: timedelta


def open_session(t: Transaction, account: Account, opening: Opening, *, now: datetime) -> Session:
    """Begin a session; it never takes over the id of one that was there before."""
    session = Session(
        id=digest(opening.secret),
        account=account.name,
        generation=account.generation,
        method=opening.method,
        csrf=opening.csrf,
        address=opening.address,
        agent=opening.agent[:200],
        created_at=now,
        seen_at=now,
        expires_at=now + opening.life,
    )
    t.sessions.limit(account.name, MOST - 1)
    t.sessions.add(session)
    t.accounts.change(account.name, {"last_login_at": now})
    cause = Cause(account.name, opening.address, "session")
    t.audit.add(cause, "login", account.name, at=now, detail=opening.method)
    return session


def live_session(t: Transaction, secret: str, *, now: datetime) -> tuple[Session, Account] | None:
    """The session of a cookie and its account, while both are good."""
    session = t.sessions.get(digest(secret))
    if session is None or session.expires_at <= now:
        return None
    account = t.accounts.get(session.account)
    if account is None or account.disabled or account.generation != session.generation:
        return None
    return session, account


def end_session(t: Transaction, account: str, key: str, cause: Cause, *, now: datetime) -> None:
    """End a session of the account, by the beginning of its id that listings show; NotFound."""
    for session in t.sessions.of_account(account):
        if session.id[:16] == key or session.id == key:
            t.sessions.end(session.id)
            t.audit.add(cause, "logout", account, at=now)
            return
    raise NotFound("there is no such session")


def end_all(t: Transaction, name: str, cause: Cause, *, now: datetime) -> None:
    """End all sessions and all logins of programs by password; tokens go on."""
    for session in t.sessions.of_account(name):
        t.sessions.end(session.id)
    end_logins(t, name)
    t.audit.add(cause, "logout.all", name, at=now)


def end_logins(t: Transaction, name: str) -> None:
    """End all that was got with the account's password or in a session; access tokens stay.

    Two that do it at the same moment count one after the other.
    """
    _lock(t, name)
    account = t.accounts.get(name)
    if account is not None:
        t.accounts.change(name, {"generation": account.generation + 1})
    for kind in _BEGUN:
        t.codes.clear(kind, name)


def ensure_current(t: Transaction, account: Account) -> None:
    """Raise Stale where logins were ended since the account was read: its password is no proof."""
    _lock(t, account.name)
    present = t.accounts.get(account.name)
    if present is None or present.disabled or present.generation != account.generation:
        raise Stale("the account was changed at the same moment; log in again")


def _lock(t: Transaction, name: str) -> None:
    t.lock(f"logins of {name}")


def end_others(t: Transaction, account: str, method: str, *, but: str | None) -> None:
    """End the account's sessions that were begun by the method, but for one."""
    for session in t.sessions.of_account(account):
        if session.method == method and session.id != but:
            t.sessions.end(session.id)
