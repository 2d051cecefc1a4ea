"""What happened to the tags of a repository."""

from typing import Final

from starlette.responses import Response

from entrepot.auth.policy import Action
from entrepot.http.web.repository_head import head, name_in, rights_of
from entrepot.http.web.routing import Pages
from entrepot.http.web.visit import Visit

pages = Pages()

_SHOWN: Final = 50


@pages.add("GET", "/r/{repository:path}/-/activity", Action.PULL)
async def activity(visit: Visit) -> Response:
    """The last moves and deletes of tags."""
    rights, name = await rights_of(visit), name_in(visit)
    top, changes = await visit.caller.read(
        lambda t: (head(t, visit, rights), t.tag_table.changes(name, _SHOWN))
    )
    return visit.page("activity.html", head=top, tab="activity", changes=changes)
