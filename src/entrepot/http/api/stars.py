"""Stars: which repositories an account likes."""

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Annotated, Final

from fastapi import Path
from pydantic import BaseModel

from entrepot.auth.access import Choice
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

# Stars that are sorted in one read, and those of them that are looked at in one.
_PAGE: Final = 2_000
_TOGETHER: Final = 200
_MOST: Final = 10_000

Name = Annotated[str, Path(max_length=255, description="Such as acme/web.")]


class Starred(BaseModel):
    """A repository that has the caller's star."""

    name: str


@routes.add("GET", "/stars", Action.USE_ACCOUNT)
async def list_stars(caller: Known, last: Last = "", size: Size = 100) -> Page[Starred]:
    """The repositories that have the caller's star, as far as the caller may still see them."""
    if "\0" in last:
        raise FieldInvalid("a name has no NUL", field="last")
    names = await _starred(caller, last, size + 1)
    return page_of((Starred(name=name) for name in names), size, "name")


async def _starred(caller: Caller, last: str, size: int) -> list[str]:
    """Up to *size* names after *last*."""
    may_read = caller.services.access.readable(caller.actor)
    found: list[str] = []
    while names := await caller.read(partial(_page, account=caller.name, last=last)):
        last = names[-1]
        for start in range(0, len(names), _TOGETHER):
            some = names[start : start + _TOGETHER]
            read = await caller.read(partial(_those, choose=may_read, names=some))
            found += [name for name in some if name in read]
            if len(found) >= size:
                return found[:size]
            # However many are hidden now, others have their turn: SQLite is read on the loop.
            await asyncio.sleep(0)
    return found


def _those(t: Transaction, choose: Choice, names: Sequence[str]) -> frozenset[str]:
    return choose(t, names)


def _page(t: Transaction, account: str, last: str) -> list[str]:
    return t.stars.of_account(account, last, _PAGE)


@routes.add("PUT", "/stars/{repository:path}", Action.USE_ACCOUNT)
async def give(caller: Known, repository: Name) -> Done:
    """Give a repository a star."""
    name, now = parse_repository(repository), caller.services.stores.clock()
    # A star tells nobody of what they may not see.
    await ensure(caller, Action.PULL, name)

    def work(t: Transaction) -> None:
        if not t.repositories.exists(name):
            raise RepositoryUnknown(detail=name)
        if t.stars.count(caller.name) >= _MOST and not t.stars.given(caller.name, [name]):
            raise FieldInvalid(f"An account has at most {_MOST} stars; take some back first.")
        t.stars.add(caller.name, name, at=now)

    await caller.write(work)
    return Done()


@routes.add("DELETE", "/stars/{repository:path}", Action.USE_ACCOUNT)
async def take(caller: Known, repository: Name) -> Done:
    """Take the star back."""
    name = parse_repository(repository)
    await caller.write(lambda t: t.stars.take(caller.name, name))
    return Done()
