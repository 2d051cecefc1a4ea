"""Builds of repositories: reported by whoever runs them, listed for whoever may pull."""

from datetime import datetime
from typing import Annotated

from fastapi import Path, Query
from pydantic import BaseModel, Field

from entrepot.auth.policy import Action
from entrepot.builds import timeline
from entrepot.builds.reports import TAGS, Report
from entrepot.errors import FieldInvalid, RepositoryUnknown
from entrepot.http.api.caller import Known
from entrepot.http.api.routing import Routes
from entrepot.http.api.shapes import FEW, Document, Few, Last, Moment, Page, Typed, page_of
from entrepot.http.hand import ensure_each, hand_of
from entrepot.metadata.port import Transaction
from entrepot.model.build import Build, BuildState
from entrepot.oci.names import parse_repository, parse_tag
from entrepot.registry import quotas

routes = Routes("repositories")

Name = Annotated[str, Path(max_length=255, description="Such as acme/web.")]
_BUILDS = "/repository-builds/{repository:path}"


class BuildReport(Document):
    """What there is to tell of a build; what is left out stays as it was told before."""

    name: Annotated[
        Typed,
        Field(
            description="What the builder calls it, one in the repository: its number, say.",
            examples=["1042.1"],
        ),
    ]
    state: BuildState
    tags: Annotated[list[Typed] | None, Field(max_length=TAGS, examples=[["1.4", "latest"]])] = None
    digest: Typed | None = Field(None, description="The image that it made and pushed.")
    source: Typed | None = Field(
        None, description="The address of what it is built from.", examples=["https://git.invalid"]
    )
    ref: Typed | None = Field(None, description="The branch or tag there.", examples=["main"])
    commit: Typed | None = None
    log: Typed | None = Field(None, description="The address of what it printed.")
    message: Typed | None = Field(None, description="One line: why it failed, say.")
    started_at: Moment | None = Field(None, description="When it first was running, if not told.")
    ended_at: Moment | None = Field(None, description="When its end was told, if not told itself.")


class BuildInfo(BaseModel):
    """A build; what was not told is null."""

    name: str
    state: BuildState
    silent: bool = Field(description="Not over, and nothing was heard of it for a day.")
    tags: list[str]
    digest: str | None
    source: str | None
    ref: str | None
    commit: str | None
    log: str | None
    message: str | None
    created_at: datetime = Field(description="When it was first told of.")
    started_at: datetime | None
    ended_at: datetime | None
    reported_at: datetime
    reported_by: str


class Forgotten(BaseModel):
    """How many builds were taken out."""

    builds: int


def shown(build: Build, now: datetime) -> BuildInfo:
    """How a build is shown."""
    return BuildInfo(
        name=build.name,
        state=build.state,
        silent=build.is_silent(now),
        tags=list(build.tags),
        digest=build.digest or None,
        source=build.source or None,
        ref=build.ref or None,
        commit=build.commit or None,
        log=build.log or None,
        message=build.message or None,
        created_at=build.created_at,
        started_at=build.started_at,
        ended_at=build.ended_at,
        reported_at=build.reported_at,
        reported_by=build.reported_by,
    )


@routes.add("GET", _BUILDS, Action.PULL)
async def list_builds(
    caller: Known,
    repository: Name,
    last: Last = "",
    size: Few = FEW,
    state: Annotated[BuildState | None, Query(description="Only those in this state.")] = None,
    *,
    name: Annotated[Typed | None, Query(description="Only the build with that name.")] = None,
) -> Page[BuildInfo]:
    """The repository's builds, the newest first."""
    own, now = parse_repository(repository), caller.services.stores.clock()

    def work(t: Transaction) -> list[Build]:
        if not t.repositories.exists(own):
            raise RepositoryUnknown(detail=own)
        if name is None:
            return t.builds.page(own, last, size + 1, state)
        found = t.builds.get(own, name)
        return [found] if found is not None and state in {None, found.state} else []

    found = await caller.read(work)
    return page_of((shown(each, now) for each in found), size, "name")


@routes.add("PUT", _BUILDS, Action.PUSH)
async def report(caller: Known, repository: Name, given: BuildReport) -> BuildInfo:
    """Tell how far a build is; the first report of a name begins it."""
    name, hand = parse_repository(repository), hand_of(caller)
    told = _told(given)
    before = await caller.read(lambda t: t.builds.get(name, told.name))
    tags = {*(told.tags or ()), *(before.tags if before else ())}
    await ensure_each(caller, Action.PUSH, name, sorted(tags))
    stores = caller.services.stores
    async with quotas.telling(stores, name, actor=hand.cause.actor):
        build = await caller.write(
            lambda t: timeline.report(t, name, told, hand, quota=stores.quota, tags=tags)
        )
    return shown(build, hand.at)


def _told(given: BuildReport) -> Report:
    tags = None if given.tags is None else tuple(parse_tag(tag) for tag in given.tags)
    return Report(**{**given.model_dump(), "tags": tags})


@routes.add("DELETE", _BUILDS, Action.MANAGE)
async def forget(
    caller: Known,
    repository: Name,
    name: Annotated[Typed | None, Query(description="Only the build with that name.")] = None,
    *,
    all: Annotated[bool, Query(description="All of the repository.")] = False,  # noqa: A002 - what the parameter is called
) -> Forgotten:
    """Take a build out of the timeline, or all; images and tags stay."""
    if (name is None) is not all:
        raise FieldInvalid("name a build, or say all", field="name")
    hand, own = hand_of(caller), parse_repository(repository)
    gone = await caller.write(lambda t: timeline.forget(t, own, name, hand))
    return Forgotten(builds=gone)
