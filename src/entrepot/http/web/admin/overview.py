"""The site at a glance."""

from starlette.responses import Response

from entrepot.auth.policy import Action
from entrepot.http.web.admin.usage import Figures, Measured
from entrepot.http.web.settings.section import AccountPages
from entrepot.http.web.visit import Visit

pages = AccountPages()


async def figures(visit: Visit) -> Figures:
    """How much there is, as the worker counted it last."""
    measured: Measured = visit.http.app.state.measured
    return await measured.figures(visit.services)


@pages.add("GET", "/admin", Action.ADMINISTER)
async def show(visit: Visit) -> Response:
    """How many of everything there are."""
    counted = await figures(visit)
    return visit.page("admin/overview.html", tab="overview", figures=counted)
