"""The namespaces one belongs to, and new organizations."""

from typing import Final

from starlette.responses import Response

from entrepot.auth.policy import Action
from entrepot.http.api import namespaces
from entrepot.http.web.settings.fields import visibility
from entrepot.http.web.settings.section import AccountPages
from entrepot.http.web.visit import Visit

pages = AccountPages()

_HOME: Final = "/settings/organizations"
_SHOWN: Final = 50


@pages.add("GET", _HOME, Action.USE_ACCOUNT)
async def show(visit: Visit) -> Response:
    """The namespaces that the account has to do with, and the form of an organization."""
    auth = visit.services.settings.auth
    mine = await namespaces.mine(visit.caller, visit.query("last")[:255], _SHOWN + 1)
    return visit.page(
        "settings/organizations.html",
        tab="organizations",
        mine=mine[:_SHOWN],
        next=mine[_SHOWN - 1].name if len(mine) > _SHOWN else None,
        allowed=auth.organizations or visit.caller.admin,
        usual=auth.default_visibility.value,
    )


@pages.add("POST", _HOME, Action.USE_ACCOUNT, again=show)
async def create(visit: Visit) -> Response:
    """Make an organization."""
    form, _ = visit.form, visit.gettext
    new = namespaces.NewOrganization(
        name=form.get("name"), description=form.get("description"), visibility=visibility(form)
    )
    made = await namespaces.create(visit.caller, new)
    notice = _("The organization was made. Invite people or make teams.")
    return visit.back(f"/u/{made.name}/-/settings/members", notice)
