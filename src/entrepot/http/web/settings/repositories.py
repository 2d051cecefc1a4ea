"""The repositories of a namespace, and who may see them."""

from typing import Final

from starlette.responses import Response

from entrepot.auth.policy import Action
from entrepot.errors import NotFound
from entrepot.http.api import repositories
from entrepot.http.web.settings.fields import visibility
from entrepot.http.web.settings.namespace import HOME, at, page
from entrepot.http.web.settings.section import AccountPages
from entrepot.http.web.visit import Visit
from entrepot.metadata.port import Transaction
from entrepot.model.repository import RepositoryCard
from entrepot.oci.names import namespace_of, parse_repository

pages = AccountPages()

_HOME: Final = f"{HOME}/repositories"
_SHOWN: Final = 50


@pages.add("GET", _HOME, Action.MANAGE_NAMESPACE)
async def show(visit: Visit) -> Response:
    """All repositories, by name."""
    name, last = visit.path("namespace"), visit.query("last")

    def work(t: Transaction) -> list[RepositoryCard]:
        return t.cards.of(t.repositories.within(name, last, _SHOWN + 1))

    found = await visit.caller.read(work)
    after = found[_SHOWN - 1].name if len(found) > _SHOWN else None
    return await page(visit, "repositories.html", "repositories", cards=found[:_SHOWN], after=after)


@pages.add("POST", _HOME, Action.MANAGE_NAMESPACE, again=show)
async def change(visit: Visit) -> Response:
    """Make a repository of the namespace public or private."""
    _ = visit.gettext
    name = parse_repository(visit.form.get("name"))
    if namespace_of(name) != visit.path("namespace"):
        raise NotFound(f"there is no repository {name} in this namespace")
    new = repositories.RepositoryChange(visibility=visibility(visit.form))
    await repositories.change(visit.caller, name, new)
    return visit.back(at(visit, "repositories"), _("The visibility was changed."))
