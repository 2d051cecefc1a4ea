"""Tags as Docker Hub's API tells them."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from entrepot.errors import ManifestUnknown, Problem, RepositoryUnknown, RequestInvalid, Unsupported
from entrepot.http import gate
from entrepot.http.hub.answers import answer, asked_page, moment, paged
from entrepot.http.request import Request
from entrepot.http.response import Response, empty
from entrepot.http.services import Services
from entrepot.metadata.port import Transaction
from entrepot.model.repository import ImageFacts, ImageKind, TagOrder, TagQuery, TagRow
from entrepot.oci.digest import Digest
from entrepot.oci.image import Platform
from entrepot.oci.media_types import INDEXES
from entrepot.oci.names import is_tag
from entrepot.oci.parts import Part, list_parts
from entrepot.registry import curate

# By the names that they have there, where `last_updated` is the newest first.
# Of one index; no image is for so many platforms.
_PARTS: Final = 50
_ORDERS: Final = {
    "last_updated": (TagOrder.UPDATED, True),
    "-last_updated": (TagOrder.UPDATED, False),
    "name": (TagOrder.NAME, False),
    "-name": (TagOrder.NAME, True),
}
# What is not read yet is most likely one.
_IMAGES: Final = frozenset({ImageKind.IMAGE, ImageKind.INDEX, None})
_LONGEST: Final = 128


async def listed(services: Services, request: Request) -> Response:
    """A page of the tags."""
    page = asked_page(request)
    wanted = request.query("name") or ""
    if "\0" in wanted or len(wanted) > _LONGEST:
        raise RequestInvalid("name is a part of a tag")
    order, descending = _ORDERS.get(request.query("ordering") or "", _ORDERS["last_updated"])
    query = TagQuery(wanted, order, descending, page.offset, page.size)

    def work(t: Transaction) -> tuple[list[TagRow], int]:
        if not t.repositories.exists(request.repository):
            raise RepositoryUnknown(detail=request.repository)
        return t.tag_table.found(request.repository, query)

    rows, count = await services.stores.metadata.read(work)
    return paged(services, request, page, count, await _told(services, request.repository, rows))


async def show(services: Services, request: Request) -> Response:
    """One tag; ManifestUnknown."""
    tag = request.last

    def work(t: Transaction) -> TagRow | None:
        if not t.repositories.exists(request.repository):
            raise RepositoryUnknown(detail=request.repository)
        return t.tag_table.row(request.repository, tag) if is_tag(tag) else None

    row = await services.stores.metadata.read(work)
    if row is None:
        raise ManifestUnknown("there is no such tag in this repository", detail=tag[:_LONGEST])
    (told,) = await _told(services, request.repository, [row])
    return answer(told)


async def delete(services: Services, request: Request) -> Response:
    """Take the tag away; ManifestUnknown, Unsupported."""
    if not services.settings.registry.deletes:
        raise Unsupported("deletion is switched off here (registry.deletes)")
    tag = request.last
    hand = curate.Hand(
        gate.cause(services, request), services.stores.clock(), services.authenticator is not None
    )
    tags = [tag] if is_tag(tag) else []
    gone = await services.stores.metadata.write(
        lambda t: curate.delete_tags(t, request.repository, tags, hand)
    )
    if not gone:
        raise ManifestUnknown("there is no such tag in this repository", detail=tag[:_LONGEST])
    return empty(204)


async def _told(
    services: Services, repository: str, rows: Sequence[TagRow]
) -> list[dict[str, Any]]:
    parts = {
        row.digest: await _parts(services, repository, row.digest)
        for row in rows
        if row.media_type in INDEXES
    }
    digests = list({part.descriptor.digest: None for listed in parts.values() for part in listed})
    facts = await services.stores.metadata.read(lambda t: t.images.of(repository, digests))
    return [_tag(row, parts.get(row.digest, ()), facts) for row in rows]


async def _parts(services: Services, repository: str, digest: Digest) -> list[Part]:
    """The images of an index; none where it is gone meanwhile."""
    try:
        pulled = await services.pull.manifest(repository, digest)
    except Problem:
        return []
    # BuildKit keeps what it tells about an image beside the images.
    listed = [part for part in list_parts(pulled.content) if part.platform.os != "unknown"]
    return listed[:_PARTS]


def _tag(row: TagRow, parts: Sequence[Part], facts: Mapping[Digest, ImageFacts]) -> dict[str, Any]:
    pushed, pulled = moment(row.updated_at), moment(row.pulled_at)
    if parts:
        images = [_part(row, part, facts.get(part.descriptor.digest)) for part in parts]
    else:
        images = [_image(row, _platform(row))]
    return {
        "creator": None,
        "id": None,
        "repository": None,
        "images": images,
        "last_updated": pushed,
        "last_updater": None,
        "last_updater_username": row.updated_by,
        "name": row.name,
        "full_size": row.size,
        "v2": True,
        "tag_status": "active",
        "tag_last_pulled": pulled,
        "tag_last_pushed": pushed,
        "media_type": row.media_type,
        "content_type": _content(row.kind),
        "digest": row.digest.text,
    }


def _content(kind: str | None) -> str:
    if kind == ImageKind.CHART:
        return "helm"
    return "image" if kind in _IMAGES else "unrecognized"


def _platform(row: TagRow) -> Platform:
    """What an image runs on; nothing while it is not known."""
    named = row.platforms[0].split("/") if len(row.platforms) == 1 else []
    return Platform(*named[:3])


def _part(row: TagRow, part: Part, facts: ImageFacts | None) -> dict[str, Any]:
    told = _image(row, part.platform)
    digest = part.descriptor.digest.text
    return {**told, "digest": digest, "size": facts.size if facts else None}


def _image(row: TagRow, platform: Platform) -> dict[str, Any]:
    return {
        "architecture": platform.architecture or None,
        "features": None,
        "variant": platform.variant or None,
        "digest": row.digest.text,
        "os": platform.os or None,
        "os_features": None,
        "os_version": platform.os_version or None,
        "size": row.size,
        "status": "active",
        "last_pulled": moment(row.pulled_at),
        "last_pushed": moment(row.updated_at),
    }
