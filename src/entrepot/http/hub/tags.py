"""Tags as Docker Hub's API tells them."""

import asyncio
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
from entrepot.oci.parts import Part
from entrepot.registry import curate, inspect

# By the names that they have there, where `last_updated` is the newest first.
# Images of one index, and of all indexes of a page; no real image is for so many platforms.
_PARTS: Final = 50
_IMAGES_SHOWN: Final = 2500
# Bytes of manifests that one request parses. The images of further indexes are not listed, until
# a later request finds the first ones parsed.
_PARSED: Final = 16 * 1024 * 1024
_BATCH: Final = 500
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
    most = min(_PARTS, _IMAGES_SHOWN // max(len(rows), 1))
    indexes = dict.fromkeys(row.digest for row in rows if row.media_type in INDEXES)
    parts: dict[Digest, list[Part]] = {}
    room = _PARSED
    for digest in indexes:
        found, parsed = await _parts(services, repository, digest, room)
        parts[digest] = found[:most]
        room -= parsed
    digests = list({part.descriptor.digest: None for listed in parts.values() for part in listed})
    facts = await _facts(services, repository, digests)
    return [_tag(row, parts.get(row.digest, ()), facts) for row in rows]


async def _facts(
    services: Services, repository: str, digests: Sequence[Digest]
) -> dict[Digest, ImageFacts]:
    """The facts of many images, in reads that others come between: SQLite is read on the loop."""
    found: dict[Digest, ImageFacts] = {}
    for start in range(0, len(digests), _BATCH):

        def work(t: Transaction, start: int = start) -> Mapping[Digest, ImageFacts]:
            return t.images.of(repository, digests[start : start + _BATCH])

        found |= await services.stores.metadata.read(work)
        await asyncio.sleep(0)
    return found


async def _parts(
    services: Services, repository: str, digest: Digest, room: int
) -> tuple[list[Part], int]:
    """The images of an index, and how many bytes were parsed for that, at most *room*.

    There are none where it is gone meanwhile.
    """
    try:
        record = await services.pull.record(repository, digest)
        cost = 0 if services.stores.documents.get(digest) else record.size
        if cost > room:
            return [], 0
        document = await inspect.read_document(services.stores, record)
    except Problem:
        return [], 0
    # BuildKit keeps what it tells about an image beside the images.
    return [part for part in document.parts if part.platform.os != "unknown"], cost


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
