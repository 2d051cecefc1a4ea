"""The one door: who asks, and may they. No operation is reached but through here."""

from collections.abc import Callable

from entrepot.auth import policy
from entrepot.auth.policy import Action
from entrepot.errors import Denied
from entrepot.http.request import Request
from entrepot.http.services import Services


def enter(services: Services, request: Request, action: Action) -> None:
    """Let the request through; Denied says why not."""
    decision = services.authorizer.decide(request.actor, action, request.repository or None)
    if not decision:
        raise Denied(getattr(decision, "reason", None))


def readable(services: Services, request: Request) -> Callable[[str], bool]:
    """Whether the caller may pull from a repository, by name."""
    authorizer: policy.Authorizer = services.authorizer
    return lambda name: bool(authorizer.decide(request.actor, Action.PULL, name))
