"""Teams of an organization."""

from typing import Final

from starlette.responses import Response

from entrepot.auth.policy import Action
from entrepot.http.api import teams
from entrepot.http.api.namespaces import RoleDocument
from entrepot.http.web.settings.namespace import HOME, at, page
from entrepot.http.web.settings.section import AccountPages
from entrepot.http.web.visit import Visit

pages = AccountPages()

_HOME: Final = f"{HOME}/teams"
_TEAM: Final = f"{_HOME}/{{team}}"
_SHOWN: Final = 100
_MEMBERS: Final = 100


@pages.add("GET", _HOME, Action.MANAGE_NAMESPACE)
async def show(visit: Visit) -> Response:
    """All teams, and the form of a new one."""
    name = visit.path("namespace")
    found = await teams.list_teams(visit.caller, name, visit.query("last"), _SHOWN)
    return await page(visit, "teams.html", "teams", page=found)


@pages.add("POST", _HOME, Action.MANAGE_NAMESPACE, again=show)
async def create(visit: Visit) -> Response:
    """Make a team."""
    form, _ = visit.form, visit.gettext
    new = teams.TeamDocument(
        name=form.get("name"),
        description=form.get("description"),
        group=form.get("group") or None,
    )
    made = await teams.create(visit.caller, visit.path("namespace"), new)
    return visit.back(at(visit, "teams", made.name), _("The team was made."))


@pages.add("GET", _TEAM, Action.MANAGE_NAMESPACE)
async def one(visit: Visit) -> Response:
    """A team: its description, its role and its members."""
    caller, name, team = visit.caller, visit.path("namespace"), visit.path("team")
    found = await teams.get(caller, name, team)
    role = await caller.read(lambda t: t.grants.given(name, "", account=None, team=team))
    members = await teams.members(caller, name, team, visit.query("last")[:255], _MEMBERS + 1)
    return await page(
        visit,
        "team.html",
        "teams",
        team=found,
        role=role.label if role else "",
        members=members[:_MEMBERS],
        next=members[_MEMBERS - 1] if len(members) > _MEMBERS else None,
    )


def _back(visit: Visit, notice: str) -> Response:
    return visit.back(at(visit, "teams", visit.path("team")), notice)


@pages.add("POST", _TEAM, Action.MANAGE_NAMESPACE, again=one)
async def change(visit: Visit) -> Response:
    """Change the description, the group and the role on the whole namespace."""
    form, _ = visit.form, visit.gettext
    caller, name, team = visit.caller, visit.path("namespace"), visit.path("team")
    new = teams.TeamChange(description=form.get("description"), group=form.get("group") or None)
    await teams.change(caller, name, team, new)
    return _back(visit, _("The team was changed."))


@pages.add("POST", f"{_TEAM}/role", Action.MANAGE_NAMESPACE, again=one)
async def give(visit: Visit) -> Response:
    """Give the team a role on all repositories, or take it away."""
    _ = visit.gettext
    caller, name, team = visit.caller, visit.path("namespace"), visit.path("team")
    role = visit.form.get("role")
    if role:
        await teams.give(caller, name, team, RoleDocument(role=role))
    else:
        await teams.take(caller, name, team)
    return _back(visit, _("The role was changed."))


@pages.add("POST", f"{_TEAM}/members", Action.MANAGE_NAMESPACE, again=one)
async def join(visit: Visit) -> Response:
    """Put an account into the team."""
    _ = visit.gettext
    account = visit.form.get("account")[:255]
    await teams.join(visit.caller, visit.path("namespace"), visit.path("team"), account)
    return _back(visit, _("The account is in the team."))


@pages.add("POST", f"{_TEAM}/members/remove", Action.MANAGE_NAMESPACE, again=one)
async def leave(visit: Visit) -> Response:
    """Take an account out of the team."""
    _ = visit.gettext
    account = visit.form.get("account")[:255]
    await teams.leave(visit.caller, visit.path("namespace"), visit.path("team"), account)
    return _back(visit, _("The account is in the team no longer."))


@pages.add("POST", f"{_TEAM}/delete", Action.MANAGE_NAMESPACE, again=one)
async def delete(visit: Visit) -> Response:
    """Delete the team."""
    _ = visit.gettext
    await teams.delete(visit.caller, visit.path("namespace"), visit.path("team"))
    return visit.back(at(visit, "teams"), _("The team was deleted."))
