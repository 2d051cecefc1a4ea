"""What the server does by itself."""

from starlette.responses import Response

from entrepot.auth.policy import Action
from entrepot.http.api import gc
from entrepot.http.web.admin.storage import rhythm
from entrepot.http.web.settings.section import AccountPages
from entrepot.http.web.visit import Visit
from entrepot.metadata.port import Transaction

pages = AccountPages()

_MOST = 1000


def _waiting(t: Transaction) -> dict[str, int]:
    """How much there is still to do, the first two counted up to a bound."""
    garbage = gc.waiting(t)
    return {
        "events": len(t.events.page(_MOST)),
        "entries": len(t.audit.unlinked(_MOST)),
        "garbage": garbage.retired.count + garbage.condemned.count,
    }


@pages.add("GET", "/admin/jobs", Action.ADMINISTER)
async def show(visit: Visit) -> Response:
    """Each job, how often it runs, and what waits for it."""
    waiting = await visit.caller.read(_waiting)
    return visit.page(
        "admin/jobs.html", tab="jobs", waiting=waiting, most=_MOST, rhythm=rhythm(visit)
    )
