"""Repositories as Docker Hub's API tells them."""

from dataclasses import replace
from typing import Any, Final

from entrepot.auth.policy import Action
from entrepot.errors import RepositoryUnknown
from entrepot.http import gate
from entrepot.http.hub.answers import answer, asked, asked_page, moment, paged, text_of
from entrepot.http.request import Request
from entrepot.http.response import Response
from entrepot.http.services import Services
from entrepot.metadata.port import Transaction
from entrepot.model.permission import Visibility
from entrepot.model.repository import CardOrder, CardQuery, Readme, RepositoryCard
from entrepot.model.search import Seen
from entrepot.oci.names import namespace_of
from entrepot.registry import curate

_ACTIVE: Final = 1

# By the names that they have there, where `last_updated` is the newest first and the others are
# the least first; a minus turns each round.
_ORDERS: Final = {
    "name": (CardOrder.NAME, False),
    "last_updated": (CardOrder.UPDATED, True),
    "pull_count": (CardOrder.PULLS, False),
    "star_count": (CardOrder.STARS, False),
}


async def listed(services: Services, request: Request) -> Response:
    """What the caller may see of a namespace; nothing of one that is not there."""
    page = asked_page(request)
    seen = services.access.seen(request.actor)
    may_list = services.access.listable(request.actor)
    wanted = request.query("name") or ""

    ordering = request.query("ordering") or "last_updated"
    order, descending = _ORDERS.get(ordering.removeprefix("-"), _ORDERS["last_updated"])
    query = CardQuery(
        request.name,
        wanted,
        order,
        descending is not ordering.startswith("-"),
        page.offset,
        page.size,
    )

    def work(t: Transaction) -> tuple[list[RepositoryCard], int]:
        found, count = t.cards.within(_seen(query, seen(t)))
        listed = may_list(t, [card.name for card in found])
        return [card for card in found if card.name in listed], count

    # No name has NUL or capital letters.
    if "\0" in wanted or wanted != wanted.lower():
        return paged(services, request, page, 0, [])
    found, count = await services.stores.metadata.read(work)
    return paged(services, request, page, count, [_brief(card) for card in found])


def _seen(query: CardQuery, seen: Seen) -> CardQuery:
    """The query, narrowed to what is not surely hidden."""
    inside = {name for name in seen.repositories if namespace_of(name) == query.namespace}
    whole = seen.everything or query.namespace in seen.namespaces
    return replace(query, whole=whole, public=seen.public, names=frozenset(inside))


def _parted(repository: str) -> tuple[str, str]:
    """The namespace, and the name in it."""
    namespace = namespace_of(repository)
    return namespace, repository.removeprefix(f"{namespace}/")


def _brief(card: RepositoryCard) -> dict[str, Any]:
    """A repository as lists have it."""
    namespace, name = _parted(card.name)
    return {
        "user": namespace,
        "name": name,
        "namespace": namespace,
        "repository_type": "image",
        "status": _ACTIVE,
        "status_description": "active",
        "description": card.description,
        "is_private": card.visibility is Visibility.PRIVATE,
        "is_automated": card.automated,
        "star_count": card.stars,
        "pull_count": card.pulls,
        "last_updated": moment(card.updated_at),
        "last_modified": moment(card.updated_at),
        "date_registered": moment(card.created_at),
        "affiliation": None,
    }


async def show(services: Services, request: Request) -> Response:
    """A repository, with its long description and what the caller may do to it."""
    account = request.actor.account

    def work(t: Transaction) -> tuple[RepositoryCard | None, Readme | None, bool]:
        card = t.cards.get(request.repository)
        starred = account is not None and bool(t.stars.given(account, [request.repository]))
        return card, t.cards.readme(request.repository), starred

    card, readme, starred = await services.stores.metadata.read(work)
    if card is None:
        raise RepositoryUnknown(detail=request.repository)
    writes, manages, owns = map(
        bool,
        await services.access.decide_each(
            request.actor,
            (Action.PUSH, Action.MANAGE, Action.SHARE),
            repository=request.repository,
        ),
    )
    brief = _brief(card)
    if writes:
        brief["affiliation"] = "owner" if owns else "collaborator"
    return answer(
        {
            **brief,
            "hub_user": brief["user"],
            "has_starred": starred,
            "full_description": readme.text if readme else None,
            "permissions": {"read": True, "write": writes, "admin": manages},
        }
    )


async def change(services: Services, request: Request) -> Response:
    """Set the descriptions that are sent; RequestInvalid, FieldInvalid."""
    members = await asked(request)
    brief, full = text_of(members, "description"), text_of(members, "full_description")
    hand = curate.Hand(
        gate.cause(services, request), services.stores.clock(), services.authenticator is not None
    )

    def work(t: Transaction) -> None:
        if brief is not None:
            curate.describe(t, request.repository, brief, hand)
        if full is not None:
            curate.write_readme(t, request.repository, full, hand)

    await services.stores.metadata.write(work)
    return await show(services, request)
