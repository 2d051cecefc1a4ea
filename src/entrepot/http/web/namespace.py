"""What is in a namespace, for those who may see any of it."""

from dataclasses import dataclass
from typing import Final

from starlette.responses import Response

from entrepot.auth.policy import Action, Allowed
from entrepot.errors import NotFound
from entrepot.http.web.explore import Shelf, hidden, shelf, to_login
from entrepot.http.web.routing import Pages
from entrepot.http.web.visit import Visit
from entrepot.metadata.port import Transaction
from entrepot.model.account import NamespaceKind
from entrepot.oci.names import OFFICIAL

pages = Pages()

_SIZE: Final = 24
# How many repositories of others are passed over at most to fill one page.
_ROUNDS: Final = 20


@dataclass(frozen=True, slots=True)
class _Space:
    """A namespace as its page shows it; `last` is where the next page begins."""

    shelf: Shelf
    last: str
    description: str
    organization: bool
    full_name: str


@pages.add("GET", "/u/{namespace}", Action.ANYONE)
async def show(visit: Visit) -> Response:
    """The namespace's repositories; of one of which nothing may be seen, that there is none."""
    if hidden(visit):
        return to_login(visit)
    name, after = visit.path("namespace"), visit.query("after")[:255]
    inside, owner = await _rights(visit, name)
    space = await visit.caller.read(lambda t: _space(t, visit, name, after))
    if not space.shelf.cards and not inside and not await _is_seen(visit, name):
        raise NotFound
    return visit.page(
        "namespace.html",
        name=name,
        space=space,
        official=name == OFFICIAL,
        manages=owner and visit.account is not None,
        own=name == visit.account,
    )


async def _is_seen(visit: Visit, name: str) -> bool:
    """Whether any of the namespace may be seen, wherever the page begins."""
    space = await visit.caller.read(lambda t: _space(t, visit, name, ""))
    return bool(space.shelf.cards)


async def _rights(visit: Visit, name: str) -> tuple[bool, bool]:
    """Whether they belong to the namespace, and whether they manage it."""
    if visit.services.authenticator is None:
        return False, False
    actions = (Action.SEE_NAMESPACE, Action.MANAGE_NAMESPACE)
    access, actor = visit.services.access, visit.caller.actor
    inside, owner = await access.decide_each(actor, actions, namespace=name)
    return isinstance(inside, Allowed), isinstance(owner, Allowed)


def _space(t: Transaction, visit: Visit, name: str, after: str) -> _Space:
    may_read = visit.services.access.readable(visit.caller.actor)
    found: list[str] = []
    last = after
    for _ in range(_ROUNDS):
        names = t.repositories.within(name, last, _SIZE + 1)
        read = may_read(t, names)
        found += [each for each in names if each in read]
        if len(found) > _SIZE or len(names) <= _SIZE:
            break
        last = names[-1]
    shown = shelf(t, visit, t.cards.of(found[: _SIZE + 1]), _SIZE)
    kept, account = t.namespaces.get(name), t.accounts.get(name)
    return _Space(
        shown,
        found[_SIZE - 1] if len(found) > _SIZE else "",
        kept.description if kept is not None else "",
        kept is not None and kept.kind is NamespaceKind.ORGANIZATION,
        account.full_name if account is not None else "",
    )
