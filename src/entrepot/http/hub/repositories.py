"""Repositories as Docker Hub's API tells them."""

from collections.abc import Callable, Iterator
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
from entrepot.model.repository import Readme, RepositoryCard
from entrepot.model.search import Seen
from entrepot.oci.names import namespace_of
from entrepot.registry import curate

_BATCH: Final = 500
# Of a larger namespace the first ones by name are listed; the search finds the others.
_MOST: Final = 10_000
_ACTIVE: Final = 1

# By the names that they have there, where `last_updated` is the newest first.
_ORDERS: Final[dict[str, Callable[[RepositoryCard], Any]]] = {
    "name": lambda card: card.name,
    "last_updated": lambda card: -_pushed(card),
    "pull_count": lambda card: card.pulls,
    "star_count": lambda card: card.stars,
}


def _pushed(card: RepositoryCard) -> float:
    return (card.updated_at or card.created_at).timestamp()


async def listed(services: Services, request: Request) -> Response:
    """What the caller may see of a namespace; nothing of one that is not there."""
    page = asked_page(request)
    seen = services.access.seen(request.actor)
    may_list = services.access.listable(request.actor)
    wanted = request.query("name") or ""

    def work(t: Transaction) -> list[RepositoryCard]:
        cards = [
            card
            for card in _candidates(t, request.name, seen(t))
            if wanted in _parted(card.name)[1]
        ]
        listed = may_list(t, [card.name for card in cards])
        return [card for card in cards if card.name in listed]

    found = await services.stores.metadata.read(work)
    ordered = _ordered(found, request.query("ordering") or "last_updated")
    shown = ordered[page.offset : page.offset + page.size]
    return paged(services, request, page, len(found), [_brief(card) for card in shown])


def _candidates(t: Transaction, namespace: str, seen: Seen) -> Iterator[RepositoryCard]:
    """The namespace's repositories but for those that are surely hidden."""
    last, count = "", 0
    whole = seen.everything or namespace in seen.namespaces
    while count < _MOST and (names := t.repositories.within(namespace, last, _BATCH)):
        last, count = names[-1], count + len(names)
        for card in t.cards.of(names):
            public = seen.public and card.visibility is Visibility.PUBLIC
            if whole or public or card.name in seen.repositories:
                yield card


def _ordered(cards: list[RepositoryCard], ordering: str) -> list[RepositoryCard]:
    key = _ORDERS.get(ordering.removeprefix("-"), _ORDERS["last_updated"])
    by_name = sorted(cards, key=lambda card: card.name)
    return sorted(by_name, key=key, reverse=ordering.startswith("-"))


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
