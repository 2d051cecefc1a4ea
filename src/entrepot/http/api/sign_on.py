"""Single sign-on by a provider of OpenID Connect."""

import json
from datetime import timedelta
from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import Header, Query, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel

from entrepot.accounts.secrets import digest
from entrepot.accounts.sources import settle
from entrepot.auth.policy import Action
from entrepot.auth.sources.oidc import Begun, Provider
from entrepot.errors import NotFound, PasswordWrong
from entrepot.http.api.caller import Known
from entrepot.http.api.login import begin
from entrepot.http.api.routing import Routes
from entrepot.http.caller import Caller
from entrepot.model.account import Code, CodeKind
from entrepot.model.audit import Cause
from entrepot.model.permission import Visibility

routes = Routes("sign-on")

# For browsers there are pages that do the same, and tell what failed.
BEGIN: Final = "/login/sign-on"
END: Final = "/login/signed-on"
_LIFE: Final = timedelta(minutes=10)
_BROWSER: Final = "entrepot-sign-on"


class SignOnInfo(BaseModel):
    """Ways to log in that a page offers."""

    title: str | None
    password: bool = True


@routes.add("GET", "/sign-on", Action.ANYONE)
async def ways(caller: Known) -> SignOnInfo:
    """The sign-on that is set up, if any."""
    on = caller.services.sign_on is not None
    return SignOnInfo(title=caller.services.settings.auth.oidc.title if on else None)


@routes.add("GET", "/sign-on/begin", Action.ANYONE, 303, RedirectResponse)
async def start(
    caller: Known, then: Annotated[str, Query(alias="next", max_length=500)] = "/"
) -> RedirectResponse:
    """Send the browser to the provider."""
    provider, services = _provider(caller), caller.services
    await caller.authenticator.admit(caller.origin.address)
    begun = await provider.begin(_back(caller))
    now, browser = services.stores.clock(), services.draw()
    data = json.dumps(
        {
            "nonce": begun.nonce,
            "verifier": begun.verifier,
            "browser": digest(browser),
            "next": local(then),
        }
    )
    key = digest(begun.state)
    kind, by = CodeKind.SIGN_ON, "anonymous"
    code = Code(key, key, kind, None, None, data, now, by, now + _LIFE)
    await caller.write(lambda t: t.codes.add(code))
    response = RedirectResponse(begun.url, 303)
    response.set_cookie(
        _BROWSER,
        browser,
        max_age=int(_LIFE.total_seconds()),
        path="/",
        secure=caller.origin.scheme == "https",
        httponly=True,
        samesite="lax",
    )
    return response


def local(address: str) -> str:
    """*address*, when it is a path of this server; `/` otherwise, so that nobody is sent away."""
    plain = address.isascii() and address.isprintable() and "\\" not in address
    return address if plain and address.startswith("/") and address[1:2] != "/" else "/"


def _provider(caller: Caller) -> Provider:
    if caller.services.sign_on is None:
        raise NotFound("no sign-on is set up here (auth.oidc)")
    return caller.services.sign_on


def _back(caller: Caller) -> str:
    return f"{caller.origin.url}/api/sign-on/callback"


@routes.add("GET", "/sign-on/callback", Action.ANYONE, 303, RedirectResponse)
async def callback(
    caller: Known,
    state: Annotated[str, Query(max_length=500)] = "",
    code: Annotated[str, Query(max_length=4000)] = "",
    error: Annotated[str, Query(max_length=500)] = "",
    *,
    accept: Annotated[str, Header(include_in_schema=False)] = "",
) -> Response:
    """Where the provider sends the browser back to: a session begins."""
    if "text/html" in accept:
        told = urlencode({"state": state, "code": code, "error": error})
        return RedirectResponse(f"{END}?{told}", 303)
    return await finish(caller, state, code, error)


async def finish(caller: Caller, state: str, code: str, error: str) -> Response:
    """Begin the session of whom the provider vouches for; PasswordWrong, Denied, Taken.

    SourceRefused, SourceUnavailable.
    """
    provider, services = _provider(caller), caller.services
    now = services.stores.clock()
    kept = await caller.write(lambda t: t.codes.take(digest(state), CodeKind.SIGN_ON, now=now))
    if kept is None:
        raise PasswordWrong("that sign-on took too long, or was used before; begin again")
    data = json.loads(kept.data)
    if error or data["browser"] != digest(caller.cookies.get(_BROWSER, "")):
        raise PasswordWrong("the sign-on was not finished; begin again")
    begun = Begun("", state, data["nonce"], data["verifier"])
    person = await provider.finish(_back(caller), code, begun)
    visibility = Visibility(services.settings.auth.default_visibility.value)
    naming = services.settings.auth.account_names
    cause = Cause("anonymous", caller.origin.address, "sign-on")
    account = await caller.write(
        lambda t: settle(t, person, visibility, cause, naming=naming, now=now)
    )
    response = RedirectResponse(local(data["next"]), 303)
    await begin(caller, account, "sign-on", response)
    return response
