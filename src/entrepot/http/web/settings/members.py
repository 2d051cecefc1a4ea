"""Who has which role on a namespace, and who is invited to it."""

from typing import Final

from starlette.responses import Response

from entrepot.auth.policy import Action
from entrepot.http.api import namespaces, teams
from entrepot.http.web.settings.namespace import HOME, at, page
from entrepot.http.web.settings.section import AccountPages, shown_once
from entrepot.http.web.visit import Visit

pages = AccountPages()

_HOME: Final = f"{HOME}/members"
_SHOWN: Final = 50


@pages.add("GET", _HOME, Action.MANAGE_NAMESPACE)
async def show(visit: Visit) -> Response:
    """Members and invitations."""
    caller, name = visit.caller, visit.path("namespace")
    members = await namespaces.members(caller, name, visit.query("last"), _SHOWN)
    invited = await teams.list_invitations(caller, name, visit.query("invited"), _SHOWN)
    known = await teams.list_teams(caller, name, "", _SHOWN)
    return await page(
        visit, "members.html", "members", members=members, invited=invited, teams=known.items
    )


@pages.add("POST", _HOME, Action.MANAGE_NAMESPACE, again=show)
async def give(visit: Visit) -> Response:
    """Give an account a role."""
    form, _ = visit.form, visit.gettext
    given = namespaces.RoleDocument(role=form.get("role"))
    await namespaces.give(visit.caller, visit.path("namespace"), form.get("account")[:255], given)
    return visit.back(at(visit, "members"), _("The role was given."))


@pages.add("POST", f"{_HOME}/remove", Action.MANAGE_NAMESPACE, again=show)
async def take(visit: Visit) -> Response:
    """Take an account out of the namespace and of all its teams."""
    form, _ = visit.form, visit.gettext
    await namespaces.take(visit.caller, visit.path("namespace"), form.get("account")[:255])
    return visit.back(at(visit, "members"), _("The member was removed."))


@pages.add("POST", f"{_HOME}/invite", Action.MANAGE_NAMESPACE, again=show)
async def invite(visit: Visit) -> Response:
    """Invite somebody, and show the code."""
    form, _ = visit.form, visit.gettext
    new = teams.NewInvitation(
        email=form.get("email"), role=form.get("role") or None, team=form.get("team") or None
    )
    made = await teams.invite(visit.caller, visit.path("namespace"), new)
    return invited(visit, made, at(visit, "members"))


def invited(visit: Visit, made: teams.InvitationMade, back: str) -> Response:
    """The page with an invitation's code."""
    _ = visit.gettext
    address = f"{visit.caller.origin.url}/invitations/{made.code}"
    sent = _("It was sent by e-mail as well.")
    kept = _("Hand the address over yourself: it was not sent by e-mail.")
    return shown_once(
        visit,
        _("The invitation"),
        [(_("Address"), address), (_("Code"), made.code)],
        back,
        advice=sent if made.sent else kept,
    )


@pages.add("POST", f"{_HOME}/withdraw", Action.MANAGE_NAMESPACE, again=show)
async def withdraw(visit: Visit) -> Response:
    """Withdraw an invitation."""
    _ = visit.gettext
    key = visit.form.get("invitation")[:255]
    await teams.withdraw(visit.caller, visit.path("namespace"), key)
    return visit.back(at(visit, "members"), _("The invitation was withdrawn."))
