"""/v2/<name>/manifests/<reference>."""

from functools import lru_cache

from entrepot.errors import ManifestTooLarge, TagInvalid, Unsupported
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
from entrepot.model.records import ManifestRecord
from entrepot.oci.digest import Digest
from entrepot.oci.names import is_tag
from entrepot.oci.references import parse_reference
from entrepot.registry.delete import delete_manifest
from entrepot.registry.pull import Pulled
from entrepot.registry.push import Sparse, parse_tags, push_manifest
from entrepot.wire.conditions import entity_tag, matches


async def get(services: Services, request: Request) -> Response:
    reference = parse_reference(request.last)
    pulled: Pulled = await services.pull.manifest(request.repository, reference)
    if services.settings.auth.audit_pulls:
        await trail.pulled(services, request)
    condition = request.header(b"if-none-match")
    headers = _describe(pulled.record)
    if condition is not None and matches(condition, pulled.record.digest.text):
        return Response(304, [pair for pair in headers if pair[0] not in OF_CONTENT])
    if request.method == "GET":
        services.pulls.note(request.repository, request.last)
    return Response(200, headers, pulled.content)


@lru_cache(maxsize=4_000)
def _describe(record: ManifestRecord) -> Headers:
    """The headers of a manifest, built once: they can never change. Nobody may alter the list."""
    return [
        VERSION,
        NOSNIFF,
        length(record.size),
        header("content-type", record.media_type),
        header("docker-content-digest", record.digest.text),
        header("etag", entity_tag(record.digest.text)),
    ]


async def put(services: Services, request: Request) -> Response:
    reference = parse_target(request.last)
    limit = services.settings.registry.manifest_bytes
    content = await request.body(limit)
    if content is None:
        raise ManifestTooLarge(detail={"limit": limit})
    tags = tags_in(request)
    if tags and isinstance(reference, str):
        raise TagInvalid("tag parameters go with a push by digest; push to <digest>?tag=...")
    pushed = await push_manifest(
        services.stores,
        request.repository,
        reference,
        content,
        content_type=request.header(b"content-type"),
        tags=tags,
        actor=request.actor.name,
        sparse=Sparse(services.settings.registry.sparse.value),
        along=trail.pushed(services, request),
    )
    headers = [
        header("location", f"/v2/{request.name}/manifests/{reference}"),
        header("docker-content-digest", pushed.digest.text),
    ]
    if pushed.subject:
        headers.append(header("oci-subject", pushed.subject.text))
    if tags:
        headers.append(header("oci-tag", ", ".join(pushed.tags)))
    return empty(201, *headers)


def tags_in(request: Request) -> tuple[str, ...]:
    """Return the tag parameters of a push, each once. Raises TagInvalid."""
    return parse_tags(request.queries("tag"))


def parse_target(text: str) -> Digest | str:
    """Return the digest or the tag that a manifest is pushed to. Raises TagInvalid."""
    if ":" not in text and not is_tag(text):
        raise TagInvalid(detail=text[:255])
    return parse_reference(text)


async def delete(services: Services, request: Request) -> Response:
    if not services.settings.registry.deletes:
        raise Unsupported("deletion is switched off here (registry.deletes)")
    reference = parse_reference(request.last)
    await delete_manifest(
        services.stores,
        request.repository,
        reference,
        actor=request.actor.name,
        force=await is_forced(services, request),
        along=trail.deleted(services, request),
    )
    return empty(202)
