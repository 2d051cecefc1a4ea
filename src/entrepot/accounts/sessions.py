"""Sessions of browsers."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from entrepot.accounts.secrets import digest
from entrepot.errors import NotFound
from entrepot.metadata.port import Transaction
from entrepot.model.account import Account, Session
from entrepot.model.audit import Cause

# Sessions of one account; a further one ends the one that was seen longest ago.
MOST: Final = 100


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


def end_all(t: Transaction, account: Account, cause: Cause, *, now: datetime) -> None:
    """End all sessions and all logins of programs by password; tokens go on."""
    for session in t.sessions.of_account(account.name):
        t.sessions.end(session.id)
    t.accounts.change(account.name, {"generation": account.generation + 1})
    t.audit.add(cause, "logout.all", account.name, at=now)
