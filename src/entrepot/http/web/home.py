"""The first page, and what visitors choose for all pages."""

from typing import Final

from starlette.responses import Response

from entrepot.auth.policy import Action
from entrepot.http.web import language
from entrepot.http.web.routing import Pages
from entrepot.http.web.visit import THEME, THEMES, Visit
from entrepot.model.repository import CardOrder

pages = Pages()

_SHOWN: Final = 8
_YEAR: Final = 365 * 86400


@pages.add("GET", "/", Action.ANYONE)
async def home(visit: Visit) -> Response:
    """The search, and what was pushed and starred."""
    public = visit.services.authenticator is not None
    recent, starred = await visit.caller.read(
        lambda t: (
            t.cards.page(CardOrder.UPDATED, 0, _SHOWN, public=public),
            t.cards.page(CardOrder.STARS, 0, _SHOWN, public=public),
        )
    )
    return visit.page("home.html", recent=recent, starred=starred)


@pages.add("POST", "/preferences", Action.ANYONE)
async def prefer(visit: Visit) -> Response:
    """Keep the language and the theme in cookies, and go back to where the form was."""
    response = visit.back(local(visit.form.get("next")))
    chosen = {language.COOKIE: language.LANGUAGES, THEME: THEMES}
    fields = {language.COOKIE: "language", THEME: "theme"}
    for cookie, known in chosen.items():
        value = visit.form.get(fields[cookie])
        if value in known:
            secure = visit.caller.origin.scheme == "https"
            response.set_cookie(
                cookie, value, max_age=_YEAR, path="/", secure=secure, samesite="lax"
            )
    return response


def local(address: str) -> str:
    """The address where it is a path on this site; else the first page."""
    plain = address.isprintable() and "\\" not in address
    return address if plain and address.startswith("/") and not address.startswith("//") else "/"
