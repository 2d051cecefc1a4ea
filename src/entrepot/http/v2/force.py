"""Forced deletion of content that other images use."""

from entrepot import errors
from entrepot.auth.policy import Action, Denied
from entrepot.http.request import Request
from entrepot.http.services import Services


async def is_forced(services: Services, request: Request) -> bool:
    """Return whether the request says `force=true`. Raises errors.Denied for all but owners."""
    if request.query("force") != "true":
        return False
    decision = await services.access.decide(
        request.actor, Action.SHARE, repository=request.repository
    )
    if isinstance(decision, Denied):
        raise errors.Denied(
            "only an owner of the repository may force a deletion, logged in with a password or"
            " with an access token that has no scopes"
        )
    return True
