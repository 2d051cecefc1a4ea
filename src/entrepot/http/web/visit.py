"""One visit of a page: who comes, in which language, and what they sent."""

from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import quote, unquote

from starlette.requests import Request as HttpRequest
from starlette.responses import HTMLResponse, RedirectResponse, Response

from entrepot.clock import Clock
from entrepot.errors import Problem
from entrepot.http.caller import Caller
from entrepot.http.services import Services
from entrepot.http.web import language
from entrepot.http.web.render import Renderer
from entrepot.model.permission import Visibility

NOTICE: Final = "entrepot-notice"
THEME: Final = "entrepot-theme"
THEMES: Final = ("auto", "light", "dark")
_NOTICE_SECONDS: Final = 60


class Form:
    """What was typed into a form."""

    def __init__(self, fields: Mapping[str, list[str]]) -> None:
        self._fields = fields

    def __bool__(self) -> bool:
        return bool(self._fields)

    def __contains__(self, name: object) -> bool:
        return name in self._fields

    def get(self, name: str, default: str = "") -> str:
        """The field's first value, without spaces around it and with plain line ends."""
        values = self._fields.get(name)
        return values[0].replace("\r\n", "\n").strip() if values else default

    def raw(self, name: str) -> str:
        """The field's first value exactly as sent: for passwords."""
        values = self._fields.get(name)
        return values[0] if values else ""

    def all(self, name: str) -> list[str]:
        """All of the field's values, as of several boxes."""
        return list(self._fields.get(name, ()))


class Visit:
    """A request for a page, by somebody who may see it."""

    def __init__(self, http: HttpRequest, caller: Caller, form: Form) -> None:
        self.http = http
        self.caller = caller
        self.form = form
        self.problem: Problem | None = None
        self.language = language.chosen(http)

    @property
    def services(self) -> Services:
        return self.caller.services

    @property
    def clock(self) -> Clock:
        return self.services.stores.clock

    @property
    def gettext(self) -> Callable[[str], str]:
        """Texts in the visitor's language; write `_ = visit.gettext` for the extraction."""
        return self._renderer.texts(self.language).gettext

    @property
    def address(self) -> str:
        """Where the visitor is: the path and the query."""
        url = self.http.url
        return f"{url.path}?{url.query}" if url.query else url.path

    @property
    def account(self) -> str | None:
        """The name of the account that is logged in."""
        return self.caller.actor.account

    @property
    def _renderer(self) -> Renderer:
        renderer: Renderer = self.http.app.state.renderer
        return renderer

    def path(self, name: str) -> str:
        """A part of the path, as the route names it."""
        return str(self.http.path_params.get(name, ""))

    def query(self, name: str, default: str = "") -> str:
        """A query parameter, without characters that nobody types."""
        return self.http.query_params.get(name, default).replace("\0", "").strip()

    def number(self, name: str, default: int, *, least: int = 1, most: int = 10_000_000) -> int:
        """A query parameter that is a whole number; the default where it is none."""
        text = self.query(name)
        if not (text.isascii() and text.isdigit()) or len(text) > 9:
            return default
        return min(max(int(text), least), most)

    def page(self, template: str, status: int = 200, **context: Any) -> Response:  # noqa: ANN401 - what templates show
        """The template with *context*, and with what every page shows."""
        shown = self._shown() | context
        text = self._renderer.render(template, self.language, shown)
        response = HTMLResponse(text, status)
        if NOTICE in self.http.cookies:
            response.delete_cookie(NOTICE, path="/")
        return response

    def _shown(self) -> dict[str, Any]:
        session = self.caller.session
        theme = self.http.cookies.get(THEME, "auto")
        return {
            "visit": self,
            "account": self.account,
            "admin": self.caller.admin,
            "accounts": self.services.authenticator is not None,
            "csrf": session.csrf if session else "",
            "form": self.form,
            "problem": self.problem,
            "notice": unquote(self.http.cookies.get(NOTICE, "")),
            "theme": theme if theme in THEMES else "auto",
            "now": self.clock(),
            "host": self.caller.origin.host,
            "public": Visibility.PUBLIC,
        }

    def back(self, address: str, notice: str = "") -> Response:
        """Send the browser to *address*, a path of ours, where *notice* is shown once."""
        response = RedirectResponse(address, 303)
        if notice:
            secure = self.caller.origin.scheme == "https"
            response.set_cookie(
                NOTICE,
                quote(notice[:500]),
                max_age=_NOTICE_SECONDS,
                path="/",
                secure=secure,
                httponly=True,
                samesite="lax",
            )
        return response
