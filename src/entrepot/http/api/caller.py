"""The door of /api, as FastAPI's dependencies."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Final

from fastapi import Depends
from fastapi import Request as HttpRequest

from entrepot.auth.policy import Action
from entrepot.errors import Unsupported
from entrepot.http import caller
from entrepot.http.caller import Caller
from entrepot.http.services import Services

# Where the OpenAPI document tells what a route needs.
PERMISSION: Final = "x-permission"


def permit(action: Action) -> Callable[[HttpRequest], Awaitable[None]]:
    """The dependency that lets in only who may do *action* at the place that the path names."""

    async def check(request: HttpRequest) -> None:
        request.state.caller = await enter(request, action)

    return check


async def enter(request: HttpRequest, action: Action) -> Caller:
    """Let the caller in; Unsupported where there are no accounts."""
    services: Services = request.app.state.services
    if services.authenticator is None:
        raise Unsupported("this registry is open to all: it has no accounts (auth.mode)")
    return await caller.enter(request, action)


async def _known(request: HttpRequest) -> Caller:
    known: Caller = request.state.caller
    return known


Known = Annotated[Caller, Depends(_known)]
