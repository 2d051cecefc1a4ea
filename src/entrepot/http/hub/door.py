"""Who calls Docker Hub's addresses, and may they: the door of the gate, with one token more."""

from dataclasses import replace
from typing import Final

from entrepot.accounts.secrets import PREFIX
from entrepot.auth.authenticator import Authenticator, Knock
from entrepot.auth.policy import Action, Denied
from entrepot.auth.principal import ANONYMOUS, Actor
from entrepot.errors import TokenInvalid, Unauthenticated
from entrepot.http import gate
from entrepot.http.request import Request
from entrepot.http.services import Services
from entrepot.wire import challenges
from entrepot.wire.credentials import Basic, Bearer, parse_authorization

# The scheme that Docker Hub's own tokens are sent with.
_SCHEME: Final = "jwt "


async def enter(services: Services, request: Request, action: Action, tag: str | None) -> None:
    """Let the request through, and know who sends it; a Problem says why not."""
    if services.authenticator is None:
        return
    try:
        request.actor = await _actor(services, services.authenticator, request)
        decision = await services.access.decide(
            request.actor, action, repository=request.repository, tag=tag
        )
        if isinstance(decision, Denied):
            raise gate.refusal(decision, request.repository)
    except Unauthenticated as problem:
        problem.challenge = challenges.basic(services.settings.service)
        raise


async def _actor(services: Services, authenticator: Authenticator, request: Request) -> Actor:
    credentials = shown(request)
    if credentials is None:
        return await gate.certified(services, request) or ANONYMOUS
    if isinstance(credentials, Bearer) and not credentials.token.startswith(PREFIX):
        actor = await _logged_in(services, credentials.token)
        if actor is not None:
            return actor
    return await authenticator.identify(knock(services, request, credentials))


def shown(request: Request) -> Basic | Bearer | None:
    """The credentials that the request shows, if any; RequestInvalid."""
    value = request.header(b"authorization")
    if not value:
        return None
    if value[: len(_SCHEME)].lower() == _SCHEME:
        return Bearer(value[len(_SCHEME) :].strip())
    return parse_authorization(value)


async def _logged_in(services: Services, token: str) -> Actor | None:
    """Whom a token of a login here speaks for; None where it is another kind of token.

    It is good for all that the account may do at these addresses, and nowhere else.
    """
    try:
        return replace(await services.hub_bearers.verify(token), access=None)
    except TokenInvalid:
        return None


def knock(services: Services, request: Request, credentials: Basic | Bearer | None = None) -> Knock:
    """What the request shows, and from where."""
    origin = gate.origin_at(services, request)
    private = origin.private or services.settings.auth.insecure
    return Knock(credentials, origin.address, private)
