"""/v2/<name>/blobs/<digest>."""

from functools import lru_cache
from typing import Final

from entrepot.errors import Unsupported
from entrepot.http.request import Request
from entrepot.http.response import (
    NOSNIFF,
    OF_CONTENT,
    VERSION,
    Headers,
    Response,
    empty,
    header,
    length,
)
from entrepot.http.services import Services
from entrepot.http.v2 import trail
from entrepot.http.v2.force import is_forced
from entrepot.oci.digest import Digest
from entrepot.oci.media_types import BYTES
from entrepot.oci.references import parse_digest
from entrepot.registry.delete import delete_blob
from entrepot.wire.conditions import entity_tag, matches, same_as
from entrepot.wire.ranges import Span, wanted

_TYPE: Final = header("content-type", BYTES)
_RANGES: Final = (b"accept-ranges", b"bytes")


async def get(services: Services, request: Request) -> Response:
    digest = parse_digest(request.last)
    total = await services.pull.blob(request.repository, digest)
    headers = _describe(digest, total, shared=request.actor.anonymous)
    condition = request.header(b"if-none-match")
    if condition is not None and matches(condition, digest.text):
        return Response(304, [pair for pair in headers if pair[0] not in OF_CONTENT])
    span = _span(request, digest, total)
    if services.redirects is not None and request.method == "GET":
        address = await services.redirects.url(digest)
        if address is not None:
            return empty(307, header("location", address))
    if span is None:
        content = services.pull.at_once(digest, total)
        if content is None:
            return Response(200, headers, services.pull.content(digest, 0, total))
        return Response(200, headers, content)
    part = [pair for pair in headers if pair[0] != b"content-length"]
    part += [length(span.length), header("content-range", span.content_range(total))]
    return Response(206, part, services.pull.content(digest, span.start, span.length))


def _span(request: Request, digest: Digest, total: int) -> Span | None:
    """The part asked for; only a GET can ask for one (RFC 9110, 14.2)."""
    asked = request.header(b"range")
    if asked is None or request.method != "GET":
        return None
    if not same_as(request.header(b"if-range"), digest.text):
        return None
    return wanted(asked, total)


@lru_cache(maxsize=4_000)
def _describe(digest: Digest, total: int, *, shared: bool) -> Headers:
    """The headers of a blob, built once: they can never change. Nobody may alter the list.

    Where it is not *shared* with everyone, no cache in between may keep it for another caller.
    """
    kept = b"max-age=31536000" if shared else b"private, max-age=31536000"
    return [
        VERSION,
        NOSNIFF,
        length(total),
        _TYPE,
        header("docker-content-digest", digest.text),
        header("etag", entity_tag(digest.text)),
        (b"cache-control", kept),
        _RANGES,
    ]


async def delete(services: Services, request: Request) -> Response:
    if not services.settings.registry.deletes:
        raise Unsupported("deletion is switched off here (registry.deletes)")
    await delete_blob(
        services.stores,
        request.repository,
        parse_digest(request.last),
        force=await is_forced(services, request),
        along=trail.deleted(services, request),
    )
    return empty(202)
