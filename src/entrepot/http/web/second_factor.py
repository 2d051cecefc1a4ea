"""The step between a right password and a one-time code.

Whoever gave the password gets a ticket, with which the code alone is missing. So the password is
neither asked for again nor kept anywhere. A wrong code counts as in any other login.
"""

from datetime import timedelta
from typing import Final

from entrepot.accounts.secrets import digest
from entrepot.http.web.visit import Visit
from entrepot.metadata.port import Transaction
from entrepot.model.account import Account, Code, CodeKind

_LIFE: Final = timedelta(minutes=5)


async def begin(visit: Visit, name: str, password: str) -> str:
    """A ticket for the account whose password that is."""
    caller, services = visit.caller, visit.services
    account = await caller.authenticator.account_by_password(name, password, caller.knock)
    now, secret, key = visit.clock(), services.draw(), services.draw()[:16]
    kind, state, ends = CodeKind.LOGIN, str(account.generation), now + _LIFE
    ticket = Code(digest(secret), key, kind, account.name, None, state, now, account.name, ends)
    await caller.write(lambda t: t.codes.add(ticket))
    return secret


async def finish(visit: Visit, ticket: str, code: str) -> Account | None:
    """The account, when the code is right; None when the ticket is no good. PasswordWrong."""
    key, now = digest(ticket), visit.clock()

    def waiting(t: Transaction) -> Account | None:
        kept = t.codes.find(key, CodeKind.LOGIN)
        if kept is None or kept.account is None or kept.expires_at <= now:
            return None
        account = t.accounts.get(kept.account)
        # A new password since then is one that was not given.
        if account is None or account.disabled or str(account.generation) != kept.data:
            return None
        return account

    account = await visit.caller.read(waiting)
    if account is None:
        return None
    if account.totp is not None:
        await visit.caller.authenticator.second_factor(account, code, visit.caller.knock)
    taken = await visit.caller.write(lambda t: t.codes.take(key, CodeKind.LOGIN, now=now))
    return account if taken is not None else None
