"""Repositories to look through, and those that have the visitor's star."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from starlette.responses import Response

from entrepot.auth.policy import Action
from entrepot.http.web.routing import LOGIN, Pages
from entrepot.http.web.visit import Visit
from entrepot.metadata.port import Transaction
from entrepot.model.permission import Visibility
from entrepot.model.repository import CardOrder, RepositoryCard

pages = Pages()

_SIZE: Final = 24
# Nobody turns that many pages: a search gets there.
_PAGES: Final = 1000


@dataclass(frozen=True, slots=True)
class Shelf:
    """Repositories that a page shows, and which of them have the visitor's star."""

    cards: Sequence[RepositoryCard]
    starred: frozenset[str] = frozenset()
    more: bool = False


@pages.add("GET", "/explore", Action.ANYONE)
async def explore(visit: Visit) -> Response:
    """All that the visitor may see, in one of several orders."""
    if hidden(visit):
        return to_login(visit)
    order, number = order_of(visit.query("order")), visit.number("page", 1, most=_PAGES)
    first = (number - 1) * _SIZE
    found = await visit.caller.read(lambda t: ordered(t, visit, order, first, _SIZE))
    names = [each.value for each in CardOrder]
    return visit.page("explore.html", shelf=found, order=order.value, orders=names, number=number)


@pages.add("GET", "/stars", Action.USE_ACCOUNT)
async def stars(visit: Visit) -> Response:
    """The repositories that have the visitor's star, by name."""
    _ = visit.caller.authenticator
    last = visit.query("after")[:255]
    found = await visit.caller.read(lambda t: starred(t, visit, last, _SIZE))
    return visit.page("stars.html", shelf=found)


def order_of(text: str) -> CardOrder:
    """The order of that name; the newest first where there is none."""
    try:
        return CardOrder(text)
    except ValueError:
        return CardOrder.UPDATED


def hidden(visit: Visit) -> bool:
    """Whether there is nothing here for who is not logged in."""
    services = visit.services
    if services.authenticator is None or not visit.caller.actor.anonymous:
        return False
    return not services.settings.auth.anonymous_pull


def to_login(visit: Visit) -> Response:
    """Have the visitor log in, and come back."""
    return visit.back(f"{LOGIN}?next={quote(visit.address)}")


def ordered(t: Transaction, visit: Visit, order: CardOrder, first: int, size: int) -> Shelf:
    """Up to *size* of the cards that the visitor may see, after *first* others."""
    everything = visit.services.authenticator is None or visit.caller.admin
    cards = t.cards.page(order, first, size + 1, public=not everything)
    return shelf(t, visit, cards, size)


def starred(t: Transaction, visit: Visit, last: str, size: int) -> Shelf:
    """Up to *size* of the repositories after *last* that have the visitor's star."""
    if visit.account is None:
        return Shelf(())
    names = t.stars.of_account(visit.account, last, size + 1)
    return shelf(t, visit, t.cards.of(names), size)


def shelf(t: Transaction, visit: Visit, cards: Sequence[RepositoryCard], size: int) -> Shelf:
    """Those of the first *size* cards that the visitor may read; one card more means: go on."""
    shown = cards[:size]
    if not _reads_public(visit) or any(card.visibility is not Visibility.PUBLIC for card in shown):
        may_read = visit.services.access.readable(visit.caller.actor)
        read = may_read(t, [card.name for card in shown])
        shown = [card for card in shown if card.name in read]
    return Shelf(shown, stars_on(t, visit, shown), len(cards) > size)


def stars_on(t: Transaction, visit: Visit, cards: Sequence[RepositoryCard]) -> frozenset[str]:
    """The names of those that have the visitor's star."""
    if visit.account is None:
        return frozenset()
    return t.stars.given(visit.account, [card.name for card in cards])


def _reads_public(visit: Visit) -> bool:
    """Whether they may read all that is public, so that nothing need be asked of such cards."""
    actor = visit.caller.actor
    whole = actor.account is not None and actor.token is None and actor.access is None
    return whole or visit.services.settings.auth.anonymous_pull
