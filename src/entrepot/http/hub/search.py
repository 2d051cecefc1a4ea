"""/v1/_ping and /v1/search, which `docker search` and `podman search` ask, and Hub's own search."""

from typing import Any, Final

from entrepot.errors import NotFound
from entrepot.http.hub.answers import LARGEST, Page, answer, asked_page, number, paged
from entrepot.http.request import Request
from entrepot.http.response import Response
from entrepot.http.services import Services
from entrepot.metadata.port import Transaction
from entrepot.model.repository import RepositoryCard
from entrepot.model.search import Filters, Found
from entrepot.oci.names import OFFICIAL
from entrepot.search.find import find
from entrepot.search.query import parse

_USUAL: Final = 25
_LAST_PAGE: Final = 1_000_000
# How podman, skopeo and buildah call themselves.
_CONTAINERS: Final = "containers/"


async def ping(_: Services, __: Request) -> Response:
    """That there is a search, and that credentials may be sent to it."""
    return answer({"standalone": True})


async def find_for_docker(services: Services, request: Request) -> Response:
    """What the Docker engine and podman print; whatever is odd about a number is put right."""
    size = number(request.query("n"), _USUAL, LARGEST)
    page = Page(number(request.query("page"), 1, _LAST_PAGE), size)
    text = request.query("q") or ""
    found = await _found(services, request, text, Filters(), page)
    if found.total == 0 and _looks_elsewhere(services, request):
        raise NotFound("nothing is public of what you look for; log in, and list the catalog")
    return answer(
        {
            "query": text,
            "page": page.number,
            "page_size": size,
            "num_results": found.total,
            "num_pages": -(-found.total // size),
            "results": [_line(card) for card in found.cards],
        }
    )


def _looks_elsewhere(services: Services, request: Request) -> bool:
    """Whether the program goes on with the catalog, for which it sends its login.

    Podman never sends it here, so that nothing private could be found.
    """
    agent = request.header(b"user-agent") or ""
    return (
        services.authenticator is not None
        and request.header(b"authorization") is None
        and agent.startswith(_CONTAINERS)
    )


def _line(card: RepositoryCard) -> dict[str, Any]:
    return {
        "name": card.name,
        "description": card.description,
        "star_count": card.stars,
        "is_official": is_official(card),
        "is_automated": card.automated,
        "is_trusted": False,
    }


def is_official(card: RepositoryCard) -> bool:
    """Whether it is one of the images that stand in no namespace of their own."""
    return "/" not in card.name


async def find_for_scripts(services: Services, request: Request) -> Response:
    """A page of what Docker Hub's own search answers."""
    page = asked_page(request)
    filters = Filters(
        official=_truth(request.query("is_official")),
        automated=_truth(request.query("is_automated")),
    )
    text = request.query("query") or ""
    found = await _found(services, request, text, filters, page)
    return paged(services, request, page, found.total, [_entry(card) for card in found.cards])


def _truth(text: str | None) -> bool | None:
    return {"true": True, "1": True, "false": False, "0": False}.get((text or "").lower())


def _entry(card: RepositoryCard) -> dict[str, Any]:
    return {
        "repo_name": card.name,
        "short_description": card.description,
        "star_count": card.stars,
        "pull_count": card.pulls,
        "repo_owner": "",
        "is_automated": card.automated,
        "is_official": is_official(card),
    }


async def _found(
    services: Services, request: Request, text: str, filters: Filters, page: Page
) -> Found:
    """What the caller may see of what is looked for."""
    seen = services.access.seen(request.actor)
    may_list = services.access.listable(request.actor)
    # `docker search` takes names as they are pulled; an official image has none before it.
    wanted = text.removeprefix(f"{OFFICIAL}/")
    query = parse(wanted, filters, now=services.stores.clock())

    def work(t: Transaction) -> Found:
        return find(
            t,
            query,
            seen(t),
            lambda names: may_list(t, names),
            offset=page.offset,
            size=page.size,
        )

    return await services.stores.metadata.read(work)
