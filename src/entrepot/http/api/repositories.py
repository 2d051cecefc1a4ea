"""Repositories: who may see them, and who has which role on them."""

from datetime import datetime
from typing import Annotated

from fastapi import Path
from pydantic import BaseModel, Field, model_validator

from entrepot.accounts import organizations
from entrepot.auth.policy import Action
from entrepot.errors import FieldInvalid, NotFound
from entrepot.http.api.caller import Known
from entrepot.http.api.routing import Routes
from entrepot.http.api.shapes import (
    Document,
    Done,
    Last,
    Page,
    RoleText,
    Size,
    Typed,
    page_of,
    role_of,
)
from entrepot.metadata.port import Transaction
from entrepot.model.permission import Grant, Visibility
from entrepot.oci.names import namespace_of, parse_repository

routes = Routes("repositories")

Name = Annotated[str, Path(max_length=255, description="Such as acme/web.")]
_ROLES = "/repository-roles/{repository:path}"


class RepositoryInfo(BaseModel):
    """A repository."""

    name: str
    visibility: Visibility


class RepositoryChange(Document):
    """What a repository becomes."""

    visibility: Visibility


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
    found = await caller.read(lambda t: [_shown(t, name) for name in names])
    return page_of([each for each in found if each is not None], size, "name")


def _shown(t: Transaction, name: str) -> RepositoryInfo | None:
    visibility = t.repositories.visibility(name)
    return None if visibility is None else RepositoryInfo(name=name, visibility=visibility)


@routes.add("GET", "/repositories/{repository:path}", Action.PULL)
async def get(caller: Known, repository: Name) -> RepositoryInfo:
    """A repository."""
    name = parse_repository(repository)
    found = await caller.read(lambda t: _shown(t, name))
    if found is None:
        raise NotFound(f"there is no repository {name}")
    return found


@routes.add("PATCH", "/repositories/{repository:path}", Action.MANAGE)
async def change(caller: Known, repository: Name, new: RepositoryChange) -> RepositoryInfo:
    """Make a repository public or private."""
    name, now = parse_repository(repository), caller.services.stores.clock()
    await caller.write(
        lambda t: organizations.show_repository(t, name, new.visibility, caller.cause, now=now)
    )
    return RepositoryInfo(name=name, visibility=new.visibility)


@routes.add("GET", _ROLES, Action.SHARE)
async def roles(caller: Known, repository: Name) -> list[RoleInfo]:
    """Who was given a role on just this repository."""
    name = parse_repository(repository)
    found = await caller.read(lambda t: t.grants.of(namespace_of(name), name))
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
