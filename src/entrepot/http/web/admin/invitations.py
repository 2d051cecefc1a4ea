"""Invitations to make an account."""

from typing import Final

from starlette.responses import Response

from entrepot.auth.policy import Action
from entrepot.http.api import teams, users
from entrepot.http.web.settings.members import invited
from entrepot.http.web.settings.section import AccountPages
from entrepot.http.web.visit import Visit

pages = AccountPages()

_HOME: Final = "/admin/invitations"
_SHOWN: Final = 50


@pages.add("GET", _HOME, Action.ADMINISTER)
async def show(visit: Visit) -> Response:
    """Invitations that nobody used yet."""
    page = await users.list_invitations(visit.caller, visit.query("last"), _SHOWN)
    policy = visit.services.settings.auth.sign_up.value
    return visit.page("admin/invitations.html", tab="invitations", page=page, policy=policy)


@pages.add("POST", _HOME, Action.ADMINISTER, again=show)
async def invite(visit: Visit) -> Response:
    """Invite somebody, and show the code."""
    made = await users.invite(visit.caller, teams.NewInvitation(email=visit.form.get("email")))
    return invited(visit, made, _HOME)


@pages.add("POST", f"{_HOME}/withdraw", Action.ADMINISTER, again=show)
async def withdraw(visit: Visit) -> Response:
    """Withdraw an invitation."""
    _ = visit.gettext
    await users.withdraw_invitation(visit.caller, visit.form.get("invitation")[:255])
    return visit.back(_HOME, _("The invitation was withdrawn."))
