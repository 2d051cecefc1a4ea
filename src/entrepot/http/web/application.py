"""The pages as one ASGI application: Starlette, with the headers that keep browsers safe."""

import re
from collections.abc import Sequence
from typing import Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.routing import Route, compile_path

from entrepot.auth.policy import Action
from entrepot.errors import EndpointUnknown, Problem, Unsupported
from entrepot.http.asgi import Asgi, Message, Receive, Scope, Send
from entrepot.http.services import Services
from entrepot.http.web import (
    activity,
    builds,
    compare,
    explore,
    failures,
    home,
    image,
    layer,
    login,
    namespace,
    repository,
    repository_settings,
    search,
    sign_on,
    sign_up,
    star,
    tag,
    tags,
)
from entrepot.http.web.admin.nouns import NOUNS as ADMIN
from entrepot.http.web.admin.usage import Measured
from entrepot.http.web.compare import Comparisons
from entrepot.http.web.render import Renderer
from entrepot.http.web.routing import Page
from entrepot.http.web.settings.nouns import NOUNS as SETTINGS
from entrepot.http.web.static import PREFIX, Static

_NOUNS: Final = (
    home,
    explore,
    search,
    namespace,
    login,
    sign_on,
    sign_up,
    activity,
    builds,
    compare,
    repository,
    repository_settings,
    star,
    tags,
    *ADMIN,
    *SETTINGS,
    tag,
    image,
    layer,
)

# Nothing but our own files, no inline code, nobody's frame.
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'"
)
_HEADERS: Final = (
    (b"content-security-policy", _POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
)


def web(services: Services, shown: Sequence[Page] | None = None) -> Asgi:
    """The application for one worker's *services*: all pages, or those *shown*."""
    static = Static()
    routes = [Route(f"{PREFIX}/{{version}}/{{file:path}}", static.serve, methods=["GET"])]
    routes += [page.route() for page in (pages() if shown is None else shown)]
    application = Starlette(
        routes=routes,
        exception_handlers={
            Problem: failures.problem,
            HTTPException: _http,
            Exception: failures.mistake,
        },
    )
    application.router.redirect_slashes = False
    application.state.services = services
    application.state.comparisons = Comparisons()
    application.state.measured = Measured()
    application.state.renderer = Renderer(static, title="Entrepot")
    return _guarded(application)


def pages() -> list[Page]:
    """All pages, those with more fixed parts in their path first."""
    found = [page for noun in _NOUNS for page in noun.pages.pages]
    return sorted(found, key=lambda page: (page.path.count(":path"), -len(page.path)))


def open_to_all() -> list[re.Pattern[str]]:
    """The paths of the forms that anyone may send."""
    return [
        compile_path(page.path)[0]
        for page in pages()
        if page.action is Action.ANYONE and page.method != "GET"
    ]


async def _http(http: HttpRequest, refused: Exception) -> Response:
    """What the router refuses: no such address, or no such method on it."""
    if isinstance(refused, HTTPException) and refused.status_code == 405:
        allow = tuple((refused.headers or {}).get("Allow", "GET").split(", "))
        return await failures.problem(
            http, Unsupported(f"{http.method} is not possible here", allow=allow)
        )
    unknown = EndpointUnknown("there is nothing here; the registry is at /v2/")
    return await failures.problem(http, unknown)


def _guarded(application: Asgi) -> Asgi:
    """The application, each of whose answers carries the headers for browsers."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        async def guard(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = [pair for pair in message.get("headers", ()) if pair not in _HEADERS]
                headers = [*own, *_HEADERS]
                if not any(name == b"cache-control" for name, _ in headers):
                    headers.append((b"cache-control", b"no-store"))
                message = {**message, "headers": headers}
            await send(message)

        await application(scope, receive, guard)

    return serve
