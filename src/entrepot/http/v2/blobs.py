"""/v2/<name>/blobs/<digest>."""

from typing import Final

from entrepot.errors import Unsupported
from entrepot.http.request import Request
from entrepot.http.response import VERSION, Headers, Response, empty, header, length
from entrepot.http.services import Services
from entrepot.oci.digest import Digest
from entrepot.oci.media_types import BYTES
from entrepot.registry.delete import delete_blob
from entrepot.wire.conditions import entity_tag, matches, same_as
from entrepot.wire.ranges import Span, wanted

# Up to here a blob is sent in one piece: fewer steps than a stream's.
_SMALL: Final = 1024 * 1024
_TYPE: Final = header("content-type", BYTES)
_RANGES: Final = (b"accept-ranges", b"bytes")


async def get(services: Services, request: Request) -> Response:
    digest = Digest.parse(request.last)
    total = await services.pull.blob(request.repository, digest)
    headers = _describe(digest)
    condition = request.header(b"if-none-match")
    if condition is not None and matches(condition, digest.text):
        return Response(304, headers)
    span = _span(request, digest, total)
    if services.redirects is not None and request.method == "GET":
        address = await services.redirects.url(digest)
        if address is not None:
            return empty(307, header("location", address), *headers[1:])
    if span is None:
        return await _whole(services, digest, total, headers)
    headers += [length(span.length), header("content-range", span.content_range(total)), _TYPE]
    return Response(206, headers, services.pull.content(digest, span.start, span.length))


def _span(request: Request, digest: Digest, total: int) -> Span | None:
    """The part asked for; only a GET can ask for one (RFC 9110, 14.2)."""
    asked = request.header(b"range")
    if asked is None or request.method != "GET":
        return None
    if not same_as(request.header(b"if-range"), digest.text):
        return None
    return wanted(asked, total)


def _describe(digest: Digest) -> Headers:
    return [
        VERSION,
        header("docker-content-digest", digest.text),
        header("etag", entity_tag(digest.text)),
        (b"cache-control", b"max-age=31536000"),
        _RANGES,
    ]


async def _whole(services: Services, digest: Digest, total: int, headers: Headers) -> Response:
    headers += [length(total), _TYPE]
    if services.files is not None and total <= _SMALL:
        content = services.files.read_now(digest, total)
        if content is not None:
            return Response(200, headers, content)
    return Response(200, headers, services.pull.content(digest, 0, total))


async def delete(services: Services, request: Request) -> Response:
    if not services.settings.registry.deletes:
        raise Unsupported("deletion is switched off here (registry.deletes)")
    await delete_blob(services.stores, request.repository, Digest.parse(request.last))
    return empty(202)
