"""One tag: what it points to, and where it pointed before."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from starlette.responses import Response

from entrepot.auth.policy import Action
from entrepot.errors import ManifestUnknown
from entrepot.http.hand import ensure
from entrepot.http.web import commands
from entrepot.http.web.repository_head import Head, Rights, head, name_in, rights_of
from entrepot.http.web.routing import Pages
from entrepot.http.web.visit import Visit
from entrepot.metadata.port import Transaction
from entrepot.model.build import Build
from entrepot.model.records import TagChange, TagRecord
from entrepot.model.repository import ImageFacts
from entrepot.oci.names import parse_tag
from entrepot.registry import about, inspect
from entrepot.registry.about import Referrer
from entrepot.registry.inspect import ImageView

pages = Pages()

_MOVES: Final = 50


@dataclass(frozen=True, slots=True)
class _Found:
    head: Head
    tag: TagRecord | None
    moves: Sequence[TagChange]
    facts: ImageFacts | None
    build: Build | None


@pages.add("GET", "/r/{repository:path}/-/tags/{tag}", Action.PULL)
async def show(visit: Visit) -> Response:
    """The tag; of one that was deleted, what it was."""
    rights, tag = await rights_of(visit), parse_tag(visit.path("tag"))
    await ensure(visit.caller, Action.PULL, name_in(visit), tag)
    found = await visit.caller.read(lambda t: _find(t, visit, rights, tag))
    image, referrers = await _contents(visit, found.tag)
    kind = image.kind if image else None
    address = f"{visit.caller.origin.host}/{found.head.name}"
    return visit.page(
        "tag.html",
        200 if found.tag else 404,
        head=found.head,
        tab="tags",
        name=tag,
        tag=found.tag,
        by_tag=commands.pull_by_tag(address, tag, kind),
        by_digest=commands.pull_by_digest(address, found.tag.digest, kind) if found.tag else "",
        moves=found.moves,
        facts=found.facts,
        build=found.build,
        image=image,
        referrers=referrers,
    )


def _find(t: Transaction, visit: Visit, rights: Rights, name: str) -> _Found:
    repository = name_in(visit)
    top = head(t, visit, rights)
    tag = t.tags.get(repository, name)
    moves = t.tags.changes(repository, name, _MOVES)
    if tag is None and not moves:
        raise ManifestUnknown(detail=name)
    facts = t.images.of(repository, [tag.digest]).get(tag.digest) if tag else None
    build = t.builds.newest(repository, tag.digest.text) if tag else None
    return _Found(top, tag, moves, facts, build)


async def _contents(visit: Visit, tag: TagRecord | None) -> tuple[ImageView | None, list[Referrer]]:
    if tag is None:
        return None, []
    stores, name = visit.services.stores, name_in(visit)
    try:
        image, referrers = await asyncio.gather(
            inspect.image(stores, name, tag.digest), about.referrers(stores, name, tag.digest)
        )
    except ManifestUnknown:
        return None, []
    return image, referrers
