"""How a handler becomes a route of /api: with its permission, which no route can do without."""

from collections.abc import Callable
from typing import Any, Final, TypeVar

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse, Response

from entrepot.auth.policy import Action
from entrepot.http.api.answers import responses
from entrepot.http.api.caller import PERMISSION, permit
from entrepot.http.api.once import OnceRoute

Handler = TypeVar("Handler", bound=Callable[..., Any])

_ALWAYS: Final = (400, 401, 403, 404, 405, 408, 409, 413, 414, 422, 429, 431, 503)


class Routes:
    """The routes about one noun."""

    def __init__(self, noun: str) -> None:
        self.router = APIRouter(tags=[noun], route_class=OnceRoute)

    def add(
        self,
        method: str,
        path: str,
        action: Action,
        status: int = 200,
        kind: type[Response] = JSONResponse,
    ) -> Callable[[Handler], Handler]:
        """Serve *method* on *path* below /api to those who may do *action*."""

        def register(handler: Handler) -> Handler:
            self.router.add_api_route(
                path,
                handler,
                methods=[method],
                status_code=status,
                dependencies=[Depends(permit(action))],
                responses=responses(*_ALWAYS),
                openapi_extra={PERMISSION: action.value},
                response_class=kind,
            )
            return handler

        return register
