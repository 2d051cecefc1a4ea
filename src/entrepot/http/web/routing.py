"""How a handler becomes a page: with its permission, which no page can do without."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, TypeAlias
from urllib.parse import parse_qs, quote

from pydantic import ValidationError
from starlette.requests import Request as HttpRequest
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from entrepot.auth.policy import Action
from entrepot.errors import FieldInvalid, PasswordOneTime, Problem, Unauthenticated
from entrepot.http.caller import enter, own_password
from entrepot.http.web.failures import refusal
from entrepot.http.web.visit import Form, Visit

Handler: TypeAlias = Callable[[Visit], Awaitable[Response]]
LOGIN: Final = "/login"
# More than the boxes of the longest table.
_FIELDS: Final = 2000
_IN_PLACE: Final = 32 * 1024
CHANGE: Final = "/settings/password"

# What somebody sees who has only a one-time password: nothing that is theirs.
_BEFORE_CHANGE: Final = frozenset(
    {LOGIN, CHANGE, "/login/code", "/login/sign-on", "/login/signed-on"}
    | {"/reset", "/reset/{code}", "/sign-up", "/invitations/{code}"}
)


@dataclass(frozen=True, slots=True)
class Page:
    """A method and a path that a handler answers, for those who may do the action."""

    method: str
    path: str
    action: Action
    handler: Handler
    again: Handler | None

    def route(self) -> Route:
        """The route of the web framework."""

        async def serve(http: HttpRequest) -> Response:
            return await _serve(self, http)

        return Route(self.path, serve, methods=[self.method], name=f"{self.method} {self.path}")


class Pages:
    """The pages about one noun."""

    def __init__(self) -> None:
        self.pages: list[Page] = []

    def add(
        self, method: str, path: str, action: Action, *, again: Handler | None = None
    ) -> Callable[[Handler], Handler]:
        """Serve *method* on *path* to those who may do *action*.

        What a form did wrong is told on the page *again*, which has the form with what was typed.
        """

        def register(handler: Handler) -> Handler:
            self.pages.append(Page(method, path, action, handler, again))
            return handler

        return register


async def _serve(page: Page, http: HttpRequest) -> Response:
    form = Form(await _form(http))
    try:
        csrf = form.get("csrf") if "csrf" in form else None
        caller = await enter(http, page.action, csrf=csrf)
        if page.method == "GET" and page.path not in _BEFORE_CHANGE:
            own_password(caller, http)
    except PasswordOneTime:
        return RedirectResponse(CHANGE, 303)
    except Unauthenticated:
        # Programs that show a wrong password or token are told so, not led to a form.
        if page.method == "GET" and "authorization" not in http.headers:
            target = http.url.path + (f"?{http.url.query}" if http.url.query else "")
            return RedirectResponse(f"{LOGIN}?next={quote(target)}", 303)
        raise
    visit = Visit(http, caller, form)
    if page.again is None:
        return await page.handler(visit)
    return await _try(page.handler, page.again, visit)


async def _try(handler: Handler, again: Handler, visit: Visit) -> Response:
    """The handler's answer, or the page of the form with what is wrong with it."""
    try:
        return await handler(visit)
    except ValidationError as invalid:
        problem: Problem = _told(invalid)
    except Problem as raised:
        # Its traceback leads to this frame, and so to the visit that refers to it.
        problem = raised.with_traceback(None)
    visit.problem = problem
    return refusal(visit, problem, await again(visit))


def _told(invalid: ValidationError) -> FieldInvalid:
    first = invalid.errors()[0]
    field = ".".join(str(part) for part in first["loc"])
    return FieldInvalid(f"{field or 'the form'}: {first['msg']}", field=field)


async def _form(http: HttpRequest) -> dict[str, list[str]]:
    """The fields of a form that was sent; FieldInvalid where it is none."""
    if http.method in {"GET", "HEAD"}:
        return {}
    body = await http.body()
    try:
        # What is escaped is decoded piece by piece: in a long form that takes long.
        fields = _parsed(body) if len(body) <= _IN_PLACE else await asyncio.to_thread(_parsed, body)
    except ValueError:
        raise FieldInvalid("what was sent is not a form") from None
    if any("\0" in value for values in fields.values() for value in values):
        raise FieldInvalid("a field has a character that cannot be typed")
    return fields


def _parsed(body: bytes) -> dict[str, list[str]]:
    """The fields of a form; ValueError where it is none, or has too many."""
    return parse_qs(body.decode("utf-8"), keep_blank_values=True, max_num_fields=_FIELDS)
