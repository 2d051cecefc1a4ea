"""The site at a glance, and what its storage holds."""

from starlette.responses import Response

from entrepot.auth.policy import Action
from entrepot.http.web.admin.usage import Figures, Measured
from entrepot.http.web.settings.section import AccountPages
from entrepot.http.web.visit import Visit

pages = AccountPages()


async def _figures(visit: Visit) -> Figures:
    measured: Measured = visit.http.app.state.measured
    return await measured.figures(visit.services)


@pages.add("GET", "/admin", Action.ADMINISTER)
async def show(visit: Visit) -> Response:
    """How many of everything there are."""
    figures = await _figures(visit)
    return visit.page("admin/overview.html", tab="overview", figures=figures)


@pages.add("GET", "/admin/storage", Action.ADMINISTER)
async def storage(visit: Visit) -> Response:
    """What blobs take, and what is saved because repositories share them."""
    driver = visit.services.settings.blobs.driver.value
    figures = await _figures(visit)
    return visit.page("admin/storage.html", tab="storage", figures=figures, driver=driver)
