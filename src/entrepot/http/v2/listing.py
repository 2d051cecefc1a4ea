"""/v2/<name>/tags/list, /v2/_catalog and /v2/<name>/referrers/<digest>."""

import json
from typing import Final

from entrepot.errors import RequestInvalid
from entrepot.http.request import Request
from entrepot.http.response import Response, document, header
from entrepot.http.services import Services
from entrepot.oci.digest import Digest
from entrepot.oci.media_types import OCI_INDEX
from entrepot.registry.listing import list_referrers, list_tags
from entrepot.wire.pages import Page, next_link, parse_page

# go-containerregistry, and so cosign, reads the first page alone. Its bytes are bounded as well.
_REFERRERS: Final = 1000


async def tags(services: Services, request: Request) -> Response:
    page = _page(services, request)
    listed = await list_tags(services.stores, request.repository, page.last, page.size)
    body = json.dumps({"name": request.name, "tags": list(listed.items)}).encode()
    links = []
    if listed.more:
        links.append(header("link", next_link(request.path, listed.items[-1], page.size)))
    return document(200, body, *links)


async def catalog(services: Services, request: Request) -> Response:
    page = _page(services, request)
    found = await services.access.repositories(request.actor, page.last, page.size + 1)
    names = found[: page.size]
    body = json.dumps({"repositories": names}).encode()
    links = []
    # Of a page of none nothing can follow: the specification wants no Link there.
    if len(found) > page.size > 0:
        links.append(header("link", next_link(request.path, names[-1], page.size)))
    return document(200, body, *links)


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
    if listed.more:
        last = listed.items[-1].digest.text
        headers.append(header("link", next_link(request.path, last, page.size, **more)))
    return document(200, body.encode(), *headers)
