"""Robots of a namespace."""

from typing import Final

from starlette.responses import Response

from entrepot.auth.policy import Action
from entrepot.http.api import robots
from entrepot.http.web.settings.fields import end_of_day, scope_rows
from entrepot.http.web.settings.namespace import HOME, at, page
from entrepot.http.web.settings.section import AccountPages
from entrepot.http.web.settings.tokens import secret, typed
from entrepot.http.web.visit import Visit

pages = AccountPages()

_HOME: Final = f"{HOME}/robots"
_SHOWN: Final = 50


@pages.add("GET", _HOME, Action.MANAGE_NAMESPACE)
async def show(visit: Visit) -> Response:
    """All robots."""
    name = visit.path("namespace")
    found = await robots.list_robots(visit.caller, name, visit.query("last"), _SHOWN)
    return await page(visit, "robots.html", "robots", page=found)


@pages.add("GET", f"{_HOME}/new", Action.MANAGE_NAMESPACE)
async def new(visit: Visit) -> Response:
    """The form of a robot."""
    rows = scope_rows(visit.form)
    longest = visit.services.settings.auth.token_days
    return await page(visit, "robot_new.html", "robots", rows=rows, longest=longest)


@pages.add("POST", f"{_HOME}/new", Action.MANAGE_NAMESPACE, again=new)
async def create(visit: Visit) -> Response:
    """Make the robot, and show its secret."""
    if "more" in visit.form:
        return await new(visit)
    made = await robots.create(visit.caller, visit.path("namespace"), typed(visit.form))
    return secret(visit, made, at(visit, "robots"))


@pages.add("POST", f"{_HOME}/renew", Action.MANAGE_NAMESPACE, again=show)
async def renew(visit: Visit) -> Response:
    """Give a robot a new secret, and show it."""
    renewal = robots.Renewal(expires_at=end_of_day(visit.form, "expires_at"))
    robot = visit.form.get("robot")[:255]
    made = await robots.renew(visit.caller, visit.path("namespace"), robot, renewal)
    return secret(visit, made, at(visit, "robots"))


@pages.add("POST", f"{_HOME}/delete", Action.MANAGE_NAMESPACE, again=show)
async def delete(visit: Visit) -> Response:
    """Delete a robot."""
    _ = visit.gettext
    await robots.delete(visit.caller, visit.path("namespace"), visit.form.get("robot")[:255])
    return visit.back(at(visit, "robots"), _("The robot was deleted."))
