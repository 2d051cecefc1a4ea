"""Logging in and out, signing up, and setting a forgotten password."""

import base64
from datetime import datetime, timedelta
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import Response
from pydantic import Field

from entrepot.accounts import invitations, passkeys, profile, sessions
from entrepot.accounts.mail import reset_text
from entrepot.accounts.passwords import accept
from entrepot.accounts.secrets import digest
from entrepot.accounts.signup import NewAccount, create_account
from entrepot.auth.policy import Action
from entrepot.config.auth import SignUp
from entrepot.errors import Denied, SecondFactorNeeded, Stale
from entrepot.http.api.caller import Known
from entrepot.http.api.routing import Routes
from entrepot.http.api.shapes import Document, Done, Secret, Typed
from entrepot.http.caller import Caller, cookie_name
from entrepot.http.origin import Origin
from entrepot.http.services import Services
from entrepot.metadata.port import Transaction
from entrepot.model.account import Account, Session
from entrepot.model.audit import Cause
from entrepot.model.permission import Visibility

routes = Routes("login")


class Login(Document):
    """A name or an e-mail address, a password, and a second factor where there is one."""

    name: Typed
    password: Secret
    code: Annotated[str, Field(max_length=64)] | None = Field(
        None, description="A one-time code or a recovery code."
    )


class SessionDocument(Document):
    """A session that began: the cookie is in Set-Cookie."""

    account: str
    csrf: str = Field(description="Send this as X-CSRF-Token with all that changes something.")
    expires_at: datetime
    must_change_password: bool


class SignUpDocument(Document):
    """A new account."""

    name: Typed
    password: Secret
    email: Typed | None = None
    full_name: Typed = ""
    invitation: Secret | None = None


class Reset(Document):
    """Whose password was forgotten."""

    email: Typed


class NewPassword(Document):
    """A new password."""

    password: Secret


class Credential(Document):
    """What a browser's passkey answered."""

    credential: dict[str, Any]


@routes.add("POST", "/sign-up", Action.ANYONE, 201)
async def sign_up(caller: Known, new: SignUpDocument) -> Done:
    """Make an account, where that is allowed."""
    policy = caller.services.settings.auth.sign_up
    invited = new.invitation is not None
    if policy is SignUp.CLOSED or (policy is SignUp.INVITED and not invited):
        raise Denied("an account here needs an invitation; ask an administrator")
    caller.knock.ensure_private()
    await caller.authenticator.admit(caller.origin.address)
    kept = await caller.services.passwords.hash(accept(new.password, new.name))
    account = NewAccount(new.name, kept, email=new.email, full_name=new.full_name)
    shown = Visibility(caller.services.settings.auth.default_visibility.value)
    now = caller.services.stores.clock()

    def work(t: Transaction) -> None:
        if new.invitation is not None:
            invitations.redeem_sign_up(t, new.invitation, now=now)
        create_account(t, account, shown, caller.cause, now=now)

    await caller.write(work)
    return Done()


@routes.add("POST", "/login", Action.ANYONE)
async def log_in(caller: Known, login: Login, response: Response) -> SessionDocument:
    """Begin a session with a password, and a one-time code where the account asks for one."""
    caller.knock.ensure_private()
    account = await caller.authenticator.account_by_password(
        login.name, login.password, caller.knock
    )
    if account.totp is not None:
        if not login.code:
            raise SecondFactorNeeded
        await caller.authenticator.second_factor(account, login.code, caller.knock)
    return await begin(caller, account, "password", response)


async def begin(
    caller: Caller, account: Account, method: str, response: Response
) -> SessionDocument:
    """A new session, whose secret goes into the cookie; the one before it ends."""
    services = caller.services
    now, life = services.stores.clock(), timedelta(days=services.settings.auth.session_days)
    opening = sessions.Opening(
        services.draw(), services.draw(), method, caller.origin.address, caller.agent, life
    )

    def work(t: Transaction) -> Session:
        if caller.session is not None:
            t.sessions.end(caller.session.id)
        return sessions.open_session(t, account, opening, now=now)

    session = await caller.write(work)
    _set_cookie(response, caller.origin, opening.secret, life)
    return SessionDocument(
        account=account.name,
        csrf=session.csrf,
        expires_at=session.expires_at,
        must_change_password=account.must_change,
    )


