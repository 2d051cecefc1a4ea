"""All accounts, for administrators."""

from typing import Annotated

from pydantic import BaseModel, Field

from entrepot.accounts import factors, profile, sessions
from entrepot.accounts.invitations import withdraw
from entrepot.accounts.passwords import accept, one_time
from entrepot.accounts.signup import NewAccount, create_account, delete_account
from entrepot.auth.policy import Action
from entrepot.errors import Denied, Stale
from entrepot.http.api.account import AccountDocument, shown
from entrepot.http.api.caller import Known
from entrepot.http.api.routing import Routes
from entrepot.http.api.shapes import Document, Done, Last, Page, Secret, Size, Typed, page_of
from entrepot.http.api.teams import InvitationInfo, InvitationMade, NewInvitation, invitation, made
from entrepot.metadata.port import Transaction
from entrepot.model.account import LOCAL, CodeKind
from entrepot.model.permission import Visibility

routes = Routes("users")

Name = Annotated[str, Field(max_length=255)]
_USER = "/users/{account}"


class NewUser(Document):
    """An account; without a password it gets one that must be changed."""

    name: Typed
    password: Secret | None = None
    email: Typed | None = None
    full_name: Typed = ""
    admin: bool = False


class UserMade(BaseModel):
    """A new account; a password that was made for it is shown this once."""

    account: AccountDocument
    password: str | None


class Standing(Document):
    """What an account becomes."""

    admin: bool | None = None
    disabled: bool | None = None


class OneTimePassword(BaseModel):
    """A password that must be changed; it is shown this once."""

    password: str


@routes.add("GET", "/users", Action.ADMINISTER)
async def list_users(caller: Known, last: Last = "", size: Size = 100) -> Page[AccountDocument]:
    """All accounts."""
    found = await caller.read(lambda t: t.accounts.page(last, size + 1))
    return page_of((shown(account) for account in found), size, "name")


@routes.add("POST", "/users", Action.ADMINISTER, 201)
async def create(caller: Known, new: NewUser) -> UserMade:
    """Make an account."""
    services = caller.services
    if new.admin and not caller.actor.interactive:
        raise Denied("a token makes no administrators; log in with a password")
    given = accept(new.password, new.name) if new.password is not None else None
    password = given or one_time()
    account = NewAccount(
        new.name,
        await services.passwords.hash(password),
        email=new.email,
        full_name=new.full_name,
        admin=new.admin,
        must_change=given is None,
    )
    visibility = Visibility(services.settings.auth.default_visibility.value)
    now = services.stores.clock()
    created = await caller.write(
        lambda t: create_account(t, account, visibility, caller.cause, claim=True, now=now)
    )
    return UserMade(account=shown(created), password=None if given else password)


@routes.add("GET", _USER, Action.ADMINISTER)
async def get(caller: Known, account: Name) -> AccountDocument:
    """An account."""
    return shown(await caller.read(lambda t: profile.known(t, account)))


@routes.add("PATCH", _USER, Action.ADMINISTER_PEOPLE)
async def change(caller: Known, account: Name, new: Standing) -> AccountDocument:
    """Make an administrator or not; disable or enable. Disabled, all it logs in with stops."""
    now = caller.services.stores.clock()
    return shown(
        await caller.write(
            lambda t: profile.change_standing(
                t, account, caller.cause, admin=new.admin, disabled=new.disabled, now=now
            )
        )
    )


@routes.add("DELETE", _USER, Action.ADMINISTER_PEOPLE)
async def delete(caller: Known, account: Name) -> Done:
    """Delete an account without repositories; its name stays taken."""
    now = caller.services.stores.clock()

    def work(t: Transaction) -> None:
        profile.known(t, account)
        delete_account(t, account, caller.cause, now=now)

    await caller.write(work)
    return Done()


@routes.add("POST", f"{_USER}/password", Action.ADMINISTER_PEOPLE)
async def set_password(caller: Known, account: Name) -> OneTimePassword:
    """Give an account a password that must be changed; its sessions end."""
    password, now = one_time(), caller.services.stores.clock()
    kept = await caller.services.passwords.hash(password)

    def work(t: Transaction) -> None:
        if profile.known(t, account).source != LOCAL:
            raise Stale("that account's password is kept elsewhere")
        profile.set_password(t, account, kept, caller.cause, must_change=True, now=now)

    await caller.write(work)
    return OneTimePassword(password=password)


@routes.add("DELETE", f"{_USER}/totp", Action.ADMINISTER_PEOPLE)
async def end_totp(caller: Known, account: Name) -> Done:
    """Turn an account's one-time codes off, for who lost the authenticator."""
    now = caller.services.stores.clock()

    def work(t: Transaction) -> None:
        profile.known(t, account)
        factors.turn_off(t, account, caller.cause, now=now)

    await caller.write(work)
    return Done()


@routes.add("DELETE", f"{_USER}/sessions", Action.ADMINISTER)
async def end_sessions(caller: Known, account: Name) -> Done:
    """End all sessions of an account, and all logins of its programs by password."""
    now = caller.services.stores.clock()

    def work(t: Transaction) -> None:
        profile.known(t, account)
        sessions.end_all(t, account, caller.cause, now=now)

    await caller.write(work)
    return Done()


@routes.add("GET", "/sign-up-invitations", Action.ADMINISTER)
async def list_invitations(
    caller: Known, last: Last = "", size: Size = 100
) -> Page[InvitationInfo]:
    """Invitations to make an account."""
    found = await caller.read(lambda t: t.codes.page(CodeKind.SIGN_UP, None, last, size + 1))
    return page_of((invitation(code) for code in found), size, "id")


@routes.add("POST", "/sign-up-invitations", Action.ADMINISTER, 201)
async def invite(caller: Known, new: NewInvitation) -> InvitationMade:
    """Invite somebody to make an account; the code is shown this once."""
    return await made(caller, None, NewInvitation(email=new.email))


@routes.add("DELETE", "/sign-up-invitations/{invitation}", Action.ADMINISTER)
async def withdraw_invitation(caller: Known, invitation: Name) -> Done:
    """Withdraw an invitation."""
    now = caller.services.stores.clock()
    await caller.write(lambda t: withdraw(t, None, invitation, caller.cause, now=now))
    return Done()
