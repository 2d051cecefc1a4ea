"""The first page, and what visitors choose for all pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from starlette.responses import Response

from entrepot.auth.policy import Action
from entrepot.http.web import language
from entrepot.http.web.explore import Shelf, hidden, ordered, shelf, starred, to_login
from entrepot.http.web.routing import Pages
from entrepot.http.web.visit import THEME, THEMES, Visit
from entrepot.metadata.port import Transaction
from entrepot.model.permission import Visibility
from entrepot.model.repository import CardOrder, RepositoryCard
from entrepot.oci.names import OFFICIAL

pages = Pages()

_SHOWN: Final = 6
_SPACES: Final = 20
# How many official images are looked at for the most starred of them.
_OFFICIAL: Final = 100
_YEAR: Final = 365 * 86400


@dataclass(frozen=True, slots=True)
class _Front:
    """What stands on the first page."""

    official: Shelf
    starred: Shelf
    recent: Shelf
    spaces: Sequence[str]
    mine: Shelf
    stars: Shelf


@pages.add("GET", "/", Action.ANYONE)
async def home(visit: Visit) -> Response:
    """The search, what is one's own, and what was pushed and starred."""
    if hidden(visit):
        return to_login(visit)
    return visit.page("home.html", front=await visit.caller.read(lambda t: _front(t, visit)))


def _front(t: Transaction, visit: Visit) -> _Front:
    names = t.repositories.within(OFFICIAL, "", _OFFICIAL)
    official = sorted(t.cards.of(names), key=lambda card: (-card.stars, -card.pulls, card.name))
    account = visit.account
    spaces = t.namespaces.of_account(account, "", _SPACES) if account is not None else []
    own = t.repositories.within(account, "", _SHOWN) if account is not None else []
    return _Front(
        shelf(t, visit, _seen(visit, official), _SHOWN),
        ordered(t, visit, CardOrder.STARS, 0, _SHOWN),
        ordered(t, visit, CardOrder.UPDATED, 0, _SHOWN),
        spaces,
        shelf(t, visit, t.cards.of(own), _SHOWN),
        starred(t, visit, "", _SHOWN),
    )


def _seen(visit: Visit, cards: Sequence[RepositoryCard]) -> Sequence[RepositoryCard]:
    """The cards that are for everybody; of others it would have to be asked one by one."""
    if visit.services.authenticator is None:
        return cards
    return [card for card in cards if card.visibility is Visibility.PUBLIC]


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