def _set_cookie(response: Response, origin: Origin, secret: str, life: timedelta) -> None:
    response.set_cookie(
        cookie_name(origin),
        secret,
        max_age=int(life.total_seconds()),
        path="/",
        secure=origin.scheme == "https",
        httponly=True,
        samesite="lax",
    )
    response.headers["cache-control"] = "no-store"


@routes.add("POST", "/logout", Action.ANYONE)
async def log_out(caller: Known, response: Response) -> Done:
    """End the session that the cookie is of."""
    now = caller.services.stores.clock()
    if caller.session is not None:
        session, cause = caller.session, caller.cause
        await caller.write(
            lambda t: sessions.end_session(t, session.account, session.id, cause, now=now)
        )
    response.delete_cookie(
        cookie_name(caller.origin), path="/", secure=caller.origin.scheme == "https", httponly=True
    )
    return Done()


@routes.add("POST", "/login/passkey/options", Action.ANYONE)
async def begin_passkey(caller: Known) -> dict[str, Any]:
    """What a browser needs to log in with a passkey."""
    await caller.authenticator.admit(caller.origin.address)
    now, challenge = caller.services.stores.clock(), _challenge(caller)
    return await caller.write(
        lambda t: passkeys.begin_login(t, site(caller.origin), challenge, now=now)
    )


def _challenge(caller: Caller) -> bytes:
    return base64.urlsafe_b64decode(caller.services.draw() + "=" * 4)


def site(origin: Origin) -> passkeys.Site:
    """The site that passkeys are made for."""
    return passkeys.Site(urlsplit(origin.url).hostname or "", origin.url)


@routes.add("POST", "/login/passkey", Action.ANYONE)
async def log_in_with_passkey(
    caller: Known, answer: Credential, response: Response
) -> SessionDocument:
    """Begin a session with a passkey, which is both factors in one."""
    now = caller.services.stores.clock()
    account = await caller.write(
        lambda t: passkeys.finish_login(t, site(caller.origin), answer.credential, now=now)
    )
    return await begin(caller, account, passkeys.METHOD, response)


@routes.add("POST", "/password-resets", Action.ANYONE, 202)
async def ask_reset(caller: Known, reset: Reset) -> Done:
    """Send an e-mail with which a new password is set; the answer does not tell whether one was."""
    services = caller.services
    if not mails_links(services):
        raise Stale("no e-mail is set up here; ask an administrator for a new password")
    await caller.authenticator.admit(caller.origin.address)
    # Not before the answer: how long it takes would tell whether there is an account.
    services.later(_send_reset(services, reset.email))
    return Done()


async def _send_reset(services: Services, email: str) -> None:
    """Send a code to the address, where it is an account's."""
    now, secret, key = services.stores.clock(), services.draw(), services.draw()[:16]
    made = await services.stores.metadata.write(
        lambda t: profile.begin_reset(t, email, secret, key, now=now)
    )
    if made is not None and made.email is not None:
        address = f"{services.settings.server.url}/reset/{secret}"
        await services.post.send(made.email, "A new password", reset_text(address, made.name))


def mails_links(services: Services) -> bool:
    """Whether links can be mailed: never to where a request says that this server is."""
    return services.post.works and services.settings.server.url is not None


@routes.add("POST", "/password-resets/{code}", Action.ANYONE)
async def reset_password(caller: Known, code: str, new: NewPassword) -> Done:
    """Set a new password by the code in the e-mail."""
    caller.knock.ensure_private()
    key, now = digest(code), caller.services.stores.clock()
    name = await caller.read(lambda t: profile.whose_reset(t, key, now=now))
    kept = await caller.services.passwords.hash(accept(new.password, name))
    cause = Cause(name, caller.origin.address, "e-mail")
    await caller.write(lambda t: profile.finish_reset(t, key, kept, cause, now=now))
    return Done()
