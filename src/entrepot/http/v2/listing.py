"""/v2/<name>/tags/list, /v2/_catalog and /v2/<name>/referrers/<digest>.

A page is rendered once and sent again until something is committed.
"""

import json
from collections.abc import Awaitable, Callable, Hashable
from typing import Final

from entrepot.errors import RequestInvalid
from entrepot.http.request import Request
from entrepot.http.response import Rendered, Response, document, header
from entrepot.http.services import Services
from entrepot.oci.digest import Digest
from entrepot.oci.media_types import OCI_INDEX
from entrepot.registry.listing import list_referrers, list_tags
from entrepot.wire.pages import Page, next_link, parse_page

# go-containerregistry, and so cosign, reads the first page alone. Its bytes are bounded as well.
_REFERRERS: Final = 1000


async def tags(services: Services, request: Request) -> Response:
    page = _page(services, request)

    async def render() -> Rendered:
        listed = await list_tags(services.stores, request.repository, page.last, page.size)
        body = json.dumps({"name": request.name, "tags": list(listed.items)}).encode()
        last = listed.items[-1] if listed.more else None
        return body, _link(request, last, page.size)

    return await _cached(services, (request.path, page), render)


async def catalog(services: Services, request: Request) -> Response:
    page = _page(services, request)

    async def render() -> Rendered:
        found = await services.access.repositories(request.actor, page.last, page.size + 1)
        names = found[: page.size]
        body = json.dumps({"repositories": names}).encode()
        # Of a page of none nothing can follow: the specification wants no Link there.
        last = names[-1] if len(found) > page.size > 0 else None
        return body, _link(request, last, page.size)

    return await _cached(services, (request.actor, page), render)


async def _cached(
    services: Services, key: Hashable, render: Callable[[], Awaitable[Rendered]]
) -> Response:
    body, headers = await services.listings.compute(key, render)
    return document(200, body, *headers)


def _link(
    request: Request, last: str | None, size: int, **more: str
) -> tuple[tuple[bytes, bytes], ...]:
    """The header that names the page after *last*, where there is one."""
    if last is None:
        return ()
    return (header("link", next_link(request.path, last, size, **more)),)


def _page(services: Services, request: Request) -> Page:
    settings = services.settings.registry
    return parse_page(
        request.query("n"),
        request.query("last"),
        default=settings.page_size,
        limit=settings.page_limit,
    )


async def referrers(services: Services, request: Request) -> Response:
    subject = Digest.parse(request.last)
    kind = request.query("artifactType")
    if kind and "\0" in kind:
        raise RequestInvalid("artifactType must be a media type, without NUL")
    page = parse_page(
        request.query("n"), request.query("last"), default=_REFERRERS, limit=_REFERRERS
    )

    async def render() -> Rendered:
        listed = await list_referrers(
            services.stores,
            request.repository,
            subject,
            artifact_type=kind,
            last=page.last,
            size=page.size,
        )
        described = ", ".join(referrer.document() for referrer in listed.items)
        body = f'{{"schemaVersion": 2, "mediaType": "{OCI_INDEX}", "manifests": [{described}]}}'
        headers = [header("content-type", OCI_INDEX)]
        more: dict[str, str] = {}
        if kind is not None:
            headers.append(header("oci-filters-applied", "artifactType"))
            more["artifactType"] = kind
        last = listed.items[-1].digest.text if listed.more else None
        return body.encode(), (*headers, *_link(request, last, page.size, **more))

    return await _cached(services, (request.path, kind, page), render)
