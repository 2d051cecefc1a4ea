"""Every address of the distribution API, as rows; the permission is a required column."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

from entrepot.auth.policy import Action
from entrepot.errors import EndpointUnknown, Unsupported
from entrepot.http.request import Request
from entrepot.http.response import Response
from entrepot.http.services import Services
from entrepot.http.v2 import blobs, listing, manifests, support, uploads
from entrepot.oci.names import parse_repository
from entrepot.oci.references import parse_digest, parse_reference

Handler: TypeAlias = Callable[[Services, Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Route:
    """A method on an address, what it needs, and who answers it."""

    method: str
    path: str
    action: Action
    handle: Handler


_V2: Final = "/v2/"
_CATALOG: Final = "/v2/_catalog"
_MANIFEST: Final = "/v2/{name}/manifests/{reference}"
_BLOB: Final = "/v2/{name}/blobs/{digest}"
_UPLOADS: Final = "/v2/{name}/blobs/uploads/"
_UPLOAD: Final = "/v2/{name}/blobs/uploads/{upload}"
_TAGS: Final = "/v2/{name}/tags/list"
_REFERRERS: Final = "/v2/{name}/referrers/{digest}"

ROUTES: Final = (
    Route("GET", _V2, Action.ENTER, support.show),
    Route("GET", _CATALOG, Action.CATALOG, listing.catalog),
    Route("GET", _MANIFEST, Action.PULL, manifests.get),
    Route("PUT", _MANIFEST, Action.PUSH, manifests.put),
    Route("DELETE", _MANIFEST, Action.DELETE, manifests.delete),
    Route("GET", _BLOB, Action.PULL, blobs.get),
    Route("DELETE", _BLOB, Action.DELETE, blobs.delete),
    Route("POST", _UPLOADS, Action.PUSH, uploads.start),
    Route("GET", _UPLOAD, Action.PUSH, uploads.show),
    Route("PATCH", _UPLOAD, Action.PUSH, uploads.append),
    Route("PUT", _UPLOAD, Action.PUSH, uploads.finish),
    Route("DELETE", _UPLOAD, Action.PUSH, uploads.cancel),
    Route("GET", _TAGS, Action.PULL, listing.tags),
    Route("GET", _REFERRERS, Action.PULL, listing.referrers),
)

_BY_PATH: Final[dict[str, dict[str, Route]]] = {}
for _route in ROUTES:
    _BY_PATH.setdefault(_route.path, {})[_route.method] = _route
for _methods in _BY_PATH.values():
    if "GET" in _methods:
        _methods["HEAD"] = _methods["GET"]


def match(request: Request) -> Route:
    """The route of a request; EndpointUnknown, Unsupported, NameInvalid and others if it has none.

    A path is read from its end: a repository may itself be called `a/manifests`.
    """
    path, name = _place(request)
    methods = _BY_PATH[path]
    route = methods.get(request.method)
    if route is None:
        allowed = tuple(methods)
        raise Unsupported(f"{request.method} is not possible here", allow=allowed)
    if name:
        request.name = name
        request.repository = parse_repository(name)
    # Nothing is looked up under what nothing can be called.
    parse = _TARGET if route.handle is manifests.put else _LAST.get(path)
    if parse is not None:
        parse(request.last)
    return route


_TARGET: Final[Callable[[str], object]] = manifests.parse_target
# What must be read from the last part of a path.
_LAST: Final[dict[str, Callable[[str], object]]] = {
    _MANIFEST: parse_reference,
    _BLOB: parse_digest,
    _UPLOAD: uploads.parse_key,
    _REFERRERS: parse_digest,
}


_NO_TAG: Final = (None,)


def tags(request: Request, route: Route) -> tuple[str | None, ...]:
    """The tags that a request is about; one that is about none has None."""
    if route.path != _MANIFEST:
        return _NO_TAG
    named = () if ":" in request.last else (request.last,)
    if request.method != "PUT":
        return named or _NO_TAG
    return (*named, *manifests.tags_in(request)) or _NO_TAG


def _place(request: Request) -> tuple[str, str]:
    """The pattern that the path follows, and the name in it."""
    path = request.path
    parts = path[len(_V2) :].rsplit("/", 2)
    if len(parts) == 3:
        name, kind, last = parts
        request.last = last
        if kind == "manifests":
            return _MANIFEST, name
        if kind == "blobs":
            return (_UPLOADS, name) if last == "uploads" else (_BLOB, name)
        if kind == "uploads" and name.endswith("/blobs"):
            return (_UPLOAD if last else _UPLOADS), name.removesuffix("/blobs")
        if kind == "tags" and last == "list":
            return _TAGS, name
        if kind == "referrers":
            return _REFERRERS, name
    return _without_name(path), ""


def _without_name(path: str) -> str:
    if path == "/v2/_catalog":
        return _CATALOG
    if path in {"/v2", "/v2/"}:
        return _V2
    raise EndpointUnknown(detail=path[:255])
