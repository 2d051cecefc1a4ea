"""One's own account: profile, password, sessions and one-time codes."""

from datetime import datetime
from typing import Annotated

from fastapi import Response
from pydantic import BaseModel, Field

from entrepot.accounts import factors, profile, sessions
from entrepot.accounts.passwords import accept
from entrepot.accounts.signup import delete_account
from entrepot.auth.policy import Action
from entrepot.errors import Denied, PasswordWrong, SecondFactorNeeded
from entrepot.http.api.caller import Known
from entrepot.http.api.login import begin
from entrepot.http.api.routing import Routes
from entrepot.http.api.shapes import Document, Done, Secret, Typed
from entrepot.http.caller import Caller
from entrepot.metadata.port import Transaction
from entrepot.model.account import LOCAL, Account, Session

routes = Routes("account")


class AccountDocument(BaseModel):
    """An account, as its owner and administrators see it."""

    name: str
    email: str | None
    full_name: str
    admin: bool
    disabled: bool
    source: str
    second_factor: bool
    must_change_password: bool
    created_at: datetime
    last_login_at: datetime | None


def shown(account: Account) -> AccountDocument:
    """How an account is shown."""
    return AccountDocument(
        name=account.name,
        email=account.email,
        full_name=account.full_name,
        admin=account.admin,
        disabled=account.disabled,
        source=account.source,
        second_factor=account.totp is not None,
        must_change_password=account.must_change,
        created_at=account.created_at,
        last_login_at=account.last_login_at,
    )


class ProfileDocument(Document):
    """What is to be changed; an empty e-mail address takes it away."""

    email: Typed | None = None
    full_name: Typed | None = None
    password: Secret | None = Field(None, description="The present one, to change the address.")


class PasswordChange(Document):
    """The present password and the new one."""

    old: Secret
    new: Secret


class PasswordChanged(Done):
    """The password was changed; a session goes on as a new one."""

    csrf: str | None = Field(description="The new session's value for X-CSRF-Token.")


class Confirmation(Document):
    """The present password, so that a session left open cannot do this."""

    password: Secret


class TotpEnd(Confirmation):
    """The present password, and a code."""

    code: Annotated[str, Field(max_length=64)] | None = Field(
        None, description="A one-time code or a recovery code."
    )


class Code(Document):
    """A one-time code."""

    code: str = Field(max_length=64)


class TotpSecret(BaseModel):
    """What an authenticator needs; the address is commonly shown as a QR code."""

    secret: str
    address: str


class RecoveryCodes(BaseModel):
    """Codes that are good once each, in place of a one-time code. They are not shown again."""

    codes: list[str]
    csrf: str | None = Field(description="The new session's value for X-CSRF-Token.")


class SessionInfo(BaseModel):
    """A session, without its secret."""

    id: str
    method: str
    address: str
    agent: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    current: bool
    csrf: str | None = Field(description="The value for X-CSRF-Token, of the current session.")


@routes.add("GET", "/account", Action.USE_ACCOUNT)
async def get(caller: Known) -> AccountDocument:
    """The account that asks."""
    return shown(await me(caller))


async def me(caller: Caller) -> Account:
    """The account that calls."""
    return await caller.read(lambda t: profile.known(t, caller.name))


@routes.add("PATCH", "/account", Action.SECURE_ACCOUNT)
async def change(caller: Known, new: ProfileDocument) -> AccountDocument:
    """Change the e-mail address or the name to show."""
    if new.email is not None:
        await confirm(caller, new.password or "")
    now = caller.services.stores.clock()
    return shown(
        await caller.write(
            lambda t: profile.change_profile(
                t, caller.name, caller.cause, email=new.email, full_name=new.full_name, now=now
            )
        )
    )


@routes.add("DELETE", "/account", Action.SECURE_ACCOUNT)
async def delete(caller: Known, confirmation: Confirmation) -> Done:
    """Delete the account, which must have no repositories; its name stays taken."""
    await confirm(caller, confirmation.password)
    now = caller.services.stores.clock()
    await caller.write(lambda t: delete_account(t, caller.name, caller.cause, now=now))
    return Done()


async def confirm(caller: Caller, password: str) -> Account:
    """The account, when that is its password; an account without one has its session alone."""
    account = await me(caller)
    if account.password is None:
        return account
    found = await caller.authenticator.account_by_password(account.name, password, caller.knock)
    if found.name != account.name:
        raise PasswordWrong
    return account


