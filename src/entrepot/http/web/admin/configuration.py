"""The settings in force, and the keys that sign tokens."""

from typing import Final

from starlette.responses import Response

from entrepot.auth.policy import Action
from entrepot.config.text import text
from entrepot.http.api import audit
from entrepot.http.web.settings.section import AccountPages
from entrepot.http.web.visit import Visit

pages = AccountPages()

_HOME: Final = "/admin/configuration"


@pages.add("GET", _HOME, Action.ADMINISTER)
async def show(visit: Visit) -> Response:
    """Every setting, secrets hidden."""
    settings = text(visit.services.settings)
    keys = await visit.caller.read(lambda t: t.signing_keys.all())
    return visit.page("admin/configuration.html", tab="configuration", settings=settings, keys=keys)


@pages.add("POST", f"{_HOME}/rotate", Action.ADMINISTER, again=show)
async def rotate(visit: Visit) -> Response:
    """Sign with a new key."""
    _ = visit.gettext
    await audit.rotate_keys(visit.caller)
    return visit.back(_HOME, _("Tokens are signed with a new key."))
