"""Single sign-on, as somebody in a browser does it: what fails is told where one logs in."""

from collections.abc import Awaitable

from starlette.responses import Response

from entrepot.auth.policy import Action
from entrepot.errors import Problem
from entrepot.http.api import sign_on as api
from entrepot.http.web.failures import refusal
from entrepot.http.web.login import show, target_of
from entrepot.http.web.routing import Pages
from entrepot.http.web.visit import Visit

pages = Pages()


@pages.add("GET", api.BEGIN, Action.ANYONE)
async def start(visit: Visit) -> Response:
    """Send the browser to the provider."""
    return await _told(visit, api.start(visit.caller, target_of(visit)))


@pages.add("GET", api.END, Action.ANYONE)
async def finish(visit: Visit) -> Response:
    """Begin the session of whom the provider sends back."""
    told = {name: visit.query(name) for name in ("state", "code", "error")}
    return await _told(visit, api.finish(visit.caller, **told))


async def _told(visit: Visit, step: Awaitable[Response]) -> Response:
    """What the step answers, or the form to log in with what went wrong."""
    try:
        return await step
    except Problem as raised:
        problem = visit.problem = raised.with_traceback(None)
    response = await show(visit)
    # Whoever is logged in already sees no form, and goes on.
    return refusal(visit, problem, response) if response.status_code == 200 else response
