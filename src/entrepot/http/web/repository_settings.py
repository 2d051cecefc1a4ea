"""What its maintainers say of a repository, and who may see and change it."""

from typing import Final

from markupsafe import Markup
from starlette.responses import Response

from entrepot.auth.policy import Action
from entrepot.http.api import repositories as api
from entrepot.http.web import readme
from entrepot.http.web.repository_head import head, name_in, path_of, rights_of
from entrepot.http.web.routing import Pages
from entrepot.http.web.visit import Visit
from entrepot.metadata.port import Transaction
from entrepot.model.account import Team
from entrepot.oci.names import namespace_of
from entrepot.registry.curate import DESCRIPTION, README

pages = Pages()

_HERE: Final = "/r/{repository:path}/-/settings"
_TEAMS: Final = 100
_ROLES: Final = 100


@pages.add("GET", _HERE, Action.MANAGE)
async def show(visit: Visit) -> Response:
    """The forms, with what is so now or with what was typed and refused."""
    return await _page(visit)


async def _page(visit: Visit, preview: Markup | None = None) -> Response:
    rights, name = await rights_of(visit), name_in(visit)
    top, text, teams = await visit.caller.read(
        lambda t: (head(t, visit, rights), t.cards.readme(name), _teams(t, name))
    )
    roles = await _roles(visit, name) if rights.share else []
    return visit.page(
        "repository_settings.html",
        head=top,
        tab="settings",
        text=text.text if text else "",
        roles=roles[:_ROLES],
        next=_after(roles[_ROLES - 1]) if len(roles) > _ROLES else None,
        teams=[("", "—"), *((team.name, team.name) for team in teams)] if teams else [],
        longest=DESCRIPTION,
        most=README,
        preview=preview,
    )


async def _roles(visit: Visit, name: str) -> list[api.RoleInfo]:
    """Those of a page, and one more where more follow."""
    last, team = visit.query("last")[:255], visit.query("last_team")[:255]
    return await api.roles(visit.caller, name, last, team, _ROLES + 1)


def _after(role: api.RoleInfo) -> tuple[str, str | None]:
    """The parameter of the page that begins after a role, and its value."""
    return ("last", role.account) if role.account else ("last_team", role.team)


def _teams(t: Transaction, name: str) -> list[Team]:
    return t.teams.page(namespace_of(name), "", _TEAMS)


def _saved(visit: Visit, notice: str) -> Response:
    return visit.back(f"{path_of(name_in(visit))}/-/settings", notice)


@pages.add("POST", f"{_HERE}/words", Action.MANAGE, again=show)
async def describe(visit: Visit) -> Response:
    """Write the short and the long description."""
    form = visit.form
    new = api.RepositoryChange(description=form.get("description"), readme=form.get("readme"))
    await api.change(visit.caller, name_in(visit), new)
    return _saved(visit, visit.gettext("The description was saved."))


@pages.add("POST", f"{_HERE}/preview", Action.MANAGE)
async def preview(visit: Visit) -> Response:
    """The forms with what was typed, and how it will be seen; nothing is kept."""
    return await _page(visit, await readme.shown(visit.form.get("readme")[:README]))


@pages.add("POST", f"{_HERE}/visibility", Action.MANAGE, again=show)
async def visibility(visit: Visit) -> Response:
    """Make the repository public or private."""
    new = api.RepositoryChange.model_validate({"visibility": visit.form.get("visibility")})
    await api.change(visit.caller, name_in(visit), new)
    return _saved(visit, visit.gettext("The visibility was saved."))


@pages.add("POST", f"{_HERE}/roles", Action.SHARE, again=show)
async def give(visit: Visit) -> Response:
    """Give an account or a team a role on this repository."""
    form = visit.form
    account, team = form.get("account") or None, form.get("team") or None
    given = api.Given(account=account, team=team, role=form.get("role"))
    await api.give(visit.caller, name_in(visit), given)
    return _saved(visit, visit.gettext("The role was given."))


@pages.add("POST", f"{_HERE}/roles/remove", Action.SHARE, again=show)
async def take(visit: Visit) -> Response:
    """Take a role away."""
    form = visit.form
    account, team = form.get("account") or None, form.get("team") or None
    await api.take(visit.caller, name_in(visit), account, team)
    return _saved(visit, visit.gettext("The role was taken away."))
