"""Stars: which repositories an account likes."""

from typing import Annotated

from fastapi import Path
from pydantic import BaseModel

from entrepot.auth.policy import Action
from entrepot.errors import FieldInvalid, RepositoryUnknown
from entrepot.http.api.caller import Known
from entrepot.http.api.routing import Routes
from entrepot.http.api.shapes import Done, Last, Page, Size, page_of
from entrepot.http.caller import Caller
from entrepot.http.hand import ensure
from entrepot.metadata.port import Transaction
from entrepot.oci.names import parse_repository

routes = Routes("repositories")

Name = Annotated[str, Path(max_length=255, description="Such as acme/web.")]


class Starred(BaseModel):
    """A repository that has the caller's star."""

    name: str


@routes.add("GET", "/stars", Action.USE_ACCOUNT)
async def list_stars(caller: Known, last: Last = "", size: Size = 100) -> Page[Starred]:
    """The repositories that have the caller's star, as far as the caller may still see them."""
    if "\0" in last:
        raise FieldInvalid("a name has no NUL", field="last")
    names = await caller.read(lambda t: starred(t, caller, last, size + 1))
    return page_of([Starred(name=name) for name in names], size, "name")


def starred(t: Transaction, caller: Caller, last: str, size: int) -> list[str]:
    """Up to *size* names after *last*."""
    may_read = caller.services.access.readable(caller.actor)
    found: list[str] = []
    while len(found) < size and (names := t.stars.of_account(caller.name, last, size)):
        last = names[-1]
        read = may_read(t, names)
        found += [name for name in names if name in read]
    return found[:size]


@routes.add("PUT", "/stars/{repository:path}", Action.USE_ACCOUNT)
async def give(caller: Known, repository: Name) -> Done:
    """Give a repository a star."""
    name, now = parse_repository(repository), caller.services.stores.clock()
    # A star tells nobody of what they may not see.
    await ensure(caller, Action.PULL, name)

    def work(t: Transaction) -> None:
        if not t.repositories.exists(name):
            raise RepositoryUnknown(detail=name)
        t.stars.add(caller.name, name, at=now)

    await caller.write(work)
    return Done()


@routes.add("DELETE", "/stars/{repository:path}", Action.USE_ACCOUNT)
async def take(caller: Known, repository: Name) -> Done:
    """Take the star back."""
    name = parse_repository(repository)
    await caller.write(lambda t: t.stars.take(caller.name, name))
    return Done()
