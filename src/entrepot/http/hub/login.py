"""Logging in as scripts do at Docker Hub: a name and a password for a token of an hour.

The token is signed and made for these addresses alone. It hangs on an identity token that nobody
is given: the account sees it in its list, and revokes it there.
"""

from datetime import timedelta
from typing import Final

from entrepot.auth.actors import bearer_of
from entrepot.auth.policy import Action
from entrepot.errors import RequestInvalid, TokenInvalid, Unauthenticated, Unsupported
from entrepot.http.hub import door
from entrepot.http.hub.answers import answer, asked, text_of
from entrepot.http.request import Request
from entrepot.http.response import Response
from entrepot.http.services import Services
from entrepot.http.token import remember
from entrepot.wire import challenges

LIFE: Final = timedelta(hours=1)


async def log_in(services: Services, request: Request) -> Response:
    """`{"username", "password"}` for `{"token"}`; PasswordWrong, SecondFactorNeeded and others."""
    return answer({"token": await _token(services, request, ("username",), ("password",))})


async def get_token(services: Services, request: Request) -> Response:
    """`{"identifier", "secret"}` for `{"access_token"}`; the same."""
    names, secrets = ("identifier", "username"), ("secret", "password")
    return answer({"access_token": await _token(services, request, names, secrets)})


async def _token(
    services: Services, request: Request, names: tuple[str, ...], secrets: tuple[str, ...]
) -> str:
    if services.authenticator is None:
        raise Unsupported("this registry is open to all; it has no accounts to log in to")
    members = await asked(request, by_anyone=True)
    name, secret = text_of(members, *names), text_of(members, *secrets)
    if not name or not secret:
        raise RequestInvalid(f"send {names[0]} and {secrets[0]}")
    try:
        actor = await services.authenticator.by_password(
            name, secret, door.knock(services, request)
        )
        request.actor = actor
        if not await services.access.decide(actor, Action.ANYONE):
            raise TokenInvalid("these credentials are good no longer")
    except Unauthenticated as problem:
        problem.challenge = challenges.basic(services.settings.service)
        raise
    kept, _ = await remember(services, request, actor, LIFE)
    return (await services.hub_bearers.issue(bearer_of(kept), ())).token
