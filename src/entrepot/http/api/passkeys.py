"""Passkeys of one's own account."""

import base64
from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from entrepot.accounts import passkeys
from entrepot.auth.policy import Action
from entrepot.http.api.account import Confirmation, confirm, me
from entrepot.http.api.caller import Known
from entrepot.http.api.login import Credential, site
from entrepot.http.api.routing import Routes
from entrepot.http.api.shapes import Done, Typed
from entrepot.model.account import Passkey

routes = Routes("passkeys")


class PasskeyInfo(BaseModel):
    """A passkey."""

    id: str
    name: str
    created_at: datetime
    last_used_at: datetime | None


class NewPasskey(Credential):
    """What a browser made, and what to call it."""

    name: Typed = Field("passkey", max_length=100)


@routes.add("GET", "/account/passkeys", Action.SECURE_ACCOUNT)
async def list_passkeys(caller: Known) -> list[PasskeyInfo]:
    """The account's passkeys."""
    found = await caller.read(lambda t: t.passkeys.of_account(caller.name))
    return [_passkey(passkey) for passkey in found]


def _passkey(passkey: Passkey) -> PasskeyInfo:
    return PasskeyInfo(
        id=passkey.id,
        name=passkey.name,
        created_at=passkey.created_at,
        last_used_at=passkey.last_used_at,
    )


@routes.add("POST", "/account/passkeys/options", Action.SECURE_ACCOUNT)
async def begin_passkey(caller: Known, confirmation: Confirmation) -> dict[str, Any]:
    """What a browser needs to make a passkey."""
    account = await confirm(caller, confirmation.password)
    now = caller.services.stores.clock()
    challenge = base64.urlsafe_b64decode(caller.services.draw() + "=" * 4)
    return await caller.write(
        lambda t: passkeys.begin_registration(t, account, site(caller.origin), challenge, now=now)
    )


@routes.add("POST", "/account/passkeys", Action.SECURE_ACCOUNT, 201)
async def add_passkey(caller: Known, new: NewPasskey) -> PasskeyInfo:
    """Keep the passkey that a browser made."""
    account, now = await me(caller), caller.services.stores.clock()
    made = await caller.write(
        lambda t: passkeys.finish_registration(
            t, account, site(caller.origin), new.name, new.credential, cause=caller.cause, now=now
        )
    )
    return _passkey(made)


@routes.add("DELETE", "/account/passkeys/{passkey}", Action.SECURE_ACCOUNT)
async def remove_passkey(caller: Known, passkey: str) -> Done:
    """Forget a passkey; every other session that was begun with a passkey ends."""
    now, session = caller.services.stores.clock(), caller.session.id if caller.session else None
    await caller.write(
        lambda t: passkeys.remove(t, caller.name, passkey, caller.cause, session=session, now=now)
    )
    return Done()