@routes.add("POST", "/account/password", Action.SECURE_ACCOUNT)
async def change_password(
    caller: Known, change: PasswordChange, response: Response
) -> PasswordChanged:
    """Set a new password; every other session and every login by the old one ends."""
    account = await confirm(caller, change.old)
    if account.source != LOCAL:
        raise Denied(f"the password is kept by {account.source}; change it there")
    kept = await caller.services.passwords.hash(accept(change.new, account.name))
    now = caller.services.stores.clock()

    def work(t: Transaction) -> Account:
        # Hashing takes long: another change may have been made with the same old password.
        sessions.ensure_current(t, account)
        profile.set_password(t, account.name, kept, caller.cause, now=now)
        return profile.known(t, account.name)

    renewed = await caller.write(work)
    return PasswordChanged(csrf=await _go_on(caller, renewed, "password", response))


async def _go_on(caller: Caller, account: Account, method: str, response: Response) -> str | None:
    """The csrf value of a new session in place of the caller's, which has ended, if it was one."""
    if caller.session is None:
        return None
    return (await begin(caller, account, method, response)).csrf


@routes.add("GET", "/account/sessions", Action.SECURE_ACCOUNT)
async def list_sessions(caller: Known) -> list[SessionInfo]:
    """The account's sessions, the newest first."""
    found = await caller.read(lambda t: t.sessions.of_account(caller.name)[: sessions.MOST])
    return [_session(session, caller) for session in found]


def _session(session: Session, caller: Caller) -> SessionInfo:
    current = caller.session is not None and caller.session.id == session.id
    return SessionInfo(
        id=session.id[:16],
        method=session.method,
        address=session.address,
        agent=session.agent,
        created_at=session.created_at,
        seen_at=session.seen_at,
        expires_at=session.expires_at,
        current=current,
        csrf=session.csrf if current else None,
    )


@routes.add("DELETE", "/account/sessions/{session}", Action.SECURE_ACCOUNT)
async def end_session(caller: Known, session: str) -> Done:
    """End one session."""
    now = caller.services.stores.clock()
    await caller.write(
        lambda t: sessions.end_session(t, caller.name, session, caller.cause, now=now)
    )
    return Done()


@routes.add("DELETE", "/account/sessions", Action.SECURE_ACCOUNT)
async def end_sessions(caller: Known) -> Done:
    """End all sessions, this one too, and all logins of programs by password."""
    now = caller.services.stores.clock()
    await caller.write(lambda t: sessions.end_all(t, caller.name, caller.cause, now=now))
    return Done()


@routes.add("POST", "/account/totp", Action.SECURE_ACCOUNT)
async def begin_totp(caller: Known, confirmation: Confirmation) -> TotpSecret:
    """A secret for an authenticator; a code must confirm it."""
    await confirm(caller, confirmation.password)
    secret, now = factors.new_secret(), caller.services.stores.clock()
    await caller.write(lambda t: factors.begin(t, caller.name, secret, now=now))
    address = factors.address(secret, caller.name, caller.origin.host)
    return TotpSecret(secret=secret, address=address)


@routes.add("PUT", "/account/totp", Action.SECURE_ACCOUNT)
async def confirm_totp(caller: Known, code: Code, response: Response) -> RecoveryCodes:
    """Turn one-time codes on, and get recovery codes; every other session and login ends."""
    now, codes = caller.services.stores.clock(), _recovery(caller)

    def work(t: Transaction) -> Account:
        factors.confirm(t, caller.name, code.code, codes, caller.cause, now=now)
        return profile.known(t, caller.name)

    renewed = await caller.write(work)
    method = caller.session.method if caller.session else ""
    return RecoveryCodes(codes=codes, csrf=await _go_on(caller, renewed, method, response))


def _recovery(caller: Caller) -> list[str]:
    return factors.recovery_codes([caller.services.draw() for _ in range(10)])


@routes.add("DELETE", "/account/totp", Action.SECURE_ACCOUNT)
async def end_totp(caller: Known, end: TotpEnd) -> Done:
    """Turn one-time codes off, with the password and a one-time code or a recovery code."""
    account = await confirm(caller, end.password)
    if account.totp is not None:
        if not end.code:
            raise SecondFactorNeeded
        await caller.authenticator.second_factor(account, end.code, caller.knock)
    now = caller.services.stores.clock()
    await caller.write(lambda t: factors.turn_off(t, caller.name, caller.cause, now=now))
    return Done()
