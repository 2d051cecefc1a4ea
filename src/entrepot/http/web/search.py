"""Finding repositories."""

from datetime import timedelta
from typing import Final
from urllib.parse import urlencode

from starlette.responses import Response

from entrepot.auth.policy import Action
from entrepot.http.web.explore import Shelf, hidden, stars_on, to_login
from entrepot.http.web.routing import Pages
from entrepot.http.web.visit import Visit
from entrepot.metadata.port import Transaction
from entrepot.model.search import Filters, Found, Query
from entrepot.search.find import find
from entrepot.search.query import LONGEST, parse

pages = Pages()

_SIZE: Final = 20
# As many as are ever counted.
_PAGES: Final = 50
_IS: Final = ("official", "automated", "signed")
ARCHITECTURES: Final = ("amd64", "arm64", "arm", "386", "ppc64le", "riscv64", "s390x")
SYSTEMS: Final = ("linux", "windows")
STARS: Final = (1, 10, 100, 1000)
DAYS: Final = (7, 30, 365)
_KEYS: Final = frozenset({"is", "arch", "os", "stars", "updated", "namespace"})
_FIELDS: Final = ("q", *_IS, "arch", "os", "stars", "days", "namespace")


@pages.add("GET", "/search", Action.ANYONE)
async def search(visit: Visit) -> Response:
    """What was found by the words and the filters, the best first."""
    if hidden(visit):
        return to_login(visit)
    text, number = visit.query("q")[:LONGEST], visit.number("page", 1, most=_PAGES)
    query = parse(text, _filters(visit), now=visit.clock())
    found, shown = await _find(visit, query, (number - 1) * _SIZE)
    typed = {name: visit.query(name)[:LONGEST] for name in _FIELDS}
    kept = urlencode({name: value for name, value in typed.items() if value})
    return visit.page(
        "search.html",
        text=text,
        typed=typed,
        found=found,
        shelf=shown,
        words=_words(text),
        number=number,
        address=f"/search?{kept}&page=",
        choices={"arch": ARCHITECTURES, "os": SYSTEMS, "stars": STARS, "days": DAYS},
    )


async def _find(visit: Visit, query: Query, first: int) -> tuple[Found, Shelf]:
    access, actor = visit.services.access, visit.caller.actor
    seen, may_read = access.seen(actor), access.readable(actor)

    def work(t: Transaction) -> tuple[Found, Shelf]:
        found = find(t, query, seen(t), lambda names: may_read(t, names), offset=first, size=_SIZE)
        return found, Shelf(found.cards, stars_on(t, visit, found.cards))

    return await visit.caller.read(work)


def _filters(visit: Visit) -> Filters:
    """What was chosen beside the text; what cannot be chosen narrows nothing."""
    chosen = {name: True if visit.query(name) else None for name in _IS}
    days = visit.number("days", 0, least=0, most=3650)
    return Filters(
        **chosen,
        architectures=_one(visit.query("arch")),
        systems=_one(visit.query("os")),
        stars=visit.number("stars", 0, least=0),
        updated_since=visit.clock() - timedelta(days=days) if days else None,
        namespace=visit.query("namespace")[:LONGEST],
    )


def _one(value: str) -> frozenset[str]:
    return frozenset({value[:LONGEST]}) if value else frozenset()


def _words(text: str) -> list[str]:
    """The words to mark in what was found."""
    parts = [word.partition(":") for word in text.split()]
    return [word for word, colon, _ in parts if word and not (colon and word.lower() in _KEYS)]
