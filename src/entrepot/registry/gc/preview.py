"""What a garbage collection would do now, and what waits for a later one; nothing is changed."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from entrepot.errors import BlobUnknown
from entrepot.metadata.garbage import Place
from entrepot.model.garbage import Condemned, Link
from entrepot.oci.digest import Digest
from entrepot.registry.gc.collect import FIRST, PAGE, listed
from entrepot.registry.stores import Stores


class Step(StrEnum):
    """What happens next to something that nobody needs."""

    RETIRE = "retire"
    FORGET = "forget"
    CONDEMN = "condemn"
    REMOVE = "remove"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that nobody needs, and what happens to it next, from the moment `at` on.

    `repository` is empty where it is in none.
    """

    step: Step
    repository: str
    digest: Digest
    size: int | None
    at: datetime


async def preview(stores: Stores, grace: timedelta, *, thorough: bool) -> AsyncIterator[Finding]:
    """What a collection finds, a step at a time; a *thorough* one lists the store as well."""
    async for finding in _links(stores, grace):
        yield finding
    async for finding in _retired(stores, grace):
        yield finding
    async for finding in _linkless(stores):
        yield finding
    async for finding in _condemned(stores):
        yield finding
    if thorough:
        async for finding in _strays(stores):
            yield finding


async def _links(stores: Stores, grace: timedelta) -> AsyncIterator[Finding]:
    place: Place | None = FIRST
    while place is not None:
        links, place = await _unnamed(stores, place)
        for link in links:
            at = link.linked_at + grace
            yield Finding(Step.RETIRE, link.repository, link.digest, link.size, at)


async def _unnamed(stores: Stores, after: Place) -> tuple[list[Link], Place | None]:
    return await stores.metadata.read(lambda t: t.retired.unnamed(after, PAGE))


async def _retired(stores: Stores, grace: timedelta) -> AsyncIterator[Finding]:
    place = FIRST
    while True:
        after = place
        page = await stores.metadata.read(
            lambda t, after=after: t.retired.page(after, PAGE)  # type: ignore[misc]
        )
        for each in page:
            at = each.retired_at + grace
            yield Finding(Step.FORGET, each.repository, each.digest, each.size, at)
        if len(page) < PAGE:
            return
        place = page[-1].key


async def _linkless(stores: Stores) -> AsyncIterator[Finding]:
    place: int | None = 0
    while place is not None:
        after = place
        contents, place = await stores.metadata.read(
            lambda t, after=after: t.condemned.linkless(after, PAGE)  # type: ignore[misc]
        )
        for content in contents:
            yield Finding(Step.FORGET, "", content.digest, content.size, stores.clock())


async def _condemned(stores: Stores) -> AsyncIterator[Finding]:
    last = ""
    while True:
        after = last
        page: Sequence[Condemned] = await stores.metadata.read(
            lambda t, after=after: t.condemned.page(after, PAGE)  # type: ignore[misc]
        )
        for each in page:
            if not each.held:
                yield Finding(Step.REMOVE, "", each.digest, each.size, each.due)
        if len(page) < PAGE:
            return
        last = page[-1].digest.text


async def _strays(stores: Stores) -> AsyncIterator[Finding]:
    async for page in listed(stores):
        async for finding in _page_of_strays(stores, page):
            yield finding


async def _page_of_strays(stores: Stores, page: Sequence[Digest]) -> AsyncIterator[Finding]:
    for digest in await stores.metadata.read(lambda t: t.condemned.strays(page)):
        try:
            size: int | None = await stores.blobs.size(digest)
        except BlobUnknown:
            continue
        yield Finding(Step.CONDEMN, "", digest, size, stores.clock())
