"""Docker Hub's addresses, as rows; the permission is a required column.

Where an address is one of the distribution API as well, it is that: `http/app.py` comes here with
those alone that are not. A slash at the end changes nothing.
"""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

from entrepot.auth.policy import Action
from entrepot.errors import EndpointUnknown, ManifestUnknown, NameInvalid, Unsupported
from entrepot.http.hub import door, login, repositories, search, tags
from entrepot.http.request import Request
from entrepot.http.response import Response
from entrepot.http.services import Services
from entrepot.oci.names import is_part, is_tag, parse_repository

Handler: TypeAlias = Callable[[Services, Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Route:
    """A method on an address, what it needs, and who answers it."""

    method: str
    path: str
    action: Action
    handle: Handler


_PING: Final = "/v1/_ping"
_FIND: Final = "/v1/search"
_SEARCH: Final = "/v2/search/repositories/"
_LOGIN: Final = "/v2/users/login/"
_TOKEN: Final = "/v2/auth/token"  # noqa: S105 - an address


@dataclass(frozen=True, slots=True)
class _Places:
    """The addresses of a namespace and of what is in it."""

    namespace: str
    repository: str
    tags: str
    tag: str

    def rows(self) -> Iterator[Route]:
        """Their routes."""
        yield Route("GET", self.namespace, Action.ANYONE, repositories.listed)
        yield Route("GET", self.repository, Action.PULL, repositories.show)
        yield Route("PATCH", self.repository, Action.MANAGE, repositories.change)
        yield Route("GET", self.tags, Action.PULL, tags.listed)
        yield Route("GET", self.tag, Action.PULL, tags.show)
        yield Route("DELETE", self.tag, Action.DELETE, tags.delete)


_OLDER: Final = _Places(
    "/v2/repositories/{namespace}/",
    "/v2/repositories/{repository}/",
    "/v2/repositories/{repository}/tags/",
    "/v2/repositories/{repository}/tags/{tag}/",
)
_NEWER: Final = _Places(
    "/v2/namespaces/{namespace}/repositories",
    "/v2/namespaces/{namespace}/repositories/{part}",
    "/v2/namespaces/{namespace}/repositories/{part}/tags",
    "/v2/namespaces/{namespace}/repositories/{part}/tags/{tag}",
)
_FIXED: Final = {path.strip("/"): path for path in (_PING, _FIND, _SEARCH, _LOGIN, _TOKEN)}

ROUTES: Final = (
    Route("GET", _PING, Action.ANYONE, search.ping),
    Route("GET", _FIND, Action.ANYONE, search.find_for_docker),
    Route("GET", _SEARCH, Action.ANYONE, search.find_for_scripts),
    Route("POST", _LOGIN, Action.ANYONE, login.log_in),
    Route("POST", _TOKEN, Action.ANYONE, login.get_token),
    *_OLDER.rows(),
    *_NEWER.rows(),
)
PATHS: Final = frozenset(route.path for route in ROUTES)


async def serve(services: Services, request: Request) -> Response:
    """The answer; EndpointUnknown where there is no such address, and other Problems."""
    _find(request)
    route = _of_method(request)
    if route.handle not in _LOGINS:
        await door.enter(services, request, route.action, request.last or None)
    return await route.handle(services, request)


# Old credentials in a header must keep nobody from getting new ones.
_LOGINS: Final = frozenset({login.log_in, login.get_token})


def _of_method(request: Request) -> Route:
    methods = {route.method: route for route in ROUTES if route.path == request.route}
    if "GET" in methods:
        methods["HEAD"] = methods["GET"]
    if request.method not in methods:
        allowed = tuple(methods)
        raise Unsupported(f"{request.method} is not possible here", allow=allowed)
    return methods[request.method]


def _find(request: Request) -> None:
    """Have the request know the pattern that its path follows, and what stands in it."""
    request.last = ""  # where the distribution API has looked before
    match request.path.removesuffix("/").split("/"):
        case ["", *rest] if (fixed := "/".join(rest)) in _FIXED:
            request.route = _FIXED[fixed]
        case ["", "v2", "repositories", namespace, *rest]:
            _inside(request, _OLDER, namespace, rest)
        case ["", "v2", "namespaces", namespace, "repositories", *rest]:
            _inside(request, _NEWER, namespace, rest)
        case _:
            raise EndpointUnknown(detail=request.path[:255])


def _inside(request: Request, places: _Places, namespace: str, rest: list[str]) -> None:
    match rest:
        case []:
            request.route, request.name = places.namespace, namespace
            if not is_part(namespace):
                raise NameInvalid(detail=namespace[:255])
            return
        case [*names, "tags", tag] if names:
            request.route, request.last = places.tag, tag
            if not is_tag(tag):
                raise ManifestUnknown(detail=tag[:255])
        case [*names, "tags"] if names:
            request.route = places.tags
        case names:
            request.route = places.repository
    request.name = "/".join([namespace, *names])
    request.repository = parse_repository(request.name)
