"""Repositories: what is said of them, who may see them, and who has which role on them."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

from fastapi import Path, Query
from pydantic import BaseModel, Field, model_validator

from entrepot.accounts import organizations
from entrepot.auth.policy import Action
from entrepot.errors import FieldInvalid, NotFound
from entrepot.http.api.caller import Known
from entrepot.http.api.routing import Routes
from entrepot.http.api.shapes import (
    MOST,
    Document,
    Done,
    Last,
    Page,
    RoleText,
    Size,
    Typed,
    Whole,
    page_of,
    role_of,
)
from entrepot.http.hand import hand_of
from entrepot.metadata.port import Transaction
from entrepot.model.permission import Grant, Visibility
from entrepot.model.repository import RepositoryCard
from entrepot.oci.names import OFFICIAL, namespace_of, parse_repository
from entrepot.registry import curate
from entrepot.registry.curate import DESCRIPTION, README

routes = Routes("repositories")

Name = Annotated[str, Path(max_length=255, description="Such as acme/web.")]
_ROLES = "/repository-roles/{repository:path}"


class RepositoryInfo(BaseModel):
    """A repository."""

    name: str
    visibility: Visibility
    description: str
    official: bool
    automated: bool
    stars: int
    pulls: int
    created_at: datetime
    updated_at: datetime | None = Field(description="The last push.")


class RepositoryDetails(RepositoryInfo):
    """A repository, with what it says of itself."""

    readme: str = Field(description="The long description, in Markdown.")


class RepositoryChange(Document):
    """What a repository becomes; what is left out stays as it is."""

    visibility: Visibility | None = None
    description: Annotated[Typed | None, Field(description=f"One line, {DESCRIPTION} at most.")] = (
        None
    )
    # Its length is judged where it is written, with a message for people.
    readme: Annotated[str | None, Field(description=f"Markdown, {README} at most.")] = None


class RoleInfo(BaseModel):
    """A role on one repository."""

    account: str | None
    team: str | None
    role: str
    created_at: datetime
    created_by: str


class Given(Document):
    """A role for an account or a team."""

    account: Typed | None = None
    team: Typed | None = None
    role: RoleText

    @model_validator(mode="after")
    def _one(self) -> "Given":
        if (self.account is None) == (self.team is None):
            raise ValueError("name an account or a team")
        return self


@routes.add("GET", "/repositories", Action.USE_ACCOUNT)
async def list_repositories(
    caller: Known, last: Last = "", size: Size = 100
) -> Page[RepositoryInfo]:
    """The repositories that the caller may see."""
    if "\0" in last:
        raise FieldInvalid("a name has no NUL", field="last")
    names = await caller.services.access.repositories(caller.actor, last, size + 1)
    cards = await caller.read(lambda t: t.cards.of(names))
    return page_of((RepositoryInfo(**_told(card)) for card in cards), size, "name")


def _told(card: RepositoryCard) -> dict[str, Any]:
    return {**asdict(card), "official": namespace_of(card.name) == OFFICIAL}


def _details(t: Transaction, name: str) -> RepositoryDetails:
    card = t.cards.get(name)
    if card is None:
        raise NotFound(f"there is no repository {name}")
    readme = t.cards.readme(name)
    return RepositoryDetails(**_told(card), readme=readme.text if readme else "")


@routes.add("GET", "/repositories/{repository:path}", Action.PULL)
async def get(caller: Known, repository: Name) -> RepositoryDetails:
    """A repository."""
    name = parse_repository(repository)
    return await caller.read(lambda t: _details(t, name))


@routes.add("PATCH", "/repositories/{repository:path}", Action.MANAGE)
async def change(caller: Known, repository: Name, new: RepositoryChange) -> RepositoryDetails:
    """Make a repository public or private, and describe it."""
    name, hand = parse_repository(repository), hand_of(caller)

    def work(t: Transaction) -> RepositoryDetails:
        if new.visibility is not None:
            organizations.show_repository(t, name, new.visibility, hand.cause, now=hand.at)
        if new.description is not None:
            curate.describe(t, name, new.description, hand)
        if new.readme is not None:
            curate.write_readme(t, name, new.readme, hand)
        return _details(t, name)

    return await caller.write(work)


@routes.add("GET", _ROLES, Action.SHARE)
async def roles(
    caller: Known,
    repository: Name,
    last: Last = "",
    last_team: Annotated[Last, Query(description="Go on after the role of this team.")] = "",
    size: Whole = MOST,
) -> list[RoleInfo]:
    """Who was given a role on just this repository: accounts first, then teams."""
    name = parse_repository(repository)
    found = await caller.read(
        lambda t: t.grants.of(namespace_of(name), name, size, account=last, team=last_team)
    )
    return [_role(grant) for grant in found]


def _role(grant: Grant) -> RoleInfo:
    return RoleInfo(
        account=grant.account,
        team=grant.team,
        role=grant.role.label,
        created_at=grant.created_at,
        created_by=grant.created_by,
    )


@routes.add("PUT", _ROLES, Action.SHARE)
async def give(caller: Known, repository: Name, given: Given) -> Done:
    """Give an account or a team a role on the repository."""
    name, now, role = parse_repository(repository), caller.services.stores.clock(), given.role
    await caller.write(
        lambda t: organizations.give_role(
            t,
            namespace_of(name),
            name,
            role_of(role),
            caller.cause,
            account=given.account,
            team=given.team,
            now=now,
        )
    )
    return Done()


@routes.add("DELETE", _ROLES, Action.SHARE)
async def take(
    caller: Known,
    repository: Name,
    account: Annotated[str | None, Field(max_length=255)] = None,
    team: Annotated[str | None, Field(max_length=255)] = None,
) -> Done:
    """Take a role away."""
    if (account is None) == (team is None):
        raise FieldInvalid("name an account or a team", field="account")
    name, now = parse_repository(repository), caller.services.stores.clock()
    await caller.write(
        lambda t: organizations.take_role(
            t, namespace_of(name), name, caller.cause, account=account, team=team, now=now
        )
    )
    return Done()
