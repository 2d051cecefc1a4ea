"""Tags of repositories: a table of them, deletes of many at a time and their undoing, copies."""

from datetime import datetime
from typing import Annotated

from fastapi import Path, Query
from pydantic import BaseModel, Field

from entrepot.auth.policy import Action
from entrepot.errors import FieldInvalid, RepositoryUnknown, Unsupported
from entrepot.http.api.caller import Known
from entrepot.http.api.routing import Routes
from entrepot.http.api.shapes import Document, Moment, Typed
from entrepot.http.hand import ensure, ensure_each, hand_of
from entrepot.metadata.port import Transaction
from entrepot.model.repository import TagOrder, TagQuery, TagRow
from entrepot.oci.names import parse_repository, parse_tag
from entrepot.oci.references import parse_reference
from entrepot.registry import curate
from entrepot.registry.curate import Undone

routes = Routes("repositories")

Name = Annotated[str, Path(max_length=255, description="Such as acme/web.")]
_TABLE = "/repository-tags/{repository:path}"
_DELETIONS = "/tag-deletions/{repository:path}"


class TagInfo(BaseModel):
    """A tag; what is not known yet is null."""

    name: str
    digest: str
    media_type: str
    size: int | None
    platforms: list[str]
    kind: str | None
    updated_at: datetime
    updated_by: str
    pulled_at: datetime | None


class TagPage(BaseModel):
    """A page of tags, and how many there are in all pages."""

    items: list[TagInfo]
    total: int


class Deletion(Document):
    """Tags to delete."""

    tags: Annotated[list[Typed], Field(min_length=1, max_length=1000)]


class Deleted(BaseModel):
    """The tags that were deleted, and the moment by which that can be undone."""

    tags: list[str]
    at: datetime


class Restored(BaseModel):
    """Tags that are back, and those that could not be: made anew, or without their manifest."""

    tags: list[str]
    left: list[str]


class Copy(Document):
    """A tag for what another tag or a digest names."""

    source: Typed
    tag: Typed
    replace: bool = False


class Copied(BaseModel):
    """A tag, and what it points to."""

    tag: str
    digest: str


@routes.add("GET", _TABLE, Action.PULL)
async def table(
    caller: Known,
    repository: Name,
    contains: Annotated[str, Query(max_length=128, description="Only names with this.")] = "",
    order: TagOrder = TagOrder.UPDATED,
    *,
    descending: bool = True,
    page: Annotated[int, Query(ge=1, le=100_000)] = 1,
    size: Annotated[int, Query(ge=1, le=500)] = 100,
) -> TagPage:
    """The tags of a repository, with sizes and platforms."""
    name = parse_repository(repository)
    if "\0" in contains:
        raise FieldInvalid("a tag has no NUL", field="contains")
    query = TagQuery(contains, order, descending, (page - 1) * size, size)
    rows, total = await caller.read(lambda t: find(t, name, query))
    return TagPage(items=[_info(row) for row in rows], total=total)


def find(t: Transaction, name: str, query: TagQuery) -> tuple[list[TagRow], int]:
    """The rows of a page, and how many there are in all; RepositoryUnknown."""
    if not t.repositories.exists(name):
        raise RepositoryUnknown(detail=name)
    return t.tag_table.found(name, query)


def _info(row: TagRow) -> TagInfo:
    return TagInfo(
        name=row.name,
        digest=row.digest.text,
        media_type=row.media_type,
        size=row.size,
        platforms=list(row.platforms),
        kind=row.kind,
        updated_at=row.updated_at,
        updated_by=row.updated_by,
        pulled_at=row.pulled_at,
    )


@routes.add("POST", _DELETIONS, Action.DELETE)
async def delete(caller: Known, repository: Name, given: Deletion) -> Deleted:
    """Delete tags, all at one moment; those that are not there are left out."""
    if not caller.services.settings.registry.deletes:
        raise Unsupported("deletion is switched off here (registry.deletes)")
    name, hand = parse_repository(repository), hand_of(caller)
    tags = [parse_tag(tag) for tag in given.tags]
    await ensure_each(caller, Action.DELETE, name, tags)
    gone = await caller.write(lambda t: curate.delete_tags(t, name, tags, hand))
    return Deleted(tags=gone, at=hand.at)


@routes.add("DELETE", _DELETIONS, Action.DELETE)
async def undo(caller: Known, repository: Name, at: Annotated[Moment, Query()]) -> Restored:
    """Undo the caller's own delete of that moment."""
    name, hand = parse_repository(repository), hand_of(caller)
    deleted = await caller.read(lambda t: t.tag_table.deleted(name, at=at, actor=hand.cause.actor))
    await ensure_each(caller, Action.PUSH, name, [tag for tag, _ in deleted])
    undone: Undone = await caller.write(lambda t: curate.undo_delete(t, name, at, hand))
    return Restored(tags=list(undone.restored), left=list(undone.left))


@routes.add("POST", _TABLE, Action.PUSH)
async def copy(caller: Known, repository: Name, given: Copy) -> Copied:
    """Point a tag to what another tag or a digest names."""
    name, hand, source = parse_repository(repository), hand_of(caller), given.source
    reference = parse_reference(source) if ":" in source else parse_tag(source)
    tag = parse_tag(given.tag)
    await ensure(caller, Action.PULL, name, reference if isinstance(reference, str) else None)
    await ensure(caller, Action.PUSH, name, tag)
    digest = await caller.write(
        lambda t: curate.retag(t, name, reference, tag, hand, replace=given.replace)
    )
    return Copied(tag=tag, digest=digest.text)
