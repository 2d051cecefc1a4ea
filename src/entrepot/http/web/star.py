"""The star that a visitor gives a repository."""

from starlette.responses import Response

from entrepot.auth.policy import Action
from entrepot.http.api import stars
from entrepot.http.web.home import local
from entrepot.http.web.repository_head import name_in, path_of
from entrepot.http.web.routing import Pages
from entrepot.http.web.visit import Visit

pages = Pages()


@pages.add("POST", "/r/{repository:path}/-/star", Action.USE_ACCOUNT)
async def star(visit: Visit) -> Response:
    """Give the star, or take it back, and go back to where the button was."""
    name = name_in(visit)
    if visit.form.get("star") == "1":
        await stars.give(visit.caller, name)
    else:
        await stars.take(visit.caller, name)
    return visit.back(local(visit.form.get("next") or path_of(name)))
